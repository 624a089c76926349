//! 文书: forms, markers, verification, composition.

pub mod compose;
pub mod diff;
pub mod doc_no;
pub mod draft;
pub mod elements;
pub mod fill;
pub mod form;
pub mod lexicon;
pub mod papers;
pub mod paraphrase;
pub mod passage;
pub mod placeholder;
pub mod points;
pub mod redact;
pub mod support;
pub mod verify;
