//! 听证 (行政处罚法63–65).

use jiff::civil::Date;

use super::{Guard, guard, notice_served, said, unless};
use crate::domain::checks::Look;
use crate::domain::deadline;
use crate::domain::dossier::Dossier;
use crate::domain::procedure::Context;

guard!(HEARING_IN_TIME, "G_HEARING_IN_TIME", "不能组织听证", "行政处罚法63、64(一)", |m| {
    let mut out = unless(m.after().notice().is_some_and(|n| n.told_hearing), "本案不属于应当告知听证权的情形");
    if let (Some(h), Some(served)) = (&m.after().hearing, notice_served(m.after())) {
        out.extend(unless(h.requested_on >= served, "申请日不得早于告知书送达之日"));
    }
    out
});

guard!(HOST, "G_SEP", "听证主持人不合格", "行政处罚法64(四)", |m| {
    if m.after().hearing.as_ref().is_none_or(|h| h.summons.is_none()) {
        return vec!["听证通知书".into()];
    }
    host_faults(m.after())
});

guard!(HEARING_NOTICE, "G_HEARING_NOTICE", "听证通知不足七个工作日", "行政处罚法64(二)", |m| {
    summoned_late(&m.look)
});

guard!(HEARING_PUBLIC, "G_HEARING_PUBLIC", "听证未公开举行", "行政处罚法64(三)", |m| {
    let Some(s) = m.after().hearing.as_ref().and_then(|h| h.summons.as_ref()) else { return vec![] };
    let secret = |r: &str| ["国家秘密", "商业秘密", "个人隐私"].iter().any(|s| r.contains(s));
    unless(
        s.public || s.closed_because.as_deref().is_some_and(secret),
        "除涉及国家秘密、商业秘密或者个人隐私外，听证公开举行",
    )
});

guard!(SUMMONED, "G_SUMMONED", "没有听证通知", "行政处罚法64(二)", |m| {
    if m.after().hearing.is_none() { vec!["听证申请".into()] } else { held_unsummoned(m.after()) }
});

guard!(AGENTS, "G_AGENTS", "代理人超过两人", "行政处罚法64(五)", |m| {
    let n = m.after().hearing.as_ref().and_then(|h| h.held.as_ref()).map_or(0, |h| h.agents.len());
    unless(n <= 2, "当事人可以委托一至二人代理")
});

guard!(TRANSCRIPT_SIGNED, "G_TRANSCRIPT", "听证笔录不完整", "行政处罚法64(八)", |m| {
    transcript_faults(m.after())
});

guard!(TRANSCRIPT, "G_BY_TRANSCRIPT", "听证后的决定须依据听证笔录", "行政处罚法65", |m| {
    let held = m.after().hearing.as_ref().is_some_and(|h| h.held.is_some());
    unless(!held || m.after().recheck.as_ref().is_some_and(|r| r.followed_transcript), "依据听证笔录复核")
});

/// Whether a request comes after the five working days. When the calendar cannot say, it counts as in time: the party's right.
pub fn hearing_late(dossier: &Dossier, on: Date, ctx: &Context<'_>) -> bool {
    let (Some(served), Some(rule)) = (notice_served(dossier), ctx.book.deadline("HEARING_REQUEST")) else {
        return false;
    };
    deadline::due(rule, served, &ctx.book.calendar).is_ok_and(|last| on > last)
}

/// The host named in the summons is missing or investigated the case.
pub fn host_faults(dossier: &Dossier) -> Vec<String> {
    let Some(summons) = dossier.hearing.as_ref().and_then(|h| h.summons.as_ref()) else { return vec![] };
    let mut out = unless(said(&summons.host), "听证主持人");
    out.extend(unless(!dossier.investigated(&summons.host), "听证主持人不得是本案调查人员"));
    out
}

/// Less than seven working days between the summons and the hearing.
pub fn summoned_late(look: &Look<'_>) -> Vec<String> {
    let Some(s) = look.dossier.hearing.as_ref().and_then(|h| h.summons.as_ref()) else { return vec![] };
    match look.due("HEARING_NOTIFY_BEFORE", s.hearing_on) {
        Ok(latest) => unless(
            s.served_on <= latest,
            format!("{}举行听证，最迟应于{latest}通知，实际{}", s.hearing_on, s.served_on),
        ),
        Err(why) => vec![why],
    }
}

/// A hearing held without a summons, or on another day than the summons said.
pub fn held_unsummoned(dossier: &Dossier) -> Vec<String> {
    let Some(h) = &dossier.hearing else { return vec![] };
    let (Some(s), Some(held)) = (&h.summons, &h.held) else { return vec!["听证通知书".into()] };
    unless(held.on == s.hearing_on, format!("通知的听证日是{}，与实际举行日不一致；改期须重新通知", s.hearing_on))
}

/// What 64(八) asks of the transcript and it does not have.
pub fn transcript_faults(dossier: &Dossier) -> Vec<String> {
    let Some(held) = dossier.hearing.as_ref().and_then(|h| h.held.as_ref()) else { return vec![] };
    if held.absent {
        return unless(said(&held.transcript), "缺席或者中途退出的记录");
    }
    let mut out = unless(said(&held.transcript), "听证笔录");
    out.extend(unless(
        held.signed || held.unsigned_reason.as_deref().is_some_and(said),
        "当事人核对签名，或者拒签的记录",
    ));
    out
}
