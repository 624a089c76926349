//! RuleBook: every loaded table, validated by its loader and ready to be asked. Holds no file paths and reads nothing itself.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::deadline::{Calendar, Rule};
use super::discretion::table::{Benchmark, EvidenceGrade, LawHead, RowStatus, Violation};
use super::penalty::{PenaltyKind, vocabulary};

/// Whether a kind of penalty gives the right to a hearing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HearingRule {
    Always,
    Never,
    /// 较大数额 (行政处罚法63①(一)(二)).
    ByThreshold,
}

/// One row of `[penalty_kind]`.
#[derive(Clone, Debug, PartialEq)]
pub struct KindRule {
    pub zh: String,
    /// Item of 行政处罚法9.
    pub cpl9: u8,
    pub hearing: HearingRule,
}

vocabulary! {
    /// Legal effect of a factor.
    Effect {
        NoPenalty = "no_penalty", "应当不予处罚";
        MayNoPenalty = "may_no_penalty", "可以不予处罚";
        MustLenientOrMitigated = "must_lenient_or_mitigated", "应当从轻或者减轻";
        MayLenientOrMitigated = "may_lenient_or_mitigated", "可以从轻或者减轻";
        Severe = "severe", "从重";
        Element = "element", "不予处罚的要件";
        None = "none", "无法定效果";
    }
}

/// One row of `factors.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactorRule {
    pub code: String,
    pub zh: String,
    pub effect: Effect,
    pub basis: String,
    #[serde(default)]
    pub needs_citation: bool,
    #[serde(default)]
    pub needs_evidence: bool,
    #[serde(default)]
    pub note: Option<String>,
}

/// 不予处罚 by several elements together (行政处罚法33①).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoPenaltyRule {
    pub id: String,
    pub zh: String,
    pub elements: Vec<String>,
    /// True: 不予; false: 可以不予.
    pub must: bool,
    pub basis: String,
}

vocabulary! {
    /// When a 构成要件 is asked for.
    ElementWhen {
        Always = "always", "一律";
        Circumstance = "circumstance", "认定情节严重的";
        Unrectified = "unrectified", "按逾期不改正处罚的";
        Gains = "gains", "涉及违法所得的";
    }
}

/// One row of `elements.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElementRule {
    pub code: String,
    pub zh: String,
    pub when: ElementWhen,
    /// 关键要件: evidence from two kinds of sources is expected.
    #[serde(default)]
    pub key: bool,
    pub basis: String,
}

/// 重大执法决定法制审核范围. A threshold of `None` is not configured: every sum is reviewed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReviewScope {
    pub kinds: Vec<PenaltyKind>,
    pub fine_citizen_yuan_ge: Option<i64>,
    pub fine_org_yuan_ge: Option<i64>,
    pub gains_yuan_ge: Option<i64>,
    pub always_when: Vec<String>,
    pub licence_kinds: Vec<String>,
    pub coercive: bool,
}

/// “较大数额” for hearings. `None` is not configured: any fine or confiscation gives the right.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HearingThresholds {
    pub citizen_yuan: Option<i64>,
    pub org_yuan: Option<i64>,
    pub basis: String,
}

/// 当场处罚 (行政处罚法51): which kinds and up to which fine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SimpleProcedure {
    pub kinds: Vec<PenaltyKind>,
    pub citizen_yuan_le: i64,
    pub org_yuan_le: i64,
    /// 可以当场收缴的罚款, 元 (行政处罚法68①(一)).
    pub cash_yuan_le: i64,
    pub basis: String,
}

/// Two people's statement that a row was compared with the official text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    pub violation: String,
    /// At least two different people, by name.
    pub by: Vec<String>,
    pub source: VerificationSource,
    #[serde(default)]
    pub article: Option<u32>,
    #[serde(default)]
    pub paragraph: Option<u32>,
    pub verified_at: String,
    /// Fingerprint of the row that was compared; a row that changed later is blocked again.
    pub row_sha256: String,
}

/// The official text that was used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerificationSource {
    pub title: String,
    pub doc_no: String,
    pub published_at: Date,
}

/// A row that may not be used, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BlockedRow {
    pub id: String,
    pub law: String,
    pub article: u32,
    pub act: String,
    pub evidence: EvidenceGrade,
    pub status: RowStatus,
    pub why: String,
}

