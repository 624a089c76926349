//! After the steps: the person's figure, hearing, legal review, deadlines, and what the clauses still lack.

use jiff::civil::Date;

use crate::domain::assessment::{ClauseRole, DueDate, HearingTrigger, ResultCode, ReviewTrigger};
use crate::domain::deadline;
use crate::domain::money::Fen;
use crate::domain::penalty::{PartyKind, PenaltyKind, Tier};
use crate::domain::rulebook::HearingRule;
use crate::domain::trace::Trace;

use super::final_check;
use super::work::Work;

pub(crate) fn finish(work: &mut Work<'_>, root: &mut Trace) {
    items_and_duty(work);
    final_check::run(work);
    hearing(work, root);
    simple_procedure(work);
    review(work, root);
    deadlines(work, root);
}

fn items_and_duty(work: &mut Work<'_>) {
    if matches!(work.out.result, ResultCode::Blocked | ResultCode::OutOfJurisdiction) {
        return;
    }
    let row = work.applied;
    if !row.items.is_empty() && work.case.facts.items.is_empty() {
        work.need("facts.items");
        work.warn("clause.items_missing", "责任条分项，须写明本案符合第几项", &row.provision().law.clone());
    }
    let strange: Vec<String> =
        work.case.facts.items.iter().filter(|i| !row.items.contains(i)).map(u32::to_string).collect();
    if !strange.is_empty() {
        work.warn("clause.items_unknown", format!("第{}项不在责任条之内", strange.join("、")), "行政处罚法59①(三)");
    }
    if !work.out.clauses.iter().any(|c| c.role == ClauseRole::Duty) {
        work.warn("clause.duty_missing", "违反的条款（义务条）未录入，须由人查明并写明", "行政处罚法59①(三)");
    }
    if work.out.clauses.iter().any(|c| c.in_force.is_none()) {
        work.warn("clause.validity_unknown", "部分条文未安装或者效力不明，引用前须人工核对", "行政处罚法59①(三)");
    }
    if let Some(note) = &row.note {
        work.warn("row.note", note.clone(), &row.provision().to_string());
    }
}

fn is_citizen(work: &Work<'_>) -> Option<bool> {
    // 个体工商户 is punished like an organisation only where local rules say so; thresholds for citizens are the stricter ones.
    work.case.party.kind.map(|k| matches!(k, PartyKind::Citizen | PartyKind::SoleTrader))
}

/// 行政处罚法63: which of the possible penalties give the right to a hearing. Thresholds that are not configured give it always.
fn hearing(work: &mut Work<'_>, root: &mut Trace) {
    let book = work.book;
    let threshold = match is_citizen(work) {
        Some(true) => book.hearing.citizen_yuan,
        Some(false) => book.hearing.org_yuan,
        None => match (book.hearing.citizen_yuan, book.hearing.org_yuan) {
            (Some(a), Some(b)) => Some(a.min(b)),
            _ => None,
        },
    };
    let reaches = |sum: Option<Fen>| match (threshold, sum) {
        (None, _) | (_, None) => true,
        (Some(yuan), Some(sum)) => sum.0 >= yuan.saturating_mul(100),
    };
    let decision = work.case.disc.final_.as_ref();
    let confiscated = work.out.confiscate_fen;
    for option in &mut work.out.penalties {
        option.hearing = match book.kinds.get(&option.kind).map(|k| k.hearing) {
            Some(HearingRule::Always) => true,
            Some(HearingRule::Never) => false,
            Some(HearingRule::ByThreshold) | None => match option.kind {
                PenaltyKind::Fine => reaches(decision.and_then(|d| d.fine_fen).or(option.range_fen.map(|r| r.hi))),
                PenaltyKind::ConfiscateGains => reaches(confiscated),
                _ => true,
            },
        };
    }
    // Once a person has chosen the kinds, only those count; before, every possible one.
    let chosen = decision.map(|d| d.kinds.clone()).filter(|k| !k.is_empty());
    let mut names: Vec<String> = vec![];
    for option in work.out.penalties.iter().filter(|o| o.hearing) {
        let zh = book.kind_zh(option.kind).to_string();
        if chosen.as_ref().is_none_or(|kinds| kinds.contains(&option.kind)) && !names.contains(&zh) {
            names.push(zh);
        }
    }
    let by_28 = !work.out.penalties.iter().any(|o| o.kind == PenaltyKind::ConfiscateGains)
        && confiscated.is_some_and(|c| c.0 > 0 && reaches(Some(c)))
        && chosen.as_ref().is_none_or(|kinds| kinds.contains(&PenaltyKind::ConfiscateGains));
    if by_28 && work.out.result != ResultCode::NoPenalty {
        names.push(book.kind_zh(PenaltyKind::ConfiscateGains).into());
    }
    let required = !names.is_empty();
    let unset = threshold.is_none();
    let basis =
        if required { format!("{}：{}", book.hearing.basis, names.join("、")) } else { book.hearing.basis.clone() };
    let outcome = match (required, unset) {
        (true, true) => "给予听证权（较大数额标准未配置，任何罚款、没收都给听证权）",
        (true, false) => "给予听证权",
        (false, _) => "不属于应当告知听证权的情形",
    };
    root.children.push(Trace::new("hearing", outcome).basis(basis.clone()));
    work.out.hearing = HearingTrigger { required, basis };
}

