//! Refusals before a word is written: a penalty decision needs an assessment that allows one, provisions in force, and a
//! final figure inside the statutory range.

use serde::Serialize;

use super::FillInput;
use crate::domain::assessment::{Assessment, MoneyRange, ResultCode};
use crate::domain::case::FinalDecision;
use crate::domain::document::form::Form;
use crate::domain::law::{Provision, Validity};
use crate::domain::money::Fen;
use crate::domain::penalty::{PenaltyKind, Tier};

/// The document may not be made from this case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("不能制作《{form}》：{message}（依据：{basis}）")]
pub struct Refusal {
    pub code: &'static str,
    pub form: String,
    pub message: String,
    pub basis: String,
    /// Paths of what would be needed.
    pub missing: Vec<String>,
}

pub fn check(form: &Form, input: &FillInput<'_>) -> Result<(), Refusal> {
    match form.id.as_str() {
        "penalty_decision" => {}
        "no_penalty_decision" => return check_no_penalty(form, input),
        _ => return Ok(()),
    }
    let refuse = |code, message: String, basis: &str| Refusal {
        code,
        form: form.zh.clone(),
        message,
        basis: basis.into(),
        missing: input.assessment.missing.clone(),
    };
    let decided = input.case.disc.final_.as_ref();
    let assessment = input.assessment;
    let (code, basis) = match assessment.result {
        ResultCode::Range | ResultCode::NotFineable => ("", ""),
        // Two outcomes fit: a person chooses the one that favours the party, and then may decide.
        ResultCode::Overlap if decided.is_some() => ("", ""),
        ResultCode::Overlap => ("document.refused.overlap", "行政处罚法5"),
        // Without a base there is no fine, but the clause may have other kinds, and a person may have chosen among them.
        ResultCode::NoBase if decided.is_some_and(without_fine) => ("", ""),
        ResultCode::NoBase => ("document.refused.no_base", "行政处罚法28②、59①(三)"),
        ResultCode::Blocked => ("document.refused.blocked", "行政处罚法38"),
        ResultCode::OutOfJurisdiction => ("document.refused.out_of_jurisdiction", "行政处罚法17、22"),
        ResultCode::LimitationExpired => ("document.refused.limitation_expired", "行政处罚法36"),
        ResultCode::NoPenalty => ("document.refused.no_penalty", "行政处罚法57①(二)"),
        ResultCode::Transfer => ("document.refused.transfer", "行政处罚法27、57①(四)"),
        ResultCode::NeedsInput => ("document.refused.needs_input", "行政处罚法40、57"),
    };
    if !code.is_empty() {
        return Err(refuse(code, assessment.result.zh().to_string(), basis));
    }
    for clause in &assessment.clauses {
        // A provision repealed since still governs an act of its time (行政处罚法37), so the day that counts decides.
        let stale = matches!(clause.validity, Validity::Repealed | Validity::NotYetInForce);
        if clause.in_force == Some(false) || (clause.in_force.is_none() && stale) {
            let named = Provision {
                law: clause.law.clone(),
                article: clause.article,
                paragraph: clause.paragraph,
                items: clause.items.clone(),
            };
            let message = format!("{named}在适用日不是有效条文（{}）", clause.validity.zh());
            return Err(refuse("document.refused.not_in_force", message, "行政处罚法37、59①(三)"));
        }
    }
    if assessment.penalties.is_empty() {
        return Err(refuse("document.refused.no_penalty_kind", "本条没有可作出的处罚种类".into(), "行政处罚法59①(三)"));
    }
    match decided {
        Some(decided) => check_final(assessment, decided).map_err(|(code, m, basis)| refuse(code, m, basis)),
        None => Ok(()),
    }
}

/// 不予行政处罚决定书: where the law ends the case without a penalty, or a person has chosen that it does.
fn check_no_penalty(form: &Form, input: &FillInput<'_>) -> Result<(), Refusal> {
    let refuse = |code, message: String, basis: &str, missing: Vec<String>| Refusal {
        code,
        form: form.zh.clone(),
        message,
        basis: basis.into(),
        missing,
    };
    let (decided, assessment) = (input.case.disc.final_.as_ref(), input.assessment);
    let chosen = decided.and_then(|f| f.ground.as_deref()).map(str::trim).filter(|g| !g.is_empty());
    if let Some(code) = chosen.filter(|code| !form.grounds.iter().any(|g| g.code == *code)) {
        let known: Vec<String> = form.grounds.iter().map(|g| format!("{} {}", g.code, g.zh)).collect();
        let message = format!("不认识的法定情形“{}”", code.chars().take(40).collect::<String>());
        return Err(refuse("document.refused.unknown_ground", message, "行政处罚法57①(二)(三)", known));
    }
    if assessment.result == ResultCode::Transfer && chosen != Some("not_established") {
        let message = "涉嫌犯罪的案件须移送司法机关，不得以不予处罚结案".to_string();
        return Err(refuse("document.refused.transfer", message, "行政处罚法27、57①(四)", vec![]));
    }
    if let Some(decided) = decided
        && (!decided.kinds.is_empty() || decided.fine_fen.is_some_and(|f| f > Fen::ZERO))
    {
        let message = "人工定值中有处罚，不能同时不予处罚".to_string();
        return Err(refuse(
            "document.refused.penalty_chosen",
            message,
            "行政处罚法57①",
            vec!["disc.final.kinds".into()],
        ));
    }
    let ends = matches!(assessment.result, ResultCode::NoPenalty | ResultCode::LimitationExpired);
    let meant = chosen.is_some() || decided.is_some_and(|f| f.tier == Some(Tier::NoPenalty));
    if ends || meant {
        return Ok(());
    }
    let message = format!("裁量结论为“{}”，也没有人选定不予处罚的法定情形", assessment.result.zh());
    let missing = vec!["disc.final.ground".to_string(), "disc.final.reason".to_string()];
    Err(refuse("document.refused.no_ground", message, "行政处罚法30、31、33、36、57①", missing))
}

