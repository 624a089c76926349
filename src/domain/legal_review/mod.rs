//! 重大执法决定法制审核 (行政处罚法58; legal-review.md §1–§3): its scope by rules with reasons, the package that is submitted, the
//! rounds and their states. A conclusion is a person's, always.

mod package;
mod scope;

pub use package::{PackageItem, package};
pub use scope::{FlaggedRule, ScopeRule, scope};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::penalty::vocabulary;

/// Why a figure beside the published benchmark is reviewed (R5).
pub const DEVIATION: &str = "偏离已公布的裁量基准";

vocabulary! {
    /// 审核结论 (legal-review.md §2).
    Conclusion {
        Agree = "agree", "同意";
        AgreeAfterFix = "agree_after_fix", "改正后再审";
        Disagree = "disagree", "不同意";
        TransferSuggested = "transfer_suggested", "建议移送";
    }
}

vocabulary! {
    /// One round: 送审 → 退回 or 受理 → 结论.
    ReviewState {
        Submitted = "submitted", "已送审";
        Returned = "returned", "退回补正";
        Accepted = "accepted", "审核中";
        Concluded = "concluded", "已有结论";
    }
}

vocabulary! {
    /// 预检 of one item by the program: a hint, never the conclusion.
    Verdict {
        Pass = "pass", "通过";
        Doubt = "doubt", "存疑";
        Fail = "fail", "不通过";
    }
}

/// One round of review.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Review {
    pub id: String,
    pub round: u32,
    pub state: ReviewState,
    pub submitted_on: Date,
    /// Person who submitted; never the reviewer.
    pub submitted_by: String,
    /// R1–R6 with reasons, as they stood at submission.
    pub rules: Vec<ScopeRule>,
    pub package: Vec<PackageItem>,
    /// Held before this round: the review after it is the one that counts (行政处罚法58①).
    pub after_hearing: bool,
    #[serde(default)]
    pub complex: bool,
    #[serde(default)]
    pub reviewer: Option<Reviewer>,
    #[serde(default)]
    pub accepted_on: Option<Date>,
    #[serde(default)]
    pub due: Option<Date>,
    /// Days that do not count, with their ground.
    #[serde(default)]
    pub suspensions: Vec<super::dossier::Suspension>,
    #[serde(default)]
    pub returned_because: Vec<String>,
    #[serde(default)]
    pub checklist: Vec<ItemConclusion>,
    #[serde(default)]
    pub conclusion: Option<Conclusion>,
    #[serde(default)]
    pub opinion: String,
    #[serde(default)]
    pub concluded_on: Option<Date>,
    /// What the officers answer, point by point.
    #[serde(default)]
    pub responses: Vec<Response>,
    #[serde(default)]
    pub handovers: Vec<Handover>,
    #[serde(default)]
    pub comments: Vec<Comment>,
    /// Similar cases the reviewer does not compare with, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<ExcludedCase>,
    /// sha256 of the dossier and the draft that were reviewed: another text needs another review.
    #[serde(default)]
    pub reviewed: String,
}

/// 审核人.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reviewer {
    pub id: String,
    pub name: String,
    /// 法律职业资格证号 (行政处罚法58②).
    pub qualification: Option<String>,
}

/// A person's finding on one of C01–C16.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemConclusion {
    pub id: String,
    pub verdict: Verdict,
    #[serde(default)]
    pub note: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    pub point: String,
    pub reply: String,
}

/// 改派、委托代办.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Handover {
    pub from: String,
    pub to: String,
    pub on: Date,
    pub reason: String,
    /// The first reviewer stays answerable and gets it back.
    #[serde(default)]
    pub delegated: bool,
}

/// A remark anchored to a passage of the draft.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comment {
    pub id: String,
    /// Draft id and field.
    pub anchor: Anchor,
    pub text: String,
    pub by: String,
    pub at: Timestamp,
    #[serde(default)]
    pub settled: bool,
}

/// A past decision that the reviewer leaves out of the comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExcludedCase {
    /// Id of the decision.
    pub precedent: String,
    /// As the list showed it; kept for when the decision itself is gone.
    pub title: String,
    pub reason: String,
    pub by: String,
    pub on: Date,
}

/// Where a remark belongs: the field of a draft and the words it quotes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Anchor {
    pub draft: String,
    pub field: String,
    pub quote: String,
}

impl Review {
    /// Passed: concluded with 同意.
    pub fn agreed(&self) -> bool {
        self.state == ReviewState::Concluded && self.conclusion == Some(Conclusion::Agree)
    }
}