/// 行政处罚法51: says when 当场处罚 is not open although the kinds would fit.
fn simple_procedure(work: &mut Work<'_>) {
    let rule = &work.book.simple;
    let kinds_fit = !work.out.penalties.is_empty() && work.out.penalties.iter().all(|p| rule.kinds.contains(&p.kind));
    let Some(range) = work.out.penalties.iter().filter_map(|p| p.range_fen).max_by_key(|r| r.hi) else { return };
    let limit = if is_citizen(work) == Some(true) { rule.citizen_yuan_le } else { rule.org_yuan_le };
    let limit_fen = limit.saturating_mul(100);
    // Only where a small fine is possible would anyone think of it.
    if kinds_fit && is_citizen(work).is_some() && range.lo.0 <= limit_fen && range.hi.0 > limit_fen {
        let (text, basis) = (format!("罚款超过{limit}元的，不得适用简易程序当场处罚"), rule.basis.clone());
        work.warn("procedure.simple_limit", text, &basis);
    }
}

/// 法制审核 R2, R3, R5 of legal-review.md §1. R1, R4 and R6 are a person's to see.
fn review(work: &mut Work<'_>, root: &mut Trace) {
    let scope = &work.book.review;
    let procedure = &work.case.procedure;
    let decision = work.case.disc.final_.clone().unwrap_or_default();
    let mut rules: Vec<String> = vec![];
    let heard = procedure.hearing_at.is_some() || procedure.hearing_requested == Some(true);
    if heard {
        rules.push("R2 直接关系当事人重大权益，经过听证程序".into());
    }
    work.complex.dedup();
    if !work.complex.is_empty() {
        rules.push(format!("R3 案情疑难复杂：{}", work.complex.join("、")));
    }
    let counts = |kind: PenaltyKind| decision.kinds.is_empty() || decision.kinds.contains(&kind);
    for option in &work.out.penalties {
        let listed = format!("R5 {}", work.book.kind_zh(option.kind));
        if scope.kinds.contains(&option.kind) && counts(option.kind) && !rules.contains(&listed) {
            rules.push(listed);
        }
    }
    let fine_limit = match is_citizen(work) {
        Some(true) => scope.fine_citizen_yuan_ge,
        Some(false) => scope.fine_org_yuan_ge,
        None => scope.fine_citizen_yuan_ge.zip(scope.fine_org_yuan_ge).map(|(a, b)| a.min(b)),
    };
    let fine = work.out.penalties.iter().filter_map(|p| p.range_fen).map(|r| r.hi).max();
    if let Some(sum) = decision.fine_fen.or(fine).filter(|s| s.0 > 0 && counts(PenaltyKind::Fine) && fine.is_some()) {
        match fine_limit {
            None => rules.push("R5 罚款（审核数额标准未配置，一律审核）".into()),
            Some(limit) if sum.0 >= limit.saturating_mul(100) => rules.push(format!("R5 罚款达到{limit}元")),
            Some(_) => {}
        }
    }
    if let Some(sum) = work.out.confiscate_fen.filter(|s| s.0 > 0 && counts(PenaltyKind::ConfiscateGains)) {
        match scope.gains_yuan_ge {
            None => rules.push("R5 没收违法所得（审核数额标准未配置，一律审核）".into()),
            Some(limit) if sum.0 >= limit.saturating_mul(100) => rules.push(format!("R5 没收违法所得达到{limit}元")),
            Some(_) => {}
        }
    }
    let deviates = work.benchmark_used.is_some() && work.has_warning("final.out_of_band");
    for (code, zh, hit) in [
        ("hearing_held", "经过听证", heard),
        ("mitigated", "减轻处罚", work.out.tier == Some(Tier::Mitigated) || decision.tier == Some(Tier::Mitigated)),
        (
            "first_offence_no_penalty",
            "首违不罚",
            work.factors.may_no_penalty.is_some() && work.out.result == ResultCode::NoPenalty,
        ),
        ("transfer_crime", "涉嫌犯罪移送", work.out.result == ResultCode::Transfer),
        ("suspected_minor_involved", "当事人为未成年人", work.factors.minor),
        ("benchmark_deviation", crate::domain::legal_review::DEVIATION, deviates),
    ] {
        if hit && scope.always_when.iter().any(|w| w == code) {
            rules.push(format!("R5 {zh}"));
        }
    }
    let outcome = if rules.is_empty() { "未命中法制审核范围".into() } else { rules.join("；") };
    root.children.push(Trace::new("legal_review", outcome).basis("行政处罚法58①"));
    work.out.legal_review = ReviewTrigger { required: !rules.is_empty(), rules };
}

