//! 教学案例: every fictitious decision is recomputed; an inconsistent one fails here by name.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use zhicai::corpus::{precedents, rules};
use zhicai::domain::assessment::ResultCode;
use zhicai::domain::deadline::working_days_between;
use zhicai::domain::discretion::table::PowerLevel;
use zhicai::domain::discretion::{NoTexts, assess};
use zhicai::domain::intake;
use zhicai::domain::money::Fen;
use zhicai::domain::penalty::{PenaltyKind, Tier};
use zhicai::domain::precedent::{Precedent, TEACHING_LABEL};
use zhicai::domain::rulebook::RuleBook;

/// Findings of the engine that no consistent teaching case may have.
const FORBIDDEN: &[&str] = &[
    "final.out_of_range",
    "final.kind_not_in_clause",
    "final.must_kind_missing",
    "final.one_of",
    "final.fine_not_allowed",
    "final.fine_missing",
    "final.fine_not_in_kinds",
    "final.mitigated_without_ground",
    "final.mitigated_not_below",
    "final.mitigated_to_zero",
    "final.no_penalty_without_ground",
    "final.no_penalty_with_penalty",
    "final.not_allowed",
    "final.must_not_punish",
    "final.duration_out_of_range",
    "final.confiscate_not_established",
    "deadline.decided_late",
    "gains.invalid",
    "factor.unknown_code",
    "factor.needs_citation",
    "factor.contradicts_birth",
    "clause.items_unknown",
    "factor.contradiction",
    "gains.over_refunded",
];

/// Findings that only a deliberate outlier may have.
const OUTLIER_ONLY: &[&str] = &[
    "final.out_of_band",
    "final.severe_without_basis",
    "final.lenient_without_ground",
    "final.ignores_must_lenient",
    "final.severe_against_must_lenient",
    "factor_conflict",
    "final.confiscate_mismatch",
];

