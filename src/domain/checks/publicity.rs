//! 公示、撤回、脱敏 (行政处罚法48、50; 工作方案二(一)4).

use super::check::{Fault, at, fault, faults_at};
use super::{Look, decided_penalty, residue};
use crate::domain::dossier::{PublicityState as State, RemedyOutcome};

/// M10.
pub(super) fn published(look: &Look<'_>) -> Vec<Fault> {
    let d = look.dossier;
    let Some(decision) = decided_penalty(look).filter(|_| !d.teaching && d.spot.is_none()) else { return vec![] };
    let p = &d.publicity;
    let mut out = vec![];
    let shown = p.published_on.unwrap_or(look.day);
    let awaited = matches!(p.state, State::Pending | State::Approved | State::Published | State::Withdrawn);
    match look.due("PUBLISH_PENALTY_LICENCE", decision.made_on) {
        Ok(last) if awaited && shown > last => out.push(fault(format!("应于{last}之前公示"))),
        Ok(_) => {}
        Err(why) => out.push(fault(why)),
    }
    if p.state == State::None {
        out.push(fault("处罚决定没有进入公示，也没有不予公开的审批"));
    }
    if p.state == State::Exempt && p.exempt_because.as_deref().is_none_or(|t| t.trim().is_empty()) {
        out.push(fault("不予公开没有写明理由"));
    }
    if matches!(p.state, State::Published | State::Approved) {
        out.extend(faults_at("publicity.summary", "公示内容未脱敏", residue::scan(&p.summary, &d.case)));
    }
    let minor = d.case.party.birth.and_then(|b| b.checked_add(jiff::ToSpan::years(18)).ok());
    if matches!(p.state, State::Published) && minor.is_some_and(|adult| decision.made_on < adult) {
        out.push(fault("当事人未满十八周岁，不得公示"));
    }
    let fallen = d.remedies.iter().filter(|r| r.outcome.is_some_and(RemedyOutcome::overturns));
    let fallen = fallen.filter_map(|r| r.ended_on).filter(|on| p.published_on.is_some_and(|shown| *on >= shown)).min();
    if let Some(on) = fallen {
        let withdrawn = p.withdrawn_on.unwrap_or(look.day);
        match look.due("PUBLISH_WITHDRAW", on) {
            Ok(last) if withdrawn > last => {
                out.push(at("publicity", format!("决定于{on}被变更、撤销或者确认违法，应于{last}之前撤回公示")));
            }
            Ok(_) => {}
            Err(why) => out.push(fault(why)),
        }
    }
    out
}
