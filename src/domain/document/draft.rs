//! 草稿: the draft JSON of the contract, and what else a page shows of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::compose::Composed;
use crate::domain::assessment::Notice;

/// One field of the document as written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Passage {
    pub field: String,
    /// 字段名.
    pub zh: String,
    /// D filled by code, C fixed text, L drafted, H by hand.
    pub writer: char,
    /// With values filled in.
    pub text: String,
    /// `E1`, `law:…`, or a path of the case JSON.
    pub sources: Vec<String>,
    /// Most attempts any sentence of it took; 0 where no model was asked.
    pub attempts: u32,
    /// The model that wrote it, or null when a fallback text stands in (always null for D, C, H).
    pub model: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sentences: Vec<Sentence>,
}

/// One sentence of a drafted passage, with its own sources.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sentence {
    /// As the model wrote it, with markers.
    pub template: String,
    pub text: String,
    pub sources: Vec<String>,
    /// 0 when a fallback stands in.
    pub attempts: u32,
    pub by_model: bool,
    /// Why attempts were refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<String>,
}

/// A block of the document for the page: the same words as the .docx.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BlockView {
    /// `agency`, `title`, `doc_no`, `heading`, `paragraph`, `item`, `seal`.
    pub style: String,
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub align: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// One drafted document with its provenance.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Draft {
    pub kind: String,
    pub doc_no: Option<String>,
    /// The whole document as plain text.
    pub text: String,
    pub passages: Vec<Passage>,
    /// Values in drafted passages that no source supports. Must be empty in a draft offered for signature.
    pub unsupported: Vec<String>,
    /// L fields left to a person.
    pub fallbacks: Vec<String>,
    /// The explicit label that AI-assisted text carries until a person signs off.
    pub ai_label: String,
    /// sha256 of text, case, rules, prompts and model.
    pub hashes: BTreeMap<String, String>,
    pub blocks: Vec<BlockView>,
    pub warnings: Vec<Notice>,
    /// What a person still has to supply.
    pub missing: Vec<String>,
    pub stats: DraftStats,
    pub seconds: f64,
    /// The document itself, for export.
    #[serde(skip)]
    pub composed: Composed,
}

/// How the model did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct DraftStats {
    pub fields: u32,
    pub model_fields: u32,
    pub sentences: u32,
    pub first_attempt_accepted: u32,
    pub accepted: u32,
    #[serde(flatten)]
    pub engine: WritingCost,
}

/// What all sentences of a draft cost the model, retries included. Sentences are written side by side, so seconds add up to more
/// than the draft took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct WritingCost {
    pub prompt_tokens: u64,
    /// Prompt tokens that were in the cache already.
    pub reused_tokens: u64,
    pub generated_tokens: u64,
    /// Passes of the model while writing.
    pub passes: u64,
    /// Tokens guessed by copying, and how many of them proved right.
    pub guessed_tokens: u64,
    pub accepted_tokens: u64,
    pub queue_seconds: f64,
    pub prefill_seconds: f64,
    pub decode_seconds: f64,
    /// Share of the writing spent on what may be written.
    pub mask_seconds: f64,
}

impl DraftStats {
    pub fn add(&mut self, other: &Self) {
        self.fields += other.fields;
        self.model_fields += other.model_fields;
        self.sentences += other.sentences;
        self.first_attempt_accepted += other.first_attempt_accepted;
        self.accepted += other.accepted;
        let (to, from) = (&mut self.engine, &other.engine);
        to.prompt_tokens += from.prompt_tokens;
        to.reused_tokens += from.reused_tokens;
        to.generated_tokens += from.generated_tokens;
        to.passes += from.passes;
        to.guessed_tokens += from.guessed_tokens;
        to.accepted_tokens += from.accepted_tokens;
        to.queue_seconds += from.queue_seconds;
        to.prefill_seconds += from.prefill_seconds;
        to.decode_seconds += from.decode_seconds;
        to.mask_seconds += from.mask_seconds;
    }
}
