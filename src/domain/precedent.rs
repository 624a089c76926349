//! 既往案例: a past decision with its facts, used only as a comparison (同案同罚), never as a legal basis.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::case::{Case, Discretion, Evidence, Facts, Officer, Party, ProcedureFacts, Registration};

/// The label every teaching case carries wherever it is shown.
pub const TEACHING_LABEL: &str = "教学案例·虚构";

/// One past decision. The fields after `revoked_at` are those of the case JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Precedent {
    /// Unique, e.g. `tc-mb64-01`.
    pub id: String,
    /// [`TEACHING_LABEL`] for the fictitious ones.
    pub label: String,
    pub title: String,
    /// What is odd about it, for cases put in on purpose so that reviewers learn to see it.
    pub outlier: Option<String>,
    /// 裁量说理 of the decision.
    pub reasoning: Option<String>,
    pub doc_no: Option<String>,
    /// Day the decision was set aside (复议、诉讼 or by the agency itself); from then on it is no comparison.
    pub revoked_at: Option<Date>,
    pub case: Registration,
    pub party: Party,
    pub officer: Vec<Officer>,
    pub facts: Facts,
    pub evid: Vec<Evidence>,
    pub procedure: ProcedureFacts,
    pub disc: Discretion,
}

impl Precedent {
    /// The case as it stood, with the decision in `disc.final`.
    pub fn as_case(&self) -> Case {
        Case {
            case: self.case.clone(),
            party: self.party.clone(),
            officer: self.officer.clone(),
            facts: self.facts.clone(),
            evid: self.evid.clone(),
            procedure: self.procedure.clone(),
            disc: self.disc.clone(),
        }
    }
}
