//! 集体讨论、决定、移送 (行政处罚法27、57).

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::notice::Sanction;
use super::people::Approval;
use crate::domain::penalty::vocabulary;

/// 负责人集体讨论 (行政处罚法57②).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discussion {
    pub on: Date,
    pub place: String,
    pub chair: String,
    pub attendees: Vec<Attendee>,
    pub conclusion: String,
    /// All who attended signed.
    #[serde(default)]
    pub signed: bool,
}

/// One who took part, with an own opinion.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attendee {
    pub name: String,
    pub post: String,
    /// 机关负责人: a meeting of section chiefs is none.
    pub head: bool,
    pub opinion: String,
}

vocabulary! {
    /// How a case ends (行政处罚法57①).
    DecisionKind {
        Penalty = "penalty", "行政处罚";
        NoPenalty = "no_penalty", "不予行政处罚";
        NotEstablished = "not_established", "违法事实不能成立，不予行政处罚";
        Transferred = "transferred", "移送司法机关";
    }
}

/// 决定, by the head and nobody else (行政处罚法57).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    pub kind: DecisionKind,
    pub made_on: Date,
    pub approval: Approval,
    #[serde(default)]
    pub content: Sanction,
    #[serde(default)]
    pub doc_no: Option<String>,
    /// Provisions in words, duty and penalty.
    #[serde(default)]
    pub basis: Vec<String>,
    /// 不予处罚的法定情形, one of them, for 不予处罚.
    #[serde(default)]
    pub ground: Option<String>,
    #[serde(default)]
    pub reason: String,
    /// 教育记录 (行政处罚法33③).
    #[serde(default)]
    pub education: Option<String>,
    /// 盖章 (行政处罚法59②).
    #[serde(default)]
    pub sealed: bool,
}

/// 移送涉嫌犯罪 (行政处罚法27; 行政执法机关移送涉嫌犯罪案件的规定5).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    pub reported_on: Date,
    #[serde(default)]
    pub approved_at: Timestamp,
    #[serde(default)]
    pub approval: Approval,
    /// 正职或者主持工作的负责人.
    pub to: String,
    pub crime: String,
    #[serde(default)]
    pub sent_at: Option<Timestamp>,
    #[serde(default)]
    pub receipt: Option<String>,
}
