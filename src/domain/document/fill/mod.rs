//! 填写: every D, C and H field from structured data. Nothing is guessed: what the case does not say is shown as 【待确认：…】
//! and listed in `missing`.

mod closing;
mod course;
mod guard;
mod law;
mod no_penalty;
mod paper;
mod party;
mod penalty;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Serialize;

pub use guard::Refusal;
pub use law::citation;
pub use no_penalty::ground;
pub use paper::fill_paper;
pub use penalty::order_zh;

use super::compose::clean;
use super::doc_no::DocNo;
use super::form::{Form, Writer};
use super::points::is_substantive;
use crate::domain::assessment::Assessment;
use crate::domain::case::Case;

/// Every open place in a document starts with this; a document that still holds it cannot be signed.
pub const PENDING: &str = "【待";

/// 本机关, as the documents name it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgencyInfo {
    pub name: String,
    pub doc_no_prefix: String,
    /// 复议机关 (行政复议法24).
    pub government: String,
    pub court: Option<String>,
    pub address: Option<String>,
    pub phone: Option<String>,
    pub bank: Option<String>,
    pub bank_account: Option<String>,
}

/// All that filling needs. `today` dates the number of an undecided draft and refuses decisions in the future.
#[derive(Clone, Copy, Debug)]
pub struct FillInput<'a> {
    pub case: &'a Case,
    pub assessment: &'a Assessment,
    pub agency: &'a AgencyInfo,
    pub doc_no: Option<&'a DocNo>,
    pub today: Date,
}

/// Text of one field, paragraphs separated by line feeds, with where it comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FieldValue {
    pub text: String,
    pub sources: Vec<String>,
}

/// Something a person has to supply or to check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    pub field: String,
    /// Path of the case JSON or of the settings.
    pub path: String,
    /// What is missing, for a reader.
    pub what: String,
    pub basis: String,
    /// False: the document is complete without it, but a person should look.
    pub must: bool,
}

impl Missing {
    pub fn must(field: &str, path: &str, what: impl Into<String>, basis: &str) -> Self {
        Self { field: field.into(), path: path.into(), what: what.into(), basis: basis.into(), must: true }
    }

    pub fn check(field: &str, path: &str, what: impl Into<String>, basis: &str) -> Self {
        Self { must: false, ..Self::must(field, path, what, basis) }
    }
}

/// A form filled, waiting for its drafted passages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Filled {
    pub agency: String,
    pub doc_no: Option<String>,
    pub fields: BTreeMap<String, FieldValue>,
    /// L fields that this case needs.
    pub drafted: BTreeSet<String>,
    pub missing: Vec<Missing>,
}

/// Values of a shared block by name; an empty string is "not given".
pub type BlockValues = BTreeMap<&'static str, String>;

/// Renders shared blocks; implemented by the room that reads `prompts/blocks`.
pub trait Blocks {
    /// The words of the block and the provisions they rest on.
    fn render(&self, id: &str, values: &BlockValues) -> Result<FieldValue, String>;
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FillError {
    #[error("{0}")]
    Refused(Refusal),
    #[error("式样{form}的字段“{field}”没有填写办法")]
    NoFiller { form: String, field: String },
    #[error("公共块{block}不能填写：{message}")]
    Block { block: String, message: String },
}

impl FillError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code,
            Self::NoFiller { .. } => "fill.no_filler",
            Self::Block { .. } => "fill.block",
        }
    }
}

/// Fills every field of the form that no model writes.
pub fn fill(form: &Form, blocks: &dyn Blocks, input: &FillInput<'_>) -> Result<Filled, FillError> {
    guard::check(form, input).map_err(FillError::Refused)?;
    let mut filler = Filler { input: *input, form, blocks, missing: vec![] };
    let mut filled =
        Filled { agency: input.agency.name.clone(), doc_no: input.doc_no.map(DocNo::to_string), ..Filled::default() };
    for field in &form.fields {
        if field.writer == Writer::L {
            if filler.needs_draft(&field.id) {
                filled.drafted.insert(field.id.clone());
            }
            continue;
        }
        let value = filler.value(&field.id, field.block.as_deref())?;
        if field.mandatory && value.text.is_empty() {
            filler.must(&field.id, &field.path, format!("缺少{}", field.zh), &field.basis);
        }
        filled.fields.insert(field.id.clone(), value);
    }
    filled.missing = filler.missing;
    Ok(filled)
}

