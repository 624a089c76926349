//! 6. 法律适用: the law of the time of the act; the new one when lighter (从旧兼从轻). Never chosen silently.

use crate::domain::assessment::ResultCode;
use crate::domain::discretion::conflict::{self, Consequence};
use crate::domain::discretion::table::{RowStatus, Violation};
use crate::domain::discretion::work::{Done, Work};
use crate::domain::law::Validity;
use crate::domain::penalty::Circumstance;
use crate::domain::trace::Trace;

const BASIS: &str = "行政处罚法37";

pub(crate) fn run(work: &mut Work<'_>) -> Done {
    let trace = Trace::new("applicable_law", "").basis(BASIS);
    let done = if work.row.status == RowStatus::Superseded { from_old(work, trace) } else { from_new(work, trace) };
    match done.next {
        super::super::Next::Go => in_force(work, done),
        super::super::Next::Stop(_) => done,
    }
}

/// The case names the old row and the act ended before the successor applied: compare, show the lighter.
fn from_old(work: &mut Work<'_>, mut trace: Trace) -> Done {
    let (old, book) = (work.row, work.book);
    let successors: Vec<&Violation> = old.superseded_by.iter().filter_map(|id| book.violation(id)).collect();
    work.complex.push("新旧法比较适用".into());
    let [new] = successors.as_slice() else {
        trace.outcome =
            format!("新法对应多个条目（{}），由法制审核比较轻重；现按行为时法计算", old.superseded_by.join("、"));
        work.warn("law.lex_mitior_unsettled", trace.outcome.clone(), BASIS);
        return Done::go(trace);
    };
    compare(work, old, new, trace)
}

/// The case names the new row: was the act before it?
fn from_new(work: &mut Work<'_>, mut trace: Trace) -> Done {
    let row = work.row;
    let (Some(from), Some(end)) = (work.book.law_applies_from(&row.law), work.case.facts.act_end()) else {
        trace.outcome = "未发现行为发生在本条施行之前".into();
        return Done::go(trace);
    };
    trace.inputs.insert("applies_from".into(), from.to_string().into());
    trace.inputs.insert("act_end".into(), end.to_string().into());
    if end >= from {
        if work.case.facts.act_from.is_some_and(|start| start < from) {
            trace.outcome = format!("行为自 {from} 之前持续到之后，适用法由法制审核确定；现按新法计算");
            work.warn("law.act_spans", trace.outcome.clone(), "行政处罚法36②、37");
            work.complex.push("行为跨越新旧法".into());
            for old in work.book.predecessors(&row.id) {
                let shown = match conflict::consequence(work, old) {
                    Some(c) => c.show(),
                    None => "本案事实不能得出处罚".into(),
                };
                trace.children.push(Trace::new("old_law", format!("旧条目 {}：{shown}", old.id)).basis(BASIS));
            }
        } else {
            trace.outcome = "行为终了时本条已施行".into();
        }
        return Done::go(trace);
    }
    let olds = work.book.predecessors(&row.id);
    work.complex.push("新旧法比较适用".into());
    match olds.as_slice() {
        [old] => compare(work, old, row, trace),
        [] => {
            trace.outcome = format!(
                "行为终了于 {end}，早于本条施行日 {from}；行为时的条文未录入，不能适用本条，由法制审核确定行为时法并比较"
            );
            work.warn("law.act_before_effective", trace.outcome.clone(), BASIS);
            Done::stop(ResultCode::Blocked, trace)
        }
        many => {
            let ids: Vec<&str> = many.iter().map(|o| o.id.as_str()).collect();
            trace.outcome =
                format!("行为终了于 {end}，早于本条施行日 {from}；旧法对应多个条目，请先选定：{}", ids.join("、"));
            work.warn("law.choose_old_row", trace.outcome.clone(), BASIS);
            work.need("facts.violation");
            Done::stop(ResultCode::NeedsInput, trace)
        }
    }
}

/// Computes both laws on the facts of the case and applies the lighter; equal → the law of the time.
fn compare<'a>(work: &mut Work<'a>, old: &'a Violation, new: &'a Violation, mut trace: Trace) -> Done {
    let (by_old, by_new) = (conflict::consequence(work, old), conflict::consequence(work, new));
    let show = |c: &Option<Consequence>| c.as_ref().map_or("本案事实不能得出处罚".to_string(), Consequence::show);
    trace
        .children
        .push(Trace::new("old_law", format!("{}：{}", old.id, show(&by_old))).basis(old.provision().to_string()));
    trace
        .children
        .push(Trace::new("new_law", format!("{}：{}", new.id, show(&by_new))).basis(new.provision().to_string()));
    let chosen = match (&by_old, &by_new) {
        (Some(a), Some(b)) if b.lighter_than(a) => new,
        (Some(_), Some(_)) => old,
        (Some(_), None) => {
            let text = format!("新法（{}）下本案事实不能得出处罚，可能较轻，由法制审核比较；现按行为时法计算", new.id);
            work.warn("law.lex_mitior_unsettled", text, BASIS);
            old
        }
        (None, Some(_)) => {
            trace.outcome = format!("行为时法（{}）下本案事实不能得出处罚，不得适用较重的新法", old.id);
            work.warn("law.no_penalty_under_old", trace.outcome.clone(), BASIS);
            return Done::stop(ResultCode::Blocked, trace);
        }
        (None, None) => old,
    };
    trace.outcome = format!("新旧法都已计算，列示较轻的 {}", chosen.id);
    work.warn("law.lex_mitior", trace.outcome.clone(), BASIS);
    if chosen.id != work.row.id {
        work.set_applied(chosen);
        work.out.act = chosen.act.clone();
        let row = work.book.outcome_row(chosen);
        if !row.outcomes.iter().any(|o| o.covers(work.circumstance)) {
            work.circumstance = row.outcomes.first().map_or(Circumstance::Base, |o| o.when);
        }
    }
    Done::go(trace)
}

/// The installed text's own word on its validity that day. Unknown is no objection; “not in force” is.
fn in_force(work: &mut Work<'_>, done: Done) -> Done {
    let bad: Vec<String> = work
        .out
        .clauses
        .iter()
        .filter(|c| matches!(c.validity, Validity::Repealed | Validity::NotYetInForce))
        .map(|c| format!("《{}》第{}条{}", c.law, c.article, c.validity.zh()))
        .collect();
    if bad.is_empty() {
        return done;
    }
    let mut trace = done.trace;
    trace.outcome = format!("{}（按 {} 查）", bad.join("；"), work.law_day());
    work.warn("law.not_in_force", trace.outcome.clone(), "行政处罚法37、59①(三)");
    Done::stop(ResultCode::Blocked, trace)
}
