//! 裁量: facts + rules → a range with its reasons. Never a final figure; what is unknown stays unknown and is named.
//!
//! Reading order: [`table`] (what a row is), [`steps`] (the rules, in the order they run), [`factors`], [`range`], [`conflict`],
//! [`final_check`] (a person's figure against the range), [`tiers`] (a benchmark against its law), `finish` (hearing, review, deadlines).

pub mod amount;
pub mod condition;
pub mod conflict;
pub mod factors;
pub mod final_check;
mod finish;
pub mod gains;
pub mod range;
pub mod steps;
pub mod table;
pub mod texts;
pub mod tiers;
mod work;

pub use texts::{NoTexts, ProvisionState, ProvisionTexts};
pub(crate) use work::{Next, Work};

use jiff::civil::Date;

use super::assessment::{Assessment, HearingTrigger, Notice, ResultCode, ReviewTrigger, Similar};
use super::case::Case;
use super::rulebook::RuleBook;
use super::trace::Trace;

/// Computes what the law allows in this case.
///
/// `today` stands for the day of decision until `procedure.decided_at` is known. The result never holds a final figure: that
/// is `disc.final`, which is only checked. Two calls with equal input give equal output.
pub fn assess(book: &RuleBook, texts: &dyn ProvisionTexts, case: &Case, today: Date) -> Assessment {
    let mut out = blank();
    let Some(id) = case.facts.violation.as_deref().map(str::trim).filter(|v| !v.is_empty()) else {
        out.missing.push("facts.violation".into());
        out.warnings.push(notice("case.no_violation", "没有选定违法行为，不能裁量；请先检索并由人确认", ""));
        out.trace = Trace::new("assess", "没有选定违法行为");
        return out;
    };
    out.violation = id.into();
    let Some(row) = book.violation(id) else {
        let near = book.near_ids(id);
        out.missing.push("facts.violation".into());
        out.warnings.push(notice("case.unknown_violation", unknown_violation(id, &near), ""));
        out.trace = Trace::new("assess", format!("违法行为代码“{id}”不在裁量数据表中"));
        return out;
    };
    let mut work = Work::new(book, texts, case, today, row, out);
    let mut root = Trace::new("assess", "").input("violation", id).input("rules", book.version.clone());
    let mut result = None;
    for (name, step) in steps::STEPS {
        let done = step(&mut work);
        debug_assert_eq!(done.trace.step, *name);
        root.children.push(done.trace);
        match done.next {
            Next::Go => {}
            Next::Stop(code) => {
                result = Some(code);
                break;
            }
        }
    }
    // The range step records its own outcome and lets the later steps speak; it stands unless a step stopped.
    work.out.result = result.unwrap_or(work.range_result);
    finish::finish(&mut work, &mut root);
    root.outcome = work.out.result.zh().into();
    work.out.trace = root;
    work.out
}

/// The message about an id that is not in the tables.
pub fn unknown_violation(id: &str, near: &[String]) -> String {
    let shown: String = id.chars().filter(|c| !c.is_control()).take(40).collect();
    if near.is_empty() {
        format!("违法行为代码“{shown}”不在裁量数据表中")
    } else {
        format!("违法行为代码“{shown}”不在裁量数据表中；相近的有：{}", near.join("、"))
    }
}

pub(crate) fn notice(code: &str, text: impl Into<String>, basis: &str) -> Notice {
    Notice { code: code.into(), text: text.into(), basis: basis.into() }
}

fn blank() -> Assessment {
    Assessment {
        violation: String::new(),
        act: String::new(),
        result: ResultCode::NeedsInput,
        clauses: vec![],
        penalties: vec![],
        orders: vec![],
        tier: None,
        suggested_fen: None,
        gains_fen: None,
        confiscate_fen: None,
        factors: vec![],
        hearing: HearingTrigger::default(),
        legal_review: ReviewTrigger::default(),
        deadlines: vec![],
        similar: Similar::default(),
        warnings: vec![],
        missing: vec![],
        trace: Trace::default(),
    }
}
