//! 文书起草: facts and assessment → points → passages → document, with provenance for every passage.

pub mod guide;
pub mod writer;
