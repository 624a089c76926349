//! 案件: the case JSON of the contract, typed. Everything is optional unless a computation needs it; the computation names what
//! is missing. Money is integer 分, dates are `YYYY-MM-DD`.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::money::Fen;
use super::penalty::{Circumstance, EvidenceKind, PartyKind, PenaltyKind, Tier};

/// The input of `assess` and `draft`, the output of `extract`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Case {
    pub case: Registration,
    pub party: Party,
    pub officer: Vec<Officer>,
    pub facts: Facts,
    pub evid: Vec<Evidence>,
    pub procedure: ProcedureFacts,
    pub disc: Discretion,
}

/// 登记与立案.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Registration {
    pub case_no: Option<String>,
    /// 案由, `涉嫌…`.
    pub cause: Option<String>,
    /// 案件来源.
    pub source: Option<String>,
    /// 立案日.
    pub filed_at: Option<Date>,
    pub region: Option<String>,
}

/// 当事人.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Party {
    pub kind: Option<PartyKind>,
    pub name: Option<String>,
    /// 统一社会信用代码.
    pub uscc: Option<String>,
    pub id_no: Option<String>,
    /// 出生日期: decides 责任能力 (行政处罚法30).
    pub birth: Option<Date>,
    pub legal_representative: Option<String>,
    pub address: Option<String>,
    pub phone: Option<String>,
}

/// 执法人员 on this case.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Officer {
    pub name: Option<String>,
    pub cert_no: Option<String>,
    pub valid_to: Option<Date>,
}

/// 事实.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// The officer's own account, as written. Never interpreted as instructions.
    pub narrative: Option<String>,
    /// Violation id of the discretion tables, e.g. `mb64`.
    pub violation: Option<String>,
    pub act_from: Option<Date>,
    /// 行为终了日; when absent the act is taken to have ended on `act_from`.
    pub act_to: Option<Date>,
    /// 发现日 (行政处罚法36).
    pub discovered_at: Option<Date>,
    pub place: Option<String>,
    pub circumstance: Option<Circumstance>,
    pub factors: Vec<FactorFact>,
    pub gains: Option<GainsFacts>,
    /// 实际损失, base of ty114.
    pub actual_loss_fen: Option<Fen>,
    /// 虚假或抽逃出资额, base of zw53.
    pub false_capital_fen: Option<Fen>,
    pub rectify: Option<Rectify>,
    pub suspected_crime: Option<bool>,
    /// 涉公民生命健康安全、金融安全 and with harmful result: five years instead of two (行政处罚法36).
    pub life_health_or_finance: Option<bool>,
    pub harmful_result: Option<bool>,
    /// The same act has already been fined (行政处罚法29).
    pub already_fined: Option<bool>,
    /// For rows with `level = "check"`: where the bureau's power comes from, confirmed by a person.
    pub authority_basis: Option<String>,
    /// Items (项) of the clause that the act meets, when the clause has several.
    pub items: Vec<u32>,
}

/// One 裁量因素 found in this case; the codes and their legal effect are in `corpus/rules/factors.toml`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FactorFact {
    pub code: String,
    pub text: Option<String>,
    /// Evidence numbers.
    pub evidence: Vec<u32>,
    /// The provision or published benchmark, for the codes that need one.
    pub citation: Option<String>,
}

/// Line items of 违法所得 (discretion.md §2.2). Sums are computed by code only.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GainsFacts {
    pub gross_receipts_fen: Option<Fen>,
    pub refunded_before_filing_fen: Fen,
    pub refunded_after_filing_fen: Fen,
    pub other_deductions_fen: Vec<Fen>,
    /// The rule the computation follows; two practices exist side by side, so it must be named.
    pub rule_citation: Option<String>,
    pub confirmed_by: Option<String>,
    pub evidence_ids: Vec<u32>,
}

/// 责令改正及复查.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rectify {
    pub ordered_at: Option<Date>,
    pub deadline: Option<Date>,
    pub rechecked_at: Option<Date>,
    pub corrected: Option<bool>,
}

/// 证据 with its number in the case.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Evidence {
    pub no: u32,
    pub kind: Option<EvidenceKind>,
    pub title: Option<String>,
    /// 证明事项.
    pub proves: Option<String>,
    pub collected_at: Option<Date>,
}

/// 告知、听证、决定.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProcedureFacts {
    pub notice_served_at: Option<Date>,
    pub hearing_requested: Option<bool>,
    pub hearing_at: Option<Date>,
    /// 陈述申辩意见, in the party's words.
    pub statement: Option<String>,
    /// Whether the statement was accepted, decided by a person; with the reason.
    pub statement_accepted: Option<bool>,
    pub statement_reason: Option<String>,
    pub decided_at: Option<Date>,
    /// 决定书送达日: the day 缴款, 复议 and 诉讼 are counted from.
    pub decision_served_at: Option<Date>,
}

/// What a person has decided.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Discretion {
    #[serde(rename = "final")]
    pub final_: Option<FinalDecision>,
}

/// 人工定值. The engine never fills this.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FinalDecision {
    pub tier: Option<Tier>,
    pub fine_fen: Option<Fen>,
    /// 没收违法所得 actually confiscated; when absent the computed sum is shown.
    pub confiscate_fen: Option<Fen>,
    pub kinds: Vec<PenaltyKind>,
    pub duration_months: Option<u32>,
    pub permanent: Option<bool>,
    /// 行政命令 issued with the decision (codes of `[order_kind]`); when absent those of the clause.
    pub orders: Option<Vec<String>>,
    /// 不予处罚的法定情形, one of them (`no_penalty_decision.md` lists the codes).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ground: Option<String>,
    pub reason: Option<String>,
}

impl Facts {
    /// 行为终了日: `act_to`, or `act_from` for a single act (行政处罚法36②).
    pub fn act_end(&self) -> Option<Date> {
        self.act_to.or(self.act_from)
    }
}
