//! 7. “逾期不改正” needs all three: a served order, its term run out, and a recheck that found no correction.

use crate::domain::assessment::ResultCode;
use crate::domain::case::Facts;
use crate::domain::discretion::table::Violation;
use crate::domain::discretion::work::{Done, Work};
use crate::domain::penalty::Circumstance;
use crate::domain::trace::Trace;

pub(crate) fn run(work: &mut Work<'_>) -> Done {
    let row = work.book.outcome_row(work.applied);
    let mut trace = Trace::new("precondition", "");
    if work.circumstance != Circumstance::Unrectified || !has_unrectified(row) {
        trace.outcome = "本档不以逾期不改正为前提".into();
        return Done::go(trace);
    }
    trace.basis.push(row.provision().to_string());
    match rectify_gap(&work.case.facts) {
        None => {
            trace.outcome = "责令文书、期限届满、复查未改正三者齐备".into();
            let rectify = work.case.facts.rectify.as_ref();
            if rectify.is_some_and(|r| r.rechecked_at == r.deadline) {
                work.warn("precondition.recheck_on_last_day", "复查日即期限末日，期限是否已届满须核对", "");
            }
            Done::go(trace)
        }
        Some(gap) => {
            for path in &gap.missing {
                work.need(path);
            }
            trace.outcome = gap.text;
            work.warn(gap.code, trace.outcome.clone(), &row.provision().to_string());
            Done::stop(ResultCode::NeedsInput, trace)
        }
    }
}

fn has_unrectified(row: &Violation) -> bool {
    row.outcomes.iter().any(|o| o.covers(Circumstance::Unrectified))
}

/// What is lacking for “逾期不改正”.
pub(crate) struct Gap {
    pub code: &'static str,
    pub text: String,
    pub missing: Vec<&'static str>,
}

/// `None` when order, term and recheck are all there and fit together.
pub(crate) fn rectify_gap(facts: &Facts) -> Option<Gap> {
    let rectify = facts.rectify.clone().unwrap_or_default();
    let mut missing = vec![];
    for (absent, path) in [
        (rectify.ordered_at.is_none(), "facts.rectify.ordered_at"),
        (rectify.deadline.is_none(), "facts.rectify.deadline"),
        (rectify.rechecked_at.is_none(), "facts.rectify.rechecked_at"),
        (rectify.corrected.is_none(), "facts.rectify.corrected"),
    ] {
        if absent {
            missing.push(path);
        }
    }
    let gap = |code, text: &str, missing| Some(Gap { code, text: text.into(), missing });
    if rectify.corrected == Some(true) {
        return gap("precondition.corrected", "复查记载已经改正，不得按逾期不改正处罚", vec![]);
    }
    if !missing.is_empty() {
        let text = "按逾期不改正处罚须有已送达的责令文书、期限届满、复查未改正三项，缺一不可";
        return gap("precondition.rectify_incomplete", text, missing);
    }
    if rectify.deadline < rectify.ordered_at {
        return gap("precondition.dates", "责令改正的期限早于责令之日，请核对日期", vec!["facts.rectify.deadline"]);
    }
    if rectify.rechecked_at < rectify.deadline {
        let text = "复查早于期限届满，不能证明逾期不改正";
        return gap("precondition.recheck_too_early", text, vec!["facts.rectify.rechecked_at"]);
    }
    None
}
