//! 10. 并处 = must, 可以并处 = may, 处A或者B = one_of; confiscation only of real gains (行政处罚法28②).

use crate::domain::assessment::PenaltyOption;
use crate::domain::discretion::work::{Done, Work};
use crate::domain::money::Fen;
use crate::domain::penalty::{Mode, PenaltyKind};
use crate::domain::trace::Trace;

pub(crate) fn run(work: &mut Work<'_>) -> Done {
    let mut trace = Trace::new("combine", "").basis(work.book.outcome_row(work.applied).provision().to_string());
    let overlap = work.outcomes.len() > 1;
    let mut options: Vec<PenaltyOption> = vec![];
    for (i, outcome) in work.outcomes.clone().into_iter().enumerate() {
        let fine = work.fines.get(i).copied().flatten();
        for spec in &outcome.penalties {
            if spec.kind == PenaltyKind::Fine && fine.is_none() {
                continue;
            }
            if spec.mode == Mode::MustIfGains {
                match work.gains.known() {
                    Some(gains) if gains <= Fen::ZERO => continue,
                    Some(_) => {}
                    None => work.need("facts.gains.gross_receipts_fen"),
                }
            }
            let is_fine = spec.kind == PenaltyKind::Fine;
            let group = match (&spec.group, overlap && is_fine) {
                // The two fines of overlapping outcomes exclude each other.
                (None, true) => Some("overlap".into()),
                (group, _) => group.clone(),
            };
            let option = PenaltyOption {
                kind: spec.kind,
                mode: spec.mode,
                group,
                range_fen: fine.filter(|_| is_fine).map(|f| f.range),
                multiple: fine.filter(|_| is_fine).and_then(|f| f.multiple),
                duration: spec.duration(),
                hearing: false,
            };
            if !options.contains(&option) {
                options.push(option);
            }
            if let Some(years) = spec.reapply_ban_years {
                let text = format!("{}后{years}年内不得重新申请", work.book.kind_zh(spec.kind));
                work.warn("penalty.reapply_ban", text, &work.applied.provision().to_string());
            }
            if spec.target.is_some() {
                let text = format!("“{}”针对负有责任的人员，应当另列当事人", work.book.kind_zh(spec.kind));
                work.warn("penalty.other_target", text, &work.applied.provision().to_string());
            }
        }
    }
    confiscation(work);
    if let Some(years) = work.applied.reject_years {
        let text = format!(
            "{}年至{}年内不受理其举办申请，仅针对非法举办的单位和个人",
            years.min.unwrap_or(0),
            years.max.unwrap_or(0)
        );
        work.warn("order.reject_years", text, &work.applied.provision().to_string());
    }
    if !work.applied.refer_also.is_empty() {
        let text = format!("并须引用 {}；罚款依特别法", work.applied.refer_also.join("、"));
        work.warn("clause.refer_also", text, &work.applied.provision().to_string());
    }
    let names: Vec<String> =
        options.iter().map(|o| format!("{}（{}）", work.book.kind_zh(o.kind), o.mode.zh())).collect();
    trace.outcome = if names.is_empty() { "没有可以给予的处罚".into() } else { names.join("、") };
    work.out.penalties = options;
    Done::go(trace)
}

/// 没收 = gains less what was refunded; what must still be refunded to payers is a person's to establish.
fn confiscation(work: &mut Work<'_>) {
    let Some(gains) = work.gains.known().filter(|g| *g > Fen::ZERO) else { return };
    let Some(left) = work.gains.after_refund() else { return };
    work.out.confiscate_fen = Some(left);
    let named = work.outcomes.iter().flat_map(|o| &o.penalties).any(|p| p.kind == PenaltyKind::ConfiscateGains);
    if !named {
        let text = format!("责任条没有写明没收，违法所得{gains}依行政处罚法第二十八条第二款处理");
        work.warn("confiscate.by_28_2", text, "行政处罚法28②");
    }
    let refund = work.out.orders.iter().any(|o| o == "refund" || o == "return_students")
        || work.outcomes.iter().flat_map(|o| &o.penalties).any(|p| p.refund_first);
    if refund {
        work.warn(
            "confiscate.refund_first",
            "应当先退还、退赔，没收的只是退还、退赔后的余额，应退数额由人查明",
            "行政处罚法28②",
        );
    }
    let facts = work.case.facts.gains.clone().unwrap_or_default();
    if facts.refunded_after_filing_fen > gains {
        work.warn("gains.over_refunded", "立案后退还的数额大于违法所得，请核对", "行政处罚法28②");
    }
    if facts.rule_citation.as_deref().is_none_or(|c| c.trim().is_empty()) {
        work.need("facts.gains.rule_citation");
        work.warn("gains.no_rule", "违法所得的计算规则有不同口径，须写明所依据的规则", "行政处罚法28②");
    }
}
