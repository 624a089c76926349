//! 裁量结论: the assessment JSON of the contract. A range and its reasons; the final figure is a person's.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::distribution::{Comparable, Interval};
use super::law::Validity;
use super::money::Fen;
use super::penalty::{Mode, PenaltyKind, Tier, vocabulary};
use super::trace::Trace;

vocabulary! {
    /// How the assessment ended.
    ResultCode {
        Range = "range", "已得出法定幅度";
        NoBase = "no_base", "罚款基数为零或未查明，不得罚款";
        Overlap = "overlap", "两档同时满足，须由人择对当事人有利者";
        NotFineable = "not_fineable", "本条没有罚款";
        Blocked = "blocked", "依据未核实或不得适用";
        OutOfJurisdiction = "out_of_jurisdiction", "本机关无权处罚";
        LimitationExpired = "limitation_expired", "已超过处罚时效";
        NoPenalty = "no_penalty", "不予行政处罚";
        Transfer = "transfer", "涉嫌犯罪，移送司法机关";
        NeedsInput = "needs_input", "缺少必要事实";
    }
}

vocabulary! {
    /// 义务条 or 责任条.
    ClauseRole {
        Duty = "duty", "违反条款";
        Penalty = "penalty", "处罚条款";
    }
}

/// 法定幅度 of a sum, in 分.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoneyRange {
    pub lo: Fen,
    pub lo_incl: bool,
    pub hi: Fen,
    pub hi_incl: bool,
}

impl MoneyRange {
    pub fn contains(&self, sum: Fen) -> bool {
        let above = if self.lo_incl { sum >= self.lo } else { sum > self.lo };
        let below = if self.hi_incl { sum <= self.hi } else { sum < self.hi };
        above && below
    }

    /// Whether every sum of `inner` is also in `self`.
    pub fn encloses(&self, inner: &MoneyRange) -> bool {
        let low = inner.lo > self.lo || (inner.lo == self.lo && (self.lo_incl || !inner.lo_incl));
        let high = inner.hi < self.hi || (inner.hi == self.hi && (self.hi_incl || !inner.hi_incl));
        low && high
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// Violation id; empty when none was given.
    pub violation: String,
    /// 违法行为 in the table's words.
    pub act: String,
    pub result: ResultCode,
    pub clauses: Vec<Clause>,
    pub penalties: Vec<PenaltyOption>,
    /// Codes of `[order_kind]`.
    pub orders: Vec<String>,
    pub tier: Option<Tier>,
    /// The suggested part of the statutory range for the tier.
    pub suggested_fen: Option<MoneyRange>,
    /// 违法所得 as computed, when the facts allow it.
    pub gains_fen: Option<Fen>,
    /// 没收违法所得 after refunds, when the clause or 行政处罚法28② asks for it.
    pub confiscate_fen: Option<Fen>,
    pub factors: Vec<FactorEffect>,
    pub hearing: HearingTrigger,
    pub legal_review: ReviewTrigger,
    pub deadlines: Vec<DueDate>,
    pub similar: Similar,
    pub warnings: Vec<Notice>,
    /// Paths of the case JSON that the computation needed and did not find.
    pub missing: Vec<String>,
    pub trace: Trace,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Clause {
    pub role: ClauseRole,
    pub law: String,
    pub article: u32,
    pub paragraph: u32,
    pub items: Vec<u32>,
    /// Version id (`民办教育促进法@2018-12-29`), or null when the text is not installed.
    pub version: Option<String>,
    /// In force on the day that counts; null = unknown.
    pub in_force: Option<bool>,
    pub validity: Validity,
    /// The text of the provision as of that day, when it is installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PenaltyOption {
    pub kind: PenaltyKind,
    pub mode: Mode,
    /// Alternatives carry the same group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    pub range_fen: Option<MoneyRange>,
    /// The multiple of the base, when the fine is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multiple: Option<MultipleRange>,
    pub duration: Option<Duration>,
    /// Whether this kind gives the right to a hearing.
    pub hearing: bool,
}

/// 倍数罚款: base and multiples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MultipleRange {
    pub base_fen: Fen,
    pub min: Option<u32>,
    pub max: u32,
}

/// 期限 of a penalty, in years.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duration {
    pub min_years: Option<u32>,
    pub max_years: Option<u32>,
    pub permanent: bool,
    /// Life-long is possible but not necessary.
    pub permanent_allowed: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FactorEffect {
    pub code: String,
    pub zh: String,
    /// `no_penalty`, `may_no_penalty`, `must_lenient_or_mitigated`, `may_lenient_or_mitigated`, `severe`, `none`.
    pub effect: String,
    pub basis: String,
    pub evidence: Vec<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HearingTrigger {
    pub required: bool,
    pub basis: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReviewTrigger {
    pub required: bool,
    /// R1–R6 of legal-review.md with the reason, e.g. `R5 责令停止招生`.
    pub rules: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DueDate {
    pub id: String,
    pub zh: String,
    pub due: Date,
    pub basis: String,
}

/// 相似案例 statistics; filled by the flow, which knows the corpus.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Similar {
    pub n: usize,
    pub same_tier_n: usize,
    /// Fine divided by its base (gains, or the statutory maximum for fixed fines).
    pub median_ratio: Option<f64>,
    pub q1: Option<f64>,
    pub q3: Option<f64>,
    /// Decisions that the ratios come from; 0 where too few qualify.
    #[serde(default)]
    pub sample: usize,
    /// Bootstrap interval of the median.
    #[serde(default)]
    pub interval: Option<Interval>,
    #[serde(default)]
    pub comparable: Comparable,
    /// The distribution in words with its sample size, or why there is none.
    #[serde(default)]
    pub note: String,
    pub cases: Vec<SimilarCase>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SimilarCase {
    pub id: String,
    pub title: String,
    /// `教学案例·虚构` for the teaching corpus.
    pub label: String,
    pub region: String,
    pub decided_at: Option<Date>,
    pub tier: Option<Tier>,
    pub fine_fen: Option<Fen>,
    pub ratio: Option<f64>,
    /// Why it was chosen, in words.
    pub why: String,
    /// Main differences, in words.
    #[serde(default)]
    pub differs: String,
    /// The beginning of its facts and of its reasons, and its factors in words.
    #[serde(default)]
    pub facts: String,
    #[serde(default)]
    pub factors: Vec<String>,
    #[serde(default)]
    pub reasons: String,
    pub score: f64,
}

/// A warning for the officer; `code` is stable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    pub code: String,
    pub text: String,
    pub basis: String,
}
