//! 告知、陈述申辩、听证 (行政处罚法44、45、62–65).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Dossier, Served};
use crate::domain::case::FinalDecision;
use crate::domain::money::Fen;
use crate::domain::penalty::PenaltyKind;

/// What a notice proposes or a decision imposes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sanction {
    pub kinds: Vec<PenaltyKind>,
    pub fine_fen: Option<Fen>,
    pub confiscate_fen: Option<Fen>,
    pub duration_months: Option<u32>,
    pub permanent: Option<bool>,
    pub orders: Vec<String>,
}

impl Sanction {
    /// A person's figure as content.
    pub fn of(decision: &FinalDecision) -> Self {
        Self {
            kinds: decision.kinds.clone(),
            fine_fen: decision.fine_fen,
            confiscate_fen: decision.confiscate_fen,
            duration_months: decision.duration_months,
            permanent: decision.permanent,
            orders: decision.orders.clone().unwrap_or_default(),
        }
    }

    /// In what `self` goes beyond `told`, in words; empty = 处罚内容 ⊆ 告知内容.
    pub fn beyond(&self, told: &Sanction) -> Vec<String> {
        let mut out: Vec<String> =
            self.kinds.iter().filter(|k| !told.kinds.contains(k)).map(|k| format!("“{}”未经告知", k.zh())).collect();
        let more = |now: Option<Fen>, then: Option<Fen>| now.unwrap_or_default() > then.unwrap_or_default();
        if more(self.fine_fen, told.fine_fen) {
            out.push("罚款数额高于告知".into());
        }
        if more(self.confiscate_fen, told.confiscate_fen) {
            out.push("没收数额高于告知".into());
        }
        let longer = self.permanent == Some(true) && told.permanent != Some(true)
            || told.permanent != Some(true) && self.duration_months.unwrap_or(0) > told.duration_months.unwrap_or(0);
        if longer {
            out.push("期限长于告知".into());
        }
        out
    }
}

/// 行政处罚事先告知书 and, where 63条 applies, 听证告知书.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriorNotice {
    pub issued_on: Date,
    pub content: Sanction,
    pub facts: String,
    pub reasons: String,
    /// Provisions in words.
    pub basis: Vec<String>,
    /// 陈述申辩权 was told.
    pub told_statement: bool,
    /// 听证权 was told.
    pub told_hearing: bool,
    /// Why an earlier notice was replaced (T9b).
    #[serde(default)]
    pub replaces_because: Option<String>,
}

impl PriorNotice {
    /// When it was served: the newest service of a notice on or after its day.
    pub fn served_on(&self, dossier: &Dossier) -> Option<Date> {
        let of = |s: &&super::Service| s.what == Served::Notice && s.sent_on >= self.issued_on;
        dossier.services.iter().rev().find(of).map(|s| s.served_on)
    }

    /// What the law asks a notice to say and this one does not.
    pub fn lacks(&self) -> Vec<&'static str> {
        let mut out = vec![];
        if self.content.kinds.is_empty() {
            out.push("拟处罚内容");
        }
        if self.facts.trim().is_empty() {
            out.push("事实");
        }
        if self.reasons.trim().is_empty() {
            out.push("理由");
        }
        if self.basis.is_empty() {
            out.push("依据");
        }
        if !self.told_statement {
            out.push("陈述、申辩权利");
        }
        out
    }
}

/// 陈述、申辩; one entry per opinion so that each can be answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    pub on: Date,
    pub text: String,
    #[serde(default)]
    pub oral: bool,
}

/// 明确放弃陈述申辩 (行政处罚法62); kept in writing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    pub on: Date,
    /// Written and signed.
    pub written: bool,
    #[serde(default)]
    pub text: String,
}

/// 听证.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hearing {
    pub requested_on: Date,
    #[serde(default)]
    pub oral: bool,
    /// Within five working days of being told (行政处罚法64(一)).
    #[serde(default)]
    pub in_time: bool,
    #[serde(default)]
    pub summons: Option<HearingSummons>,
    #[serde(default)]
    pub held: Option<HearingHeld>,
}

/// 听证通知书.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HearingSummons {
    pub served_on: Date,
    pub hearing_on: Date,
    pub place: String,
    /// 主持人: person id and name; not an investigator of the case (行政处罚法64(四)).
    pub host: String,
    #[serde(default)]
    pub host_name: String,
    /// Held in public, or why not (行政处罚法64(三)).
    #[serde(default)]
    pub public: bool,
    #[serde(default)]
    pub closed_because: Option<String>,
}

/// 听证笔录.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HearingHeld {
    pub on: Date,
    /// 无正当理由缺席或者中途退出: counts as given up (行政处罚法64(六)).
    #[serde(default)]
    pub absent: bool,
    /// One or two (行政处罚法64(五)).
    #[serde(default)]
    pub agents: Vec<String>,
    pub transcript: String,
    /// Checked and signed by the party, or the refusal noted (行政处罚法64(八)).
    #[serde(default)]
    pub signed: bool,
    #[serde(default)]
    pub unsigned_reason: Option<String>,
    #[serde(default)]
    pub report: String,
}

/// 复核 of what the party said (行政处罚法45).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DefenceRecheck {
    pub on: Date,
    #[serde(default)]
    pub items: Vec<RecheckItem>,
    /// 听证后依听证笔录 (行政处罚法65).
    #[serde(default)]
    pub followed_transcript: bool,
    #[serde(default)]
    pub by: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecheckItem {
    /// Index of the statement.
    pub statement: usize,
    pub accepted: bool,
    pub reason: String,
}