/// Deadlines whose trigger the case knows.
fn deadlines(work: &mut Work<'_>, root: &mut Trace) {
    let (facts, procedure) = (&work.case.facts, &work.case.procedure);
    let long = facts.life_health_or_finance == Some(true) && facts.harmful_result == Some(true);
    let limitation = if long { "LIMITATION_LIFE_HEALTH" } else { "LIMITATION_NORMAL" };
    let hearing_notice = procedure.notice_served_at.filter(|_| work.out.hearing.required);
    let known: Vec<(&str, Option<Date>)> = vec![
        (limitation, facts.act_end()),
        ("FILE_TO_DECIDE", work.case.case.filed_at),
        ("STATEMENT", procedure.notice_served_at),
        ("HEARING_REQUEST", hearing_notice),
        ("HEARING_NOTIFY_BEFORE", procedure.hearing_at),
        ("SERVE_DECISION", procedure.decided_at),
        ("PUBLISH_PENALTY_LICENCE", procedure.decided_at),
        ("PAY_FINE", procedure.decision_served_at.filter(|_| work.out.penalties.iter().any(|p| p.range_fen.is_some()))),
        ("RECONSIDERATION", procedure.decision_served_at),
        ("LITIGATION_DIRECT", procedure.decision_served_at),
    ];
    let mut trace = Trace::new("deadlines", "");
    let mut problems = vec![];
    for (id, trigger) in known {
        let (Some(from), Some(rule)) = (trigger, work.book.deadline(id)) else { continue };
        match deadline::due(rule, from, &work.book.calendar) {
            Ok(due) => {
                trace.children.push(
                    Trace::new(id, format!("{}：{due}", rule.zh))
                        .basis(rule.basis.clone())
                        .input("from", from.to_string()),
                );
                work.out.deadlines.push(DueDate { id: id.into(), zh: rule.zh.clone(), due, basis: rule.basis.clone() });
            }
            Err(problem) => problems.push((problem.code(), format!("{}：{problem}", rule.zh), rule.basis.clone())),
        }
    }
    if let Some(due) = work.out.deadlines.iter().find(|d| d.id == "FILE_TO_DECIDE")
        && procedure.decided_at.is_some_and(|d| d > due.due)
    {
        problems.push(("deadline.decided_late", format!("作出决定的日期晚于办案期限 {}", due.due), due.basis.clone()));
    }
    trace.outcome = format!("算出{}项期限", work.out.deadlines.len());
    for (code, text, basis) in problems {
        work.warn(code, text, &basis);
    }
    root.children.push(trace);
}
