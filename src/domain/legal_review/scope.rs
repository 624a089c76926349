//! 审核范围 R1–R6: which rules make the review obligatory, each with its reason (legal-review.md §1).

use serde::{Deserialize, Serialize};

use crate::domain::assessment::{Assessment, ResultCode};
use crate::domain::dossier::{DecisionKind, Dossier};
use crate::domain::procedure::state::Procedure;

/// A rule that applies, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScopeRule {
    pub id: String,
    pub reason: String,
    pub basis: String,
}

/// R1, R3 and R4 as a person saw them: 重大公共利益, 疑难复杂, 法律法规规定的其他情形.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlaggedRule {
    /// `R1`, `R3`, `R4` or `R6`.
    pub rule: String,
    pub reason: String,
    #[serde(default)]
    pub by: String,
}

fn basis(id: &str) -> &'static str {
    match id {
        "R1" => "行政处罚法58①(一)",
        "R2" => "行政处罚法58①(二)",
        "R3" => "行政处罚法58①(三)",
        "R4" => "行政处罚法58①(四)",
        "R5" => "工作方案二(三)2",
        _ => "工作方案二",
    }
}

/// Every rule that makes a legal review obligatory before the decision. `intended` is what the officers propose. 简易程序 is not
/// reviewed: 58条 speaks of decisions by the head.
pub fn scope(dossier: &Dossier, assessment: &Assessment, intended: DecisionKind) -> Vec<ScopeRule> {
    if dossier.procedure == Procedure::Simple {
        return vec![];
    }
    let mut out: Vec<ScopeRule> = vec![];
    let mut add = |id: &str, reason: String| {
        if !out.iter().any(|r| r.id == id && r.reason == reason) {
            out.push(ScopeRule { id: id.into(), reason, basis: basis(id).into() });
        }
    };
    for flag in &dossier.review_flags {
        add(&flag.rule, flag.reason.clone());
    }
    // A request that came too late is on file, but no hearing follows from it.
    if dossier.hearing.as_ref().is_some_and(|h| h.in_time || h.held.is_some()) {
        add("R2", "直接关系当事人重大权益，且经过听证程序".into());
    }
    if intended == DecisionKind::Penalty {
        // The engine's own reading: kinds, sums, mitigation, deviation (`R5 责令停止招生`).
        for rule in &assessment.legal_review.rules {
            if let Some((id, reason)) = rule.split_once(' ') {
                add(id, reason.into());
            }
        }
    }
    if intended == DecisionKind::Transferred || assessment.result == ResultCode::Transfer {
        add("R5", "涉嫌犯罪移送".into());
    }
    if intended == DecisionKind::NoPenalty
        && dossier.case.facts.factors.iter().any(|f| f.code.contains("first_offence"))
    {
        add("R5", "首违不罚".into());
    }
    if !dossier.coercive.is_empty() {
        add("R6", "采取了行政强制措施".into());
    }
    out
}
