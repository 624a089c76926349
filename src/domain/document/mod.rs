//! 文书: forms, markers, verification, composition.

pub mod draft;
pub mod lexicon;
pub mod paraphrase;
pub mod placeholder;
pub mod points;
pub mod redact;
pub mod verify;
