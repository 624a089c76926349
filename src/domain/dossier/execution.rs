//! 履行、强制执行、救济、结案、归档.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::people::Approval;
use crate::domain::money::Fen;
use crate::domain::penalty::vocabulary;
use crate::domain::process_record::Checkpoint;

/// 执行.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Execution {
    pub payments: Vec<Payment>,
    pub deferral: Option<Deferral>,
    /// 加处罚款 that was claimed.
    pub late_fee_fen: Option<Fen>,
    /// Non-money penalties and orders: how they were carried out.
    pub performed: Vec<Performed>,
    pub demand: Option<Demand>,
    pub court: Option<CourtApplication>,
}

/// 缴款.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payment {
    pub on: Date,
    pub sum_fen: Fen,
    /// True: taken by the agency itself (行政处罚法68、69 only).
    #[serde(default)]
    pub collected_by_agency: bool,
    /// Which of 68、69 allows it.
    #[serde(default)]
    pub cash_ground: Option<String>,
    /// 财政部门统一制发的专用票据 (行政处罚法70).
    pub receipt_no: String,
}

/// 延期、分期 (行政处罚法66②).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deferral {
    pub requested_on: Date,
    pub until: Date,
    pub reason: String,
    #[serde(default)]
    pub approval: Option<Approval>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Performed {
    pub on: Date,
    pub what: String,
    pub how: String,
}

/// 催告 (行政强制法54).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demand {
    pub on: Date,
    #[serde(default)]
    pub served_on: Option<Date>,
    pub text: String,
}

/// 申请法院强制执行 (行政强制法53–55).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CourtApplication {
    pub on: Date,
    pub court: String,
    #[serde(default)]
    pub outcome: Option<String>,
    #[serde(default)]
    pub ended_on: Option<Date>,
}

vocabulary! {
    /// 救济.
    RemedyKind {
        Reconsideration = "reconsideration", "行政复议";
        Litigation = "litigation", "行政诉讼";
    }
}

vocabulary! {
    /// How it ended.
    RemedyOutcome {
        Upheld = "upheld", "维持或者驳回";
        Withdrawn = "withdrawn", "撤回";
        Changed = "changed", "变更";
        Revoked = "revoked", "撤销";
        RevokedRedo = "revoked_redo", "撤销并责令重作";
        Unlawful = "unlawful", "确认违法";
        Void = "void", "确认无效";
    }
}

impl RemedyOutcome {
    /// Whether 公示 must be withdrawn within three working days (行政处罚法48②).
    pub fn overturns(self) -> bool {
        !matches!(self, Self::Upheld | Self::Withdrawn)
    }
}

/// One 复议 or 诉讼; its days do not count for 加处罚款 (行政处罚法73③).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remedy {
    pub kind: RemedyKind,
    pub accepted_on: Date,
    #[serde(default)]
    pub ended_on: Option<Date>,
    #[serde(default)]
    pub outcome: Option<RemedyOutcome>,
}

vocabulary! {
    /// 结案理由, one of them (T17).
    ClosureReason {
        Performed = "performed", "履行完毕";
        CourtEnforced = "court_enforced", "法院执行完毕或者终结";
        NoPenaltyServed = "no_penalty_served", "不予行政处罚决定已送达";
        TransferAccepted = "transfer_accepted", "移送已接收";
        DecisionRevoked = "decision_revoked", "决定被撤销";
        SpotPerformed = "spot_performed", "当场处罚已履行";
    }
}

/// 结案.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closure {
    pub on: Date,
    pub reason: ClosureReason,
    pub opinion: String,
    #[serde(default)]
    pub approval: Approval,
}

/// 归档.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    /// 归档号.
    pub archive_no: String,
    pub on: Date,
    /// 保管期限 in years; set by the bureau, never guessed.
    pub retention_years: u32,
    pub pages: u32,
    /// sha256 of the manifest of the archived package.
    #[serde(default)]
    pub manifest: String,
    #[serde(default)]
    pub by: String,
    /// Files of the package besides the documents, as they were on that day.
    #[serde(default)]
    pub files: Vec<ArchivedFile>,
    /// The record as it stood: events of the case up to `size` are in the package.
    #[serde(default)]
    pub checkpoint: Option<Checkpoint>,
}

/// A file in the archived package.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchivedFile {
    /// Path inside the package.
    pub path: String,
    pub title: String,
    pub sha256: String,
    pub size: u64,
}