/// What every filling function works with.
struct Filler<'a> {
    input: FillInput<'a>,
    form: &'a Form,
    blocks: &'a dyn Blocks,
    missing: Vec<Missing>,
}

impl Filler<'_> {
    /// The one list of fields that code can fill. A form of another kind reuses these ids or adds a line here.
    fn value(&mut self, id: &str, block: Option<&str>) -> Result<FieldValue, FillError> {
        match id {
            "head" => self.head(id, block),
            "party" => self.party(id, block),
            "case_course" => Ok(self.case_course(id)),
            "evidence_list" => self.evidence_list(id, block),
            "notice" => Ok(self.notice(id)),
            "rectification" => Ok(self.rectification(id)),
            "legal_basis" => Ok(self.legal_basis(id)),
            "penalty" => Ok(self.penalty(id)),
            "orders" => Ok(self.orders(id)),
            "performance" => self.performance(id, block),
            "remedy" => self.remedy(id, block),
            "publicity" => self.plain_block(block),
            "seal" => self.seal(id, block),
            "notice_if_any" => Ok(self.notice_if_any(id)),
            "broken_duty" => Ok(self.broken_duty(id)),
            "no_penalty_ground" => Ok(self.no_penalty_ground(id)),
            "no_penalty_decision" => Ok(self.no_penalty_decision()),
            "education" => Ok(self.education(id)),
            "orders_beside" => Ok(self.orders_beside(id)),
            _ => Err(FillError::NoFiller { form: self.form.id.clone(), field: id.into() }),
        }
    }

    fn needs_draft(&self, id: &str) -> bool {
        // Without a statement of substance there is nothing to answer; the notice field says what happened.
        id != super::points::DEFENCE || self.input.case.procedure.statement.as_deref().is_some_and(is_substantive)
    }

    fn must(&mut self, field: &str, path: &str, what: impl Into<String>, basis: &str) {
        self.missing.push(Missing::must(field, path, what, basis));
    }

    fn check(&mut self, field: &str, path: &str, what: impl Into<String>, basis: &str) {
        self.missing.push(Missing::check(field, path, what, basis));
    }

    /// The value, or a visible gap that is also listed.
    fn need(&mut self, field: &str, path: &str, zh: &str, basis: &str, value: Option<String>) -> String {
        match value {
            Some(value) => value,
            None => {
                self.must(field, path, zh, basis);
                format!("{PENDING}确认：{zh}】")
            }
        }
    }

    fn render(&self, block: Option<&str>, values: &BlockValues) -> Result<FieldValue, FillError> {
        let Some(id) = block else {
            return Err(FillError::Block {
                block: "（未写）".into(), message: "字段没有指定公共块".into()
            });
        };
        let value = self.blocks.render(id, values);
        value.map_err(|message| FillError::Block { block: id.into(), message })
    }

    fn plain_block(&self, block: Option<&str>) -> Result<FieldValue, FillError> {
        self.render(block, &BlockValues::new())
    }
}

/// Text of one line, cleaned; `None` when nothing is left.
fn line(value: &Option<String>) -> Option<String> {
    let text = clean(value.as_deref().unwrap_or_default()).replace('\n', "；");
    (!text.is_empty()).then_some(text)
}

/// `2026年3月5日`: four digits for the year, no padding (documents.md §0 成文日期).
pub fn date_zh(date: Date) -> String {
    format!("{}年{}月{}日", date.year(), date.month(), date.day())
}

/// A period in 汉字: `六个月`, `五年`, `一年六个月`.
pub fn months_zh(months: u32) -> String {
    let han = crate::domain::numerals::to_han;
    match (months / 12, months % 12) {
        (0, m) => format!("{}个月", han(m)),
        (y, 0) => format!("{}年", han(y)),
        (y, m) => format!("{}年{}个月", han(y), han(m)),
    }
}