fn problems(book: &RuleBook, p: &Precedent) -> Vec<String> {
    let mut out = vec![];
    let mut case = p.as_case();
    let Some(decided) = case.procedure.decided_at else { return vec!["没有决定日".into()] };
    let row = case.facts.violation.as_deref().and_then(|id| book.violation(id));
    let Some(row) = row else { return vec!["违法行为代码不在表中".into()] };
    // Whether the bureau has the power is a person's to confirm; the fictitious bureaus have it.
    if row.level == PowerLevel::Check || !row.authority.iter().any(|a| matches!(a.code(), "education" | "sports")) {
        case.facts.authority_basis = Some("权责清单（教学虚构）".into());
    }
    if p.label != TEACHING_LABEL {
        out.push("label 不对".into());
    }
    let length = case.facts.narrative.as_deref().unwrap_or("").chars().filter(|c| !c.is_whitespace()).count();
    if !(150..=500).contains(&length) {
        out.push(format!("事实叙述{length}字，应为150至500字"));
    }
    if p.reasoning.as_deref().is_none_or(|r| r.trim().is_empty()) {
        out.push("没有裁量说理".into());
    }
    out.extend(
        intake::validate(&case, decided)
            .into_iter()
            .filter(|i| i.fatal || i.code == "input.evidence_unknown")
            .map(|i| format!("{}：{}", i.path, i.message)),
    );
    if case.case.filed_at.is_some_and(|f| decided > f.checked_add(90.days()).unwrap()) {
        out.push("立案至决定超过90日".into());
    }
    if let Some(notice) = case.procedure.notice_served_at {
        match working_days_between(notice, decided, &book.calendar) {
            Ok(days) if days < 5 => out.push(format!("告知送达至决定只有{days}个工作日")),
            Ok(_) => {}
            Err(e) => out.push(e.to_string()),
        }
    }
    let Some(decision) = case.disc.final_.clone() else { return vec!["没有 disc.final".into()] };
    let a = assess(book, &NoTexts, &case, decided);
    if let Some(gains) = &case.facts.gains {
        let deductions: i64 = gains.other_deductions_fen.iter().map(|f| f.0).sum();
        let want = gains.gross_receipts_fen.map(|g| Fen(g.0 - gains.refunded_before_filing_fen.0 - deductions));
        if a.gains_fen != want {
            out.push(format!("违法所得：引擎 {:?}，重算 {want:?}", a.gains_fen));
        }
    }
    let fined = decision.fine_fen.is_some_and(|f| f.0 > 0);
    let expected = match (decision.tier, fined) {
        (Some(Tier::NoPenalty), _) => vec![ResultCode::NoPenalty],
        (_, true) => vec![ResultCode::Range, ResultCode::Overlap],
        (_, false) => vec![ResultCode::Range, ResultCode::NotFineable, ResultCode::NoBase],
    };
    if !expected.contains(&a.result) {
        let codes: Vec<&str> = a.warnings.iter().map(|w| w.code.as_str()).collect();
        out.push(format!("结论 {}，与决定不符（{}）", a.result.code(), codes.join(" ")));
        return out;
    }
    if fined && decision.tier != Some(Tier::Mitigated) {
        let sum = decision.fine_fen.unwrap_or_default();
        if !a.penalties.iter().filter_map(|o| o.range_fen).any(|r| r.contains(sum)) {
            out.push(format!("罚款{sum}不在法定幅度内"));
        }
    }
    if decision.kinds.contains(&PenaltyKind::Fine) != fined {
        out.push("罚款数额与种类不一致".into());
    }
    for warning in &a.warnings {
        let outlier_only = OUTLIER_ONLY.contains(&warning.code.as_str());
        if FORBIDDEN.contains(&warning.code.as_str()) || (outlier_only && p.outlier.is_none()) {
            out.push(format!("{}：{}", warning.code, warning.text));
        }
    }
    if p.outlier.is_none() && a.tier.is_some() && decision.tier.is_some() && a.tier != decision.tier {
        out.push(format!("阶次：引擎 {:?}，决定 {:?}", a.tier, decision.tier));
    }
    out
}

#[test]
fn every_teaching_case_is_consistent() {
    let book = rules::load(None).unwrap();
    let all = precedents::teaching().unwrap();
    let mut wrong = vec![];
    for p in &all {
        wrong.extend(problems(&book, p).into_iter().map(|m| format!("{}：{m}", p.id)));
    }
    assert!(wrong.is_empty(), "{} 处：\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_teaching_corpus_is_wide_enough() {
    let all = precedents::teaching().unwrap();
    assert!(all.len() >= 150, "只有{}件", all.len());
    let rows: BTreeSet<&str> = all.iter().filter_map(|p| p.facts.violation.as_deref()).collect();
    assert!(rows.len() >= 25, "只有{}种违法行为", rows.len());
    let ids: BTreeSet<&str> = all.iter().map(|p| p.id.as_str()).collect();
    assert_eq!(ids.len(), all.len());
    let mut tiers: BTreeMap<&str, usize> = BTreeMap::new();
    for p in &all {
        if let Some(tier) = p.disc.final_.as_ref().and_then(|f| f.tier) {
            *tiers.entry(tier.code()).or_default() += 1;
        }
    }
    assert_eq!(tiers.len(), Tier::ALL.len(), "{tiers:?}");
    let regions: BTreeSet<&str> = all.iter().filter_map(|p| p.case.region.as_deref()).collect();
    assert!(regions.len() >= 4, "{regions:?}");
    let outliers = all.iter().filter(|p| p.outlier.is_some()).count();
    assert!((3..=all.len() / 10).contains(&outliers), "{outliers} outliers");
    let narratives: BTreeSet<&str> = all.iter().filter_map(|p| p.facts.narrative.as_deref()).collect();
    assert_eq!(narratives.len(), all.len(), "事实叙述有重复");
}
