//! 案卷评查 and 审核预检: what is wrong with a dossier, as pure functions. The same functions guard the transitions.

mod authority;
mod check;
mod decision;
mod execution;
mod facts;
mod list;
mod measures;
mod notice;
mod officers;
mod papers;
mod precheck;
mod publicity;
pub mod residue;

pub use check::{Check, Fault};
pub use list::CHECKS;
pub use precheck::precheck;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::assessment::Assessment;
use super::deadline::{self, DeadlineError, Rule};
use super::discretion::table::Authority;
use super::discretion::{self, ProvisionTexts};
use super::dossier::{Decision, DecisionKind, Dossier, Sanction};
use super::penalty::vocabulary;
use super::rulebook::RuleBook;

vocabulary! {
    /// 级别 (legal-review.md §4).
    Severity {
        Fatal = "fatal", "不合格（一票否决）";
        Major = "major", "扣分并限期整改";
        Minor = "minor", "规范性问题";
    }
}

/// 本机关 as the checks need to know it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bureau {
    pub name: String,
    /// 执法区域 its certificates must cover.
    pub region: String,
    /// 执法类别 its certificates must cover.
    pub category: String,
    /// 同级人民政府, the only 复议机关.
    pub government: String,
    pub court: Option<String>,
    /// 保管期限; unset refuses to archive.
    pub retention_years: Option<u32>,
}

/// An earlier fine on the same party, from the bureau's own files (行政处罚法29).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PastFine {
    pub case_no: String,
    pub party: String,
    pub violation: String,
    pub act_from: Option<Date>,
    pub act_to: Option<Date>,
    pub decided_on: Date,
}

/// Everything a check or a guard may look at.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    pub dossier: &'a Dossier,
    pub assessment: &'a Assessment,
    pub book: &'a RuleBook,
    pub texts: &'a dyn ProvisionTexts,
    pub bureau: &'a Bureau,
    pub past: &'a [PastFine],
    /// The day it is looked at.
    pub day: Date,
}

impl Look<'_> {
    /// 执法类别 that a certificate must cover: 体育 where the violation is for sports authorities alone, else the bureau's own.
    pub fn category(&self) -> &str {
        let row = self.dossier.case.facts.violation.as_deref().and_then(|id| self.book.violation(id));
        let sports = |a: &[Authority]| a.contains(&Authority::Sports) && !a.contains(&Authority::Education);
        if row.is_some_and(|v| sports(&v.authority)) { "体育" } else { &self.bureau.category }
    }

    /// The last day of a period of `deadlines.toml`; `Err` says in Chinese why it cannot be computed.
    pub fn due(&self, id: &str, from: Date) -> Result<Date, String> {
        let rule: &Rule = self.book.deadline(id).ok_or_else(|| format!("期限表中没有{id}"))?;
        deadline::due(rule, from, &self.book.calendar).map_err(|e: DeadlineError| e.to_string())
    }
}

/// The assessment of a dossier on a day.
pub fn assess(dossier: &Dossier, book: &RuleBook, texts: &dyn ProvisionTexts, day: Date) -> Assessment {
    discretion::assess(book, texts, &dossier.as_case(), day)
}

/// One of C01–C16 of the review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChecklistItem {
    pub id: &'static str,
    pub zh: &'static str,
}

/// 审核清单 (legal-review.md §3).
#[rustfmt::skip]
pub const CHECKLIST: &[ChecklistItem] = &[
    ChecklistItem { id: "C01", zh: "执法主体是否合法" },
    ChecklistItem { id: "C02", zh: "执法人员是否具备资格" },
    ChecklistItem { id: "C03", zh: "案件事实是否清楚" },
    ChecklistItem { id: "C04", zh: "证据是否确凿充分" },
    ChecklistItem { id: "C05", zh: "程序是否合法" },
    ChecklistItem { id: "C06", zh: "适用法律法规规章是否准确" },
    ChecklistItem { id: "C07", zh: "裁量基准是否适当" },
    ChecklistItem { id: "C08", zh: "是否超越职权" },
    ChecklistItem { id: "C09", zh: "是否滥用职权" },
    ChecklistItem { id: "C10", zh: "文书是否规范、齐备" },
    ChecklistItem { id: "C11", zh: "是否涉嫌犯罪需要移送" },
    ChecklistItem { id: "C12", zh: "是否超过时效" },
    ChecklistItem { id: "C13", zh: "是否一事不再罚" },
    ChecklistItem { id: "C14", zh: "责任能力、未成年人" },
    ChecklistItem { id: "C15", zh: "告知与拟决定是否一致" },
    ChecklistItem { id: "C16", zh: "公示与脱敏预案" },
];

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// F01 …, M01 …, N01 ….
    pub check: String,
    pub severity: Severity,
    pub text: String,
    pub basis: String,
    /// Path in the dossier where it is put right.
    pub place: String,
}

/// Runs every check on the file as it stands, whatever way it came about. A check that has nothing to look at yet finds nothing.
pub fn audit(look: &Look<'_>) -> Vec<Finding> {
    CHECKS.iter().flat_map(|c| c.run(look)).collect()
}

/// 处罚决定 of the ordinary procedure, if that is how it was decided.
fn decided_penalty<'a>(look: &Look<'a>) -> Option<&'a Decision> {
    look.dossier.decision.as_ref().filter(|d| d.kind == DecisionKind::Penalty)
}

/// What was imposed, in either procedure.
fn punishment<'a>(look: &Look<'a>) -> Option<&'a Sanction> {
    let spot = look.dossier.spot.as_ref().map(|s| &s.content);
    decided_penalty(look).map(|d| &d.content).or(spot)
}

/// Whether somebody was punished.
fn punishes(look: &Look<'_>) -> bool {
    punishment(look).is_some()
}

/// 预检 of one item of the review list: a hint with its evidence, never a conclusion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Precheck {
    pub id: String,
    pub zh: String,
    pub verdict: super::legal_review::Verdict,
    pub evidence: Vec<String>,
    pub findings: Vec<String>,
}
