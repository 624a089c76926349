//! 线索、立案、调查: what was done, by whom, under which certificate, and what it found.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::people::Approval;
use crate::domain::penalty::vocabulary;

/// 线索.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Clue {
    pub received_on: Option<Date>,
    /// 投诉举报、双随机检查、上级交办 …
    pub source: String,
    pub summary: String,
}

/// 立案 (行政处罚法54②).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filing {
    /// 负责人批准之日 = 立案日: the ninety days start here (行政处罚法60).
    pub approved_on: Date,
    #[serde(default)]
    pub approval: Approval,
    /// 管辖依据 (行政处罚法22、23).
    pub jurisdiction: String,
    /// 违法事实初步情况.
    pub preliminary: String,
    /// 立案前核查记录, when evidence was taken before the filing.
    #[serde(default)]
    pub pre_check: Option<String>,
}

/// 不予立案.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotFiled {
    pub on: Date,
    pub reason: String,
    /// The agency it was passed to, when another one is competent.
    #[serde(default)]
    pub referred_to: Option<String>,
    #[serde(default)]
    pub approval: Approval,
}

vocabulary! {
    /// 执法动作: each needs two certified officers (行政处罚法42).
    ActKind {
        Inspection = "inspection", "现场检查";
        Interview = "interview", "询问";
        Sampling = "sampling", "抽样取证";
        Preservation = "preservation", "先行登记保存";
        Coercive = "coercive", "行政强制措施";
        Collection = "collection", "调取证据";
        Recheck = "recheck", "复查";
        Other = "other", "其他调查";
    }
}

/// One act of the investigation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Act {
    pub kind: ActKind,
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
    pub place: String,
    /// Person ids, each counted once; assistants are not among them.
    pub officers: Vec<String>,
    /// 主动出示证件, as the record says (行政处罚法55).
    #[serde(default)]
    pub shown_certs: bool,
    /// 告知权利 (回避、陈述).
    #[serde(default)]
    pub told_rights: bool,
    /// The one interviewed; exactly one per record.
    #[serde(default)]
    pub interviewee: Option<String>,
    /// What was seen or said.
    #[serde(default)]
    pub notes: String,
    /// Signed by the party, or why not.
    #[serde(default)]
    pub signed: bool,
    #[serde(default)]
    pub unsigned_reason: Option<String>,
    /// Numbers of the evidence it produced.
    #[serde(default)]
    pub evidence: Vec<u32>,
}

/// 承办人 answers for the facts: nothing unconfirmed goes into a document (documents.md §3).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactsConfirmed {
    pub by: String,
    pub name: String,
    pub on: Date,
    /// [`super::Dossier::facts_digest`] at that time.
    pub digest: String,
}

/// 主体身份证明 (行政处罚法59①(一)).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// 证照名称, e.g. 营业执照、居民身份证.
    pub document: String,
    /// The name as it stands on the document.
    pub name: String,
    #[serde(default)]
    pub evidence: Option<u32>,
}

/// 查证 of one piece of evidence (行政处罚法46).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceCheck {
    pub no: u32,
    /// 查证属实.
    pub verified: bool,
    /// Obtained lawfully; unlawfully obtained evidence is excluded.
    pub lawful: bool,
    #[serde(default)]
    pub note: String,
    /// 复印件与原件核对一致.
    #[serde(default)]
    pub copy_checked: bool,
    /// sha256 of the stored file.
    #[serde(default)]
    pub attachment: Option<String>,
    #[serde(default)]
    pub by: String,
}

/// One 构成要件 with what was found; the list of elements is data (`elements.toml`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElementFinding {
    pub code: String,
    pub established: bool,
    #[serde(default)]
    pub evidence: Vec<u32>,
    #[serde(default)]
    pub note: String,
}

/// 先行登记保存 (行政处罚法56).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preservation {
    pub on: Date,
    pub items: Vec<String>,
    #[serde(default)]
    pub approval: Option<Approval>,
    #[serde(default)]
    pub disposed_on: Option<Date>,
    #[serde(default)]
    pub disposal: String,
}

/// 行政强制措施; no clause known gives this bureau 查封、扣押, so a basis must be named (行政强制法17、22).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coercive {
    /// seal | seize.
    pub kind: String,
    pub on: Date,
    #[serde(default)]
    pub legal_basis: String,
    #[serde(default)]
    pub approval: Option<Approval>,
    /// 延长, once, by decision of the head.
    #[serde(default)]
    pub extended_on: Option<Date>,
    #[serde(default)]
    pub lifted_on: Option<Date>,
}

/// 责令改正 (行政处罚法28①); not a penalty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RectifyOrder {
    pub ordered_on: Date,
    pub due: Date,
    pub items: Vec<String>,
    #[serde(default)]
    pub served_on: Option<Date>,
    #[serde(default)]
    pub recheck: Option<RectifyRecheck>,
}

/// 复查.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RectifyRecheck {
    pub on: Date,
    pub corrected: bool,
    #[serde(default)]
    pub note: String,
}

/// 调查终结报告.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InvestigationReport {
    pub closed_on: Date,
    /// 查明的事实.
    pub findings: String,
    /// 处理建议.
    pub opinion: String,
    /// Why 违法所得 cannot be found out, when it is not itemised.
    #[serde(default)]
    pub gains_unknown: Option<String>,
    /// 从轻、减轻、从重因素逐项有无: every factor was looked at.
    #[serde(default)]
    pub factors_reviewed: bool,
    #[serde(default)]
    pub by: String,
}

/// 中止 or 扣除; only with a provision behind it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suspension {
    pub reason: String,
    pub basis: String,
    pub from: Date,
    #[serde(default)]
    pub to: Option<Date>,
}
