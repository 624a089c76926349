//! 步骤产出的文书: documents that a step of the procedure leaves in the file. Every value comes from the dossier; the forms are
//! `prompts/papers/`, templates over the values of [`values`]. What the file does not say stays a visible gap.

mod after;
mod course;
mod decide;
mod investigate;
mod shape;
mod values;

pub use shape::blocks_of;
pub use values::{known_paths, values};

use serde_json::Value;

use super::fill::{AgencyInfo, Blocks};
use crate::domain::assessment::Assessment;
use crate::domain::dossier::Dossier;
use crate::domain::rulebook::RuleBook;

/// Stands for the number of a document until the store gives it; of the private use area, so no one's text holds it.
pub const NUMBER: char = '\u{e0f0}';
/// Sets the cells of a table row apart in a filled field.
pub const CELL: char = '\u{e0f1}';

/// Renders the fields of the forms of step documents besides the shared blocks.
pub trait Templates: Blocks {
    /// The text of a field from the values.
    fn field(&self, form: &str, field: &str, values: &Value) -> Result<String, String>;
}

/// Which of several is meant: the newest where nothing is said.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subject {
    pub act: Option<usize>,
    pub service: Option<usize>,
    pub statement: Option<usize>,
    pub preservation: Option<usize>,
    pub recusal: Option<usize>,
}

/// All that the document of a step is made from.
#[derive(Clone, Copy)]
pub struct PaperInput<'a> {
    pub dossier: &'a Dossier,
    /// `None` only where the names of values are asked for.
    pub assessment: Option<&'a Assessment>,
    pub book: Option<&'a RuleBook>,
    pub agency: &'a AgencyInfo,
    pub subject: Subject,
    /// 成文日期.
    pub day: jiff::civil::Date,
    /// The number, or the place where the store puts it; empty for documents without one.
    pub doc_no: &'a str,
    /// Rows of 卷内目录 and the like, when the dossier is put together.
    pub archive: Option<&'a Binding>,
}

/// 立卷: what goes into the dossier, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Binding {
    pub archive_no: String,
    pub retention_years: u32,
    pub by: String,
    pub entries: Vec<Entry>,
    pub files: Vec<(String, String)>,
    pub pages: u32,
}

/// One line of 卷内目录.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// Id of the paper.
    pub paper: String,
    pub title: String,
    pub doc_no: String,
    pub on: String,
    pub from: u32,
    pub to: u32,
    pub note: String,
}

/// Text of people as it may stand in a document: clean, and without the marks that code puts in.
pub fn said(text: &str) -> Option<String> {
    let text = harmless(&super::compose::clean(text));
    (!text.trim().is_empty()).then_some(text)
}

/// Without the marks of code, and without the braces of the model's markers: a document that holds them could not be told from an
/// unfinished one.
pub fn harmless(text: &str) -> String {
    let text: String = text.chars().filter(|c| !('\u{e000}'..='\u{f8ff}').contains(c)).collect();
    text.replace("{{", "｛｛").replace("}}", "｝｝")
}

/// As [`said`], on one line.
pub fn line(text: &str) -> Option<String> {
    said(text).map(|t| t.replace('\n', "；"))
}
