//! 文书 and 音像记录 in the dossier: what they are, what they hash to, who answers for them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::document::compose::Content;
use crate::domain::penalty::vocabulary;

/// One document of the dossier.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Paper {
    pub id: String,
    /// Form id, e.g. `penalty_decision`.
    pub kind: String,
    pub title: String,
    pub doc_no: Option<String>,
    pub on: Option<Date>,
    /// The whole text; empty for files that were brought in.
    pub text: String,
    /// The same text in blocks, so that it is exported later as it was made; empty where there is only the text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blocks: Vec<Content>,
    /// sha256 of the text, or of the attached file.
    pub sha256: String,
    /// True when `sha256` is that of an attachment.
    pub attached: bool,
    pub pages: u32,
    /// Words that people or the model put in, by field of the form; the rest is filled from the file and follows it.
    pub passages: BTreeMap<String, String>,
    /// Passages a model wrote, with the person who took each on.
    pub machine: Vec<MachinePassage>,
    /// What was told, reviewed, discussed and decided must agree; the words are kept apart for comparison.
    pub sealed: bool,
    pub signed_by: Vec<String>,
    /// Replaced by a newer one; kept.
    pub void: bool,
}

/// A passage written by the machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MachinePassage {
    pub field: String,
    pub model: String,
    pub text_sha256: String,
    /// accepted | edited | replaced
    pub treatment: String,
    /// Name of the person who answers for it.
    pub taken_by: Option<String>,
}

vocabulary! {
    /// How much must be filmed or recorded (工作方案二(二)2).
    AvLevel {
        Full = "full", "全程音像记录";
        Key = "key", "关键环节音像记录";
        TextOnly = "text_only", "文字记录";
    }
}

/// 音像记录 of an act.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AvRecord {
    /// `act:0`, `service:1`, `hearing`, `preservation:0`, `coercive:0`.
    pub of: String,
    pub level: AvLevel,
    /// sha256 of the stored file; absent when there is none and `missing_because` says why.
    #[serde(default)]
    pub sha256: Option<String>,
    #[serde(default)]
    pub device: String,
    #[serde(default)]
    pub started_at: Option<Timestamp>,
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
    #[serde(default)]
    pub missing_because: Option<String>,
}
