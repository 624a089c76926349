//! 8. Which outcome of the clause: by circumstance (a person's choice, with evidence) and by the condition on 违法所得.

use crate::domain::assessment::ResultCode;
use crate::domain::discretion::gains::Gains;
use crate::domain::discretion::table::{GainsCondition, Outcome, Violation};
use crate::domain::discretion::work::{Done, Work};
use crate::domain::money::Fen;
use crate::domain::penalty::Circumstance;
use crate::domain::trace::Trace;

pub(crate) fn run(work: &mut Work<'_>) -> Done {
    let book = work.book;
    let row = book.outcome_row(work.applied);
    let mut trace =
        Trace::new("outcome", "").basis(row.provision().to_string()).input("circumstance", work.circumstance.code());
    if work.gains == Gains::Invalid {
        work.need("facts.gains");
        trace.outcome = "违法所得各项自相矛盾（扣除大于收入，或者数额为负、过大），请核对".into();
        work.warn("gains.invalid", trace.outcome.clone(), "行政处罚法28②");
        return Done::stop(ResultCode::NeedsInput, trace);
    }
    let fitting: Vec<&Outcome> = row.outcomes.iter().filter(|o| o.covers(work.circumstance)).collect();
    if fitting.is_empty() {
        let known: Vec<&str> = row.outcomes.iter().map(|o| o.when.zh()).collect();
        work.need("facts.circumstance");
        trace.outcome = if known.is_empty() {
            "本条没有录入处罚内容".into()
        } else {
            format!("本条没有“{}”一档，只规定了：{}", work.circumstance.zh(), known.join("、"))
        };
        work.warn("outcome.no_such_circumstance", trace.outcome.clone(), &row.provision().to_string());
        return Done::stop(ResultCode::NeedsInput, trace);
    }
    if fitting.iter().any(|o| o.gains.is_some()) && work.gains.known().is_none() {
        work.need("facts.gains.gross_receipts_fen");
        trace.outcome = "本条按违法所得分档，违法所得未查明，不能选档".into();
        work.warn("gains.unknown", trace.outcome.clone(), "行政处罚法28②");
        return Done::stop(ResultCode::NeedsInput, trace);
    }
    work.outcomes = matching(row, work.circumstance, work.gains.known());
    if let Some(gains) = work.gains.known() {
        trace.inputs.insert("gains_fen".into(), gains.0.into());
    }
    match work.outcomes.len() {
        0 => {
            trace.outcome = "违法所得不落在本条任何一档".into();
            work.warn("outcome.no_gains_band", trace.outcome.clone(), &row.provision().to_string());
            work.need("facts.gains.gross_receipts_fen");
            return Done::stop(ResultCode::NeedsInput, trace);
        }
        1 => trace.outcome = format!("适用“{}”一档", work.circumstance.zh()),
        n => {
            trace.outcome = format!("{n}档同时满足，由人择对当事人有利者");
            work.warn("needs_human", trace.outcome.clone(), &row.provision().to_string());
            work.complex.push("两档同时满足".into());
        }
    }
    if work.case.facts.circumstance.is_none() {
        work.warn("outcome.circumstance_assumed", "没有填写情节，按基本情节计算", "");
    }
    if matches!(work.circumstance, Circumstance::Serious | Circumstance::VerySerious) {
        work.warn("outcome.aggravated_needs_evidence", "情节加重一档须由人认定并有证据", "行政处罚法40");
    }
    Done::go(trace)
}

/// Outcomes of a row that fit the circumstance and the gains; those with a condition need known gains.
pub(crate) fn matching(row: &Violation, circumstance: Circumstance, gains: Option<Fen>) -> Vec<&Outcome> {
    row.outcomes
        .iter()
        .filter(|o| o.covers(circumstance))
        .filter(|o| match (&o.gains, gains) {
            (None, _) => true,
            (Some(condition), Some(gains)) => holds(condition, gains),
            (Some(_), None) => false,
        })
        .collect()
}

fn holds(condition: &GainsCondition, gains: Fen) -> bool {
    let fen = |yuan: i64| yuan.saturating_mul(100);
    condition.lt.is_none_or(|v| gains.0 < fen(v))
        && condition.le.is_none_or(|v| gains.0 <= fen(v))
        && condition.gt.is_none_or(|v| gains.0 > fen(v))
        && condition.ge.is_none_or(|v| gains.0 >= fen(v))
}
