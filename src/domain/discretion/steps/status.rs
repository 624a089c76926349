//! 1. May the row be used at all? Only verified, active rows; a superseded one only for acts before its successor.

use crate::domain::assessment::ResultCode;
use crate::domain::discretion::table::{EvidenceGrade, RowStatus, Violation};
use crate::domain::discretion::work::{Done, Work};
use crate::domain::trace::Trace;

pub(crate) fn run(work: &mut Work<'_>) -> Done {
    let row = work.row;
    let trace = |text: &str| {
        Trace::new("status", text)
            .basis("行政处罚法4、38①")
            .input("status", row.status.code())
            .input("evidence", row.evidence.code())
    };
    if row.status == RowStatus::NonPenalty {
        let text = match &row.note {
            Some(note) => format!("本条不是行政处罚依据，只能责令、移送或者建议：{note}"),
            None => "本条不是行政处罚依据，只能责令、移送或者建议".into(),
        };
        work.warn("row.non_penalty", &text, "行政处罚法4、9");
        return Done::stop(ResultCode::Blocked, trace(&text));
    }
    if row.status == RowStatus::OutOfJurisdiction {
        let text = format!("本机关对本条无处罚权，应当移送有权机关。{}", row.note.as_deref().unwrap_or(""));
        work.warn("row.out_of_jurisdiction", &text, "行政处罚法17、22、38①");
        return Done::stop(ResultCode::OutOfJurisdiction, trace(&text));
    }
    for used in [row, work.book.outcome_row(row)] {
        if let Some(text) = unverified(used) {
            work.warn("row.unverified", &text, "行政处罚法4、38①");
            return Done::stop(ResultCode::Blocked, trace(&text));
        }
    }
    if row.status == RowStatus::Superseded {
        return superseded(work, trace("原条款已被取代"));
    }
    Done::go(trace("条目已核实、可用"))
}

fn unverified(row: &Violation) -> Option<String> {
    (row.status == RowStatus::Blocked || row.evidence != EvidenceGrade::A).then(|| {
        format!(
            "《{}》条目 {} 未核实（{}），不得用于正式文书；须由两人对照官方文本核实后解除",
            row.law,
            row.id,
            row.evidence.zh()
        )
    })
}

fn superseded(work: &mut Work<'_>, mut trace: Trace) -> Done {
    let row = work.row;
    let successors = row.superseded_by.join("、");
    let facts = &work.case.facts;
    let (Some(from), Some(end)) = (row.superseded_from, facts.act_end()) else {
        if row.superseded_from.is_none() {
            let text = format!("本条已被 {successors} 取代且未载明取代日期，不得适用");
            work.warn("row.superseded", &text, "行政处罚法37");
            trace.outcome = text;
            return Done::stop(ResultCode::Blocked, trace);
        }
        work.need("facts.act_to");
        trace.outcome = "本条已被新法取代，行为终了日不明，不能确定适用新法还是旧法".into();
        work.warn("row.superseded_date_unknown", trace.outcome.clone(), "行政处罚法36②、37");
        return Done::stop(ResultCode::NeedsInput, trace);
    };
    trace.inputs.insert("superseded_from".into(), from.to_string().into());
    trace.inputs.insert("act_end".into(), end.to_string().into());
    if end >= from {
        let text = format!("行为终了于 {end}，{from} 起应当适用 {successors}；旧规定处罚更轻也不能用于新行为");
        work.warn("row.superseded", &text, "行政处罚法37");
        if facts.act_from.is_some_and(|start| start < from) {
            work.warn("law.act_spans", "行为跨越新旧法，适用法由法制审核确定", "行政处罚法36②、37");
            work.complex.push("行为跨越新旧法".into());
        }
        trace.outcome = text;
        return Done::stop(ResultCode::Blocked, trace);
    }
    trace.outcome = format!("旧行为（{end} 终了）可以适用旧条款，并与 {successors} 比较");
    Done::go(trace)
}
