//! 告知、陈述申辩、听证 (行政处罚法44、45、62–65).

use super::check::{Fault, at, fault, faults, faults_at, sound};
use super::{Look, decided_penalty};
use crate::domain::procedure::guards::{
    hearing_owed, heavier_after_defence, held_unsummoned, host_faults, notice_served, period_open, spot_untold,
    summoned_late, unanswered,
};

/// F07. A notice that was not served has told nobody.
pub(super) fn told(look: &Look<'_>) -> Vec<Fault> {
    let d = look.dossier;
    if let Some(spot) = &d.spot {
        return faults_at("spot", "当场处罚", spot_untold(spot));
    }
    let decided = decided_penalty(look).is_some();
    let Some(notice) = d.notice() else { return sound(!decided, "作出处罚决定之前没有事先告知") };
    let place = format!("notices.{}", d.notices.len() - 1);
    let mut out: Vec<Fault> = notice.lacks().into_iter().map(|l| at(&place, format!("告知书没有写明{l}"))).collect();
    if decided && notice_served(d).is_none() {
        out.push(at(&place, "告知书没有送达"));
    }
    out
}

/// F08.
pub(super) fn too_soon(look: &Look<'_>) -> Vec<Fault> {
    let d = look.dossier;
    let Some(decision) = decided_penalty(look) else { return vec![] };
    if d.hearing.as_ref().is_some_and(|h| h.in_time && h.held.is_some()) {
        return vec![];
    }
    faults(period_open(look, decision.made_on))
}

/// F09. Whether a request was in time is computed here again, not taken from the file.
pub(super) fn hearing_denied(look: &Look<'_>) -> Vec<Fault> {
    let d = look.dossier;
    let Some(decision) = decided_penalty(look) else { return vec![] };
    let Some(notice) = d.notice() else { return vec![] };
    let untold = look.assessment.hearing.required && !notice.told_hearing;
    let mut out = sound(!untold, format!("属于应当告知听证权的情形（{}），没有告知", look.assessment.hearing.basis));
    out.extend(faults_at("hearing", "听证", hearing_owed(d, decision.made_on)));
    if let (Some(h), Some(served)) = (d.hearing.as_ref().filter(|h| !h.in_time), notice_served(d))
        && notice.told_hearing
        && look.due("HEARING_REQUEST", served).is_ok_and(|last| h.requested_on >= served && h.requested_on <= last)
        && h.held.as_ref().is_none_or(|x| x.on > decision.made_on)
    {
        out.push(at("hearing", format!("{}的听证申请在期限内，没有组织听证", h.requested_on)));
    }
    out
}

/// F10.
pub(super) fn host(look: &Look<'_>) -> Vec<Fault> {
    faults(host_faults(look.dossier))
}

/// F11.
pub(super) fn summons(look: &Look<'_>) -> Vec<Fault> {
    let mut out = faults(summoned_late(look));
    if look.dossier.hearing.as_ref().is_some_and(|h| h.held.is_some()) {
        out.extend(faults(held_unsummoned(look.dossier)));
    }
    out
}

/// F16.
pub(super) fn beyond_notice(look: &Look<'_>) -> Vec<Fault> {
    let d = look.dossier;
    let mut out: Vec<Fault> = heavier_after_defence(d)
        .into_iter()
        .map(|w| at(format!("notices.{}", d.notices.len() - 1), format!("因陈述申辩加重：{w}")))
        .collect();
    if let (Some(decision), Some(notice)) = (decided_penalty(look), d.notice()) {
        out.extend(decision.content.beyond(&notice.content).into_iter().map(fault));
    }
    out
}

/// M06.
pub(super) fn answered(look: &Look<'_>) -> Vec<Fault> {
    let d = look.dossier;
    let due = d.recheck.is_some() || decided_penalty(look).is_some();
    if d.spot.is_some() || !due { vec![] } else { faults(unanswered(d)) }
}