fn without_fine(decided: &FinalDecision) -> bool {
    let fined = decided.kinds.contains(&PenaltyKind::Fine) || decided.fine_fen.is_some_and(|f| f != Fen::ZERO);
    !decided.kinds.is_empty() && !fined
}

type Wrong = (&'static str, String, &'static str);

fn check_final(assessment: &Assessment, decided: &FinalDecision) -> Result<(), Wrong> {
    if decided.tier == Some(Tier::NoPenalty) {
        let message = "人工定值为不予处罚，应制作不予行政处罚决定书".to_string();
        return Err(("document.refused.no_penalty", message, "行政处罚法57①(二)"));
    }
    for kind in &decided.kinds {
        let known = assessment.penalties.iter().any(|p| p.kind == *kind);
        // 没收违法所得 rests on 行政处罚法28② even where the clause does not name it.
        if !known && *kind != PenaltyKind::ConfiscateGains {
            let message = format!("“{}”不是本条规定的处罚种类", kind.zh());
            return Err(("document.refused.kind_not_in_clause", message, "行政处罚法38、76①(二)"));
        }
    }
    if let Some(fine) = decided.fine_fen.filter(|f| *f != Fen::ZERO) {
        check_fine(assessment, decided, fine)?;
    }
    if let Some(sum) = decided.confiscate_fen
        && (sum < Fen::ZERO || assessment.gains_fen.is_some_and(|gains| sum > gains))
    {
        let message = format!("没收数额{}超过查明的违法所得", sum.grouped());
        return Err(("document.refused.confiscation_above_gains", message, "行政处罚法28②"));
    }
    check_duration(assessment, decided)
}

fn check_fine(assessment: &Assessment, decided: &FinalDecision, fine: Fen) -> Result<(), Wrong> {
    let options: Vec<_> = assessment.penalties.iter().filter(|p| p.kind == PenaltyKind::Fine).collect();
    if options.is_empty() {
        let message = "本条没有规定罚款".to_string();
        return Err(("document.refused.kind_not_in_clause", message, "行政处罚法38、76①(二)"));
    }
    let ranges: Vec<MoneyRange> = options.iter().filter_map(|p| p.range_fen).collect();
    let mitigated = decided.tier == Some(Tier::Mitigated);
    let inside = |r: &MoneyRange| r.contains(fine) || (mitigated && fine > Fen::ZERO && fine < r.lo);
    if fine < Fen::ZERO || !ranges.iter().any(inside) {
        let message = format!("罚款{}元不在法定幅度内", fine.grouped());
        return Err(("document.refused.out_of_range", message, "行政处罚法5、76①(二)"));
    }
    Ok(())
}

fn check_duration(assessment: &Assessment, decided: &FinalDecision) -> Result<(), Wrong> {
    let wrong = |message: String| Err(("document.refused.duration_out_of_range", message, "行政处罚法5、76①(二)"));
    let limits: Vec<_> =
        assessment.penalties.iter().filter(|p| decided.kinds.contains(&p.kind)).filter_map(|p| p.duration).collect();
    if decided.permanent == Some(true) && !limits.iter().any(|d| d.permanent || d.permanent_allowed) {
        return wrong("本条没有规定终身限制".into());
    }
    let Some(months) = decided.duration_months.filter(|_| decided.permanent != Some(true)) else { return Ok(()) };
    // 减轻 goes below the statutory minimum (行政处罚法30–32).
    let mitigated = decided.tier == Some(Tier::Mitigated);
    let fits = |d: &&crate::domain::assessment::Duration| {
        (mitigated || d.min_years.is_none_or(|y| months >= y.saturating_mul(12)))
            && d.max_years.is_none_or(|y| months <= y.saturating_mul(12))
            && !(d.permanent && !d.permanent_allowed && d.min_years.is_none() && d.max_years.is_none())
    };
    // Where the rules hold no period, `penalty` lists it for a person instead of judging.
    if months == 0 || !(limits.is_empty() || limits.iter().any(|d| fits(&d))) {
        return wrong(format!("期限{}不在法定期限内", super::months_zh(months)));
    }
    Ok(())
}

/// Kinds that last for a time.
pub(super) fn bears_period(kind: PenaltyKind) -> bool {
    use PenaltyKind::{ConfiscateGains, ConfiscateProperty, Fine, PublicCriticism, Warning};
    !matches!(kind, Warning | PublicCriticism | Fine | ConfiscateGains | ConfiscateProperty)
}