/// All rules of one run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleBook {
    /// First 16 hex digits of the sha256 over all loaded files: names the state of the rules in records.
    pub version: String,
    pub text_base: String,
    pub kinds: BTreeMap<PenaltyKind, KindRule>,
    /// Codes of `[order_kind]` → Chinese.
    pub orders: BTreeMap<String, String>,
    pub laws: BTreeMap<String, LawHead>,
    pub violations: Vec<Violation>,
    pub factors: Vec<FactorRule>,
    pub elements: Vec<ElementRule>,
    pub no_penalty: Vec<NoPenaltyRule>,
    pub deadlines: Vec<Rule>,
    pub calendar: Calendar,
    pub review: ReviewScope,
    pub hearing: HearingThresholds,
    pub simple: SimpleProcedure,
    pub benchmarks: Vec<Benchmark>,
    pub verifications: Vec<Verification>,
}

impl RuleBook {
    pub fn violation(&self, id: &str) -> Option<&Violation> {
        self.violations.iter().find(|v| v.id == id)
    }

    /// Name of a factor; an unknown one keeps its code.
    pub fn factor_zh<'a>(&'a self, code: &'a str) -> &'a str {
        self.factor(code).map_or(code, |f| f.zh.as_str())
    }

    pub fn factor(&self, code: &str) -> Option<&FactorRule> {
        self.factors.iter().find(|f| f.code == code)
    }

    pub fn deadline(&self, id: &str) -> Option<&Rule> {
        self.deadlines.iter().find(|d| d.id == id)
    }

    /// The row whose outcomes apply: the referred one for 引致条款, else the row itself.
    pub fn outcome_row<'a>(&'a self, row: &'a Violation) -> &'a Violation {
        row.refer_to.as_deref().and_then(|id| self.violation(id)).unwrap_or(row)
    }

    /// Older rows that name `id` as their successor.
    pub fn predecessors(&self, id: &str) -> Vec<&Violation> {
        self.violations.iter().filter(|v| v.superseded_by.iter().any(|s| s == id)).collect()
    }

    pub fn law_applies_from(&self, law: &str) -> Option<Date> {
        self.laws.get(law).and_then(|l| l.applies_from)
    }

    pub fn kind_zh(&self, kind: PenaltyKind) -> &str {
        self.kinds.get(&kind).map(|k| k.zh.as_str()).unwrap_or_else(|| kind.zh())
    }

    /// Up to five ids most like `given`, for the message about an unknown violation.
    pub fn near_ids(&self, given: &str) -> Vec<String> {
        let given = given.trim().to_lowercase();
        let mut scored: Vec<(usize, &str)> =
            self.violations.iter().map(|v| (edit_distance(&given, &v.id), v.id.as_str())).collect();
        scored.sort();
        scored.into_iter().take(5).filter(|(d, id)| *d <= id.chars().count().max(3)).map(|(_, id)| id.into()).collect()
    }

    /// Rows that may not be used for a decision because their text is not verified.
    pub fn blocked(&self) -> Vec<BlockedRow> {
        self.violations
            .iter()
            .filter(|v| v.status == RowStatus::Blocked || v.evidence != EvidenceGrade::A)
            .map(|v| {
                let mut why = vec![format!("核实等级 {}：{}", v.evidence.code(), v.evidence.zh())];
                if v.article == 0 {
                    why.push("条号未核实".into());
                }
                if v.outcomes.is_empty() && v.refer_to.is_none() {
                    why.push("没有录入处罚内容，须取得官方全文后另录条目".into());
                }
                why.extend(v.note.clone());
                BlockedRow {
                    id: v.id.clone(),
                    law: v.law.clone(),
                    article: v.article,
                    act: v.act.clone(),
                    evidence: v.evidence,
                    status: v.status,
                    why: why.join("；"),
                }
            })
            .collect()
    }
}

/// Levenshtein distance in characters, on short ids only.
fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(ca != cb)).min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edit_distance_counts_single_changes() {
        assert_eq!(edit_distance("mb64", "mb64"), 0);
        assert_eq!(edit_distance("mb46", "mb64"), 2);
        assert_eq!(edit_distance("", "jy75"), 4);
        assert_eq!(edit_distance("ty116", "ty116-1"), 2);
    }
}
