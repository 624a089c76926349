//! 日期: what a step reports must have happened by its legal day. A period that is still to run is no fact.

use jiff::civil::Date;

use super::step::Step;

/// The days of things a step says were done, with their names. Terms, sittings to come and the like are not among them.
pub fn reported(step: &Step) -> Vec<(&'static str, Date)> {
    match step {
        Step::Preserve { on, .. } => vec![("登记保存日", *on)],
        Step::DisposePreservation { on, .. } => vec![("处理日", *on)],
        Step::Coerce { on, .. } => vec![("采取强制措施日", *on)],
        Step::LiftCoercion { on, .. } => vec![("解除日", *on)],
        Step::OrderRectification { on, .. } => vec![("责令改正日", *on)],
        Step::RecheckRectification { on, .. } => vec![("复查日", *on)],
        Step::RequestRecusal { on, .. } => vec![("申请回避日", *on)],
        Step::Suspend { suspension } | Step::SuspendReview { suspension } => vec![("扣除的起日", suspension.from)],
        Step::RecordStatement { statement } => vec![("陈述申辩日", statement.on)],
        Step::Waive { waiver } => vec![("放弃日", waiver.on)],
        Step::RequestHearing { on, .. } => vec![("要求听证日", *on)],
        Step::SummonHearing { summons } => vec![("通知日", summons.served_on)],
        Step::HoldHearing { held } => vec![("听证日", held.on)],
        Step::RecheckDefence { on, .. } => vec![("复核日", *on)],
        Step::Pay { payment } => vec![("缴款日", payment.on)],
        Step::Perform { performed } => vec![("履行日", performed.on)],
        Step::Defer { deferral } => vec![("申请日", deferral.requested_on)],
        Step::Demand { on, .. } => vec![("催告日", *on)],
        Step::ApplyToCourt { on, .. } => vec![("申请日", *on)],
        Step::CourtEnded { on, .. } => vec![("终结日", *on)],
        Step::RecordRemedy { remedy } => {
            let ended = remedy.ended_on.map(|d| ("结束日", d));
            [("受理日", remedy.accepted_on)].into_iter().chain(ended).collect()
        }
        Step::Publish { on, .. } => vec![("公示日", *on)],
        Step::FileSpot { on } => vec![("备案日", *on)],
        Step::HandInCash { to_agency_on, to_bank_on } => {
            let bank = to_bank_on.map(|d| ("交存银行日", d));
            [("交存机关日", *to_agency_on)].into_iter().chain(bank).collect()
        }
        _ => vec![],
    }
}

/// Days that lie after the legal day of the step, in words.
pub(super) fn too_late(step: &Step, day: Date) -> Vec<String> {
    let late = reported(step).into_iter().filter(|(_, on)| *on > day);
    late.map(|(name, on)| format!("{name}{on}晚于办理日{day}")).collect()
}
