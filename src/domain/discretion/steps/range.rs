//! 9. 法定幅度 of the fine; no base, no fine. Also 一事不再罚.

use crate::domain::assessment::ResultCode;
use crate::domain::discretion::range::{self, FineRange, RangeProblem};
use crate::domain::discretion::table::{Base, PenaltySpec};
use crate::domain::discretion::work::{Done, Work};
use crate::domain::money::Fen;
use crate::domain::penalty::Mode;
use crate::domain::trace::Trace;

pub(crate) fn run(work: &mut Work<'_>) -> Done {
    let mut trace = Trace::new("range", "").basis(work.book.outcome_row(work.applied).provision().to_string());
    let mut results = vec![];
    for outcome in work.outcomes.clone() {
        let (code, fine, child) = match outcome.fine() {
            None => (ResultCode::NotFineable, None, Trace::new("fine", "本档没有罚款")),
            Some(_) if work.case.facts.already_fined == Some(true) => {
                let text = "同一违法行为已经罚款，不得再次罚款，可以给予其他种类处罚";
                work.warn("conflict.already_fined", text, "行政处罚法29");
                (ResultCode::NotFineable, None, Trace::new("fine", text).basis("行政处罚法29"))
            }
            Some(spec) => one(work, spec),
        };
        results.push(code);
        work.fines.push(fine);
        trace.children.push(child);
    }
    let overlap = results.len() > 1 && results.contains(&ResultCode::Range);
    work.range_result =
        if overlap { ResultCode::Overlap } else { results.first().copied().unwrap_or(ResultCode::NeedsInput) };
    trace.outcome = work.range_result.zh().into();
    if work.range_result == ResultCode::NeedsInput {
        return Done::stop(ResultCode::NeedsInput, trace);
    }
    Done::go(trace)
}

fn one(work: &mut Work<'_>, spec: &PenaltySpec) -> (ResultCode, Option<FineRange>, Trace) {
    let gains = work.gains.known();
    if spec.mode == Mode::MustIfGains && gains.is_none() {
        work.need("facts.gains.gross_receipts_fen");
        let text = "罚款以有违法所得为前提，违法所得未查明";
        work.warn("gains.unknown", text, "行政处罚法28②");
        return (ResultCode::NeedsInput, None, Trace::new("fine", text));
    }
    if spec.mode == Mode::MustIfGains && gains == Some(Fen::ZERO) {
        let text = "罚款附着于有违法所得；没有违法所得，默认不罚款，是否可罚由法制审核确定";
        work.warn("fine.no_gains", text, &work.applied.provision().to_string());
        return (ResultCode::NotFineable, None, Trace::new("fine", text));
    }
    match range::statutory(spec, work.bases()) {
        Ok(fine) => {
            let mut trace = Trace::new("fine", format!("法定幅度 {}", range::show(&fine.range)));
            if let Some(multiple) = fine.multiple {
                trace = trace
                    .input("base_fen", multiple.base_fen.0)
                    .input("times_min", multiple.min.map_or(serde_json::Value::Null, Into::into))
                    .input("times_max", multiple.max);
                if spec.base == Some(Base::IllegalGains) && gains.is_some_and(|g| g < multiple.base_fen) {
                    let floor = format!(
                        "违法所得不足{}，罚款基数按{}计，没收仍按实际违法所得",
                        multiple.base_fen, multiple.base_fen
                    );
                    work.warn("base.floor", floor, &work.applied.provision().to_string());
                    if gains == Some(Fen::ZERO) {
                        let text = "没有违法所得而按最低基数罚款，由法制审核确认";
                        work.warn("base.floor_without_gains", text, &work.applied.provision().to_string());
                        work.complex.push("没有违法所得而适用最低罚款基数".into());
                    }
                }
            }
            (ResultCode::Range, Some(fine), trace)
        }
        Err(RangeProblem::ZeroBase) => {
            let text = "罚款基数为零，不得罚款，也不得改按定额";
            work.warn("range.no_base", text, &work.applied.provision().to_string());
            (ResultCode::NoBase, None, Trace::new("fine", text))
        }
        Err(RangeProblem::UnknownBase) => {
            let path = match spec.base {
                Some(Base::ActualLoss) => "facts.actual_loss_fen",
                Some(Base::FalseCapital) => "facts.false_capital_fen",
                _ => "facts.gains.gross_receipts_fen",
            };
            work.need(path);
            let text = format!("罚款基数（{}）未查明，算不出罚款", spec.base.unwrap_or(Base::None).zh());
            work.warn("range.base_unknown", &text, "行政处罚法40");
            (ResultCode::NoBase, None, Trace::new("fine", text))
        }
        Err(RangeProblem::NoAmount) => {
            let text = "条文没有罚款数额，不得自行设定";
            work.warn("range.no_amount", text, "行政处罚法16");
            (ResultCode::NotFineable, None, Trace::new("fine", text))
        }
        Err(RangeProblem::Absurd) => {
            work.need("facts.gains");
            let text = "按此基数算出的罚款超出可信范围，请核对基数";
            work.warn("range.absurd", text, "");
            (ResultCode::NeedsInput, None, Trace::new("fine", text))
        }
    }
}
