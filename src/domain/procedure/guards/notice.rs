//! 告知、陈述申辩、送达 (行政处罚法44、45、61、62、63).

use jiff::civil::Date;

use super::{Guard, guard, owned, said, unless};
use crate::domain::assessment::{Notice, ResultCode};
use crate::domain::checks::Look;
use crate::domain::dossier::{Dossier, Served};
use crate::domain::penalty::Tier;

guard!(FIGURE, "G_FIGURE", "人工定值不在法定幅度之内", "行政处罚法5②、76①(二)", |m| {
    figure_faults(&m.look)
});

guard!(NOTICE_CONTENT, "G_NOTICE", "告知内容不齐", "行政处罚法44", |m| {
    m.after().notice().map_or_else(Vec::new, |n| owned(n.lacks()))
});

guard!(CRIME, "G_CRIME", "涉嫌犯罪，应当移送", "行政处罚法27、82", |m| crime_suspected(&m.look));

guard!(RENOTIFY, "G_RENOTIFY", "没有写明重新告知的原因", "行政处罚法44", |m| {
    unless(
        m.after().notice().and_then(|n| n.replaces_because.as_deref()).is_some_and(said),
        "新事实、新依据或者内容的变化",
    )
});

guard!(NOT_HEAVIER, "G_NOT_HEAVIER", "不得因陈述申辩加重处罚", "行政处罚法45②", |m| {
    heavier_after_defence(m.after())
});

guard!(SERVICE, "G_SERVICE", "送达回证不完整", "行政处罚法61；民事诉讼法87～95", |m| {
    let Some(s) = m.after().services.last() else { return vec![] };
    let mut out = owned(s.lacks());
    out.extend(unless(said(&s.place) || s.method == crate::domain::dossier::ServiceMethod::Announcement, "送达地点"));
    out.extend(unless(s.served_on >= s.sent_on, "送达日不得早于交付、投寄之日"));
    out.extend(unless(s.served_on <= m.ctx.today, format!("送达日{}尚未到来", s.served_on)));
    if s.what == Served::Notice
        && let Some(notice) = m.after().notice()
    {
        out.extend(unless(s.sent_on >= notice.issued_on, "告知书制发之前不能送达"));
    }
    if s.what == Served::Decision
        && let Some(decision) = &m.after().decision
    {
        out.extend(unless(s.sent_on >= decision.made_on, "决定作出之前不能送达"));
    }
    out
});

guard!(SERVERS, "G_TWO", "送达人不足两人", "行政处罚法42〔送达从严同样要求〕", |m| {
    let Some(s) = m.after().services.last() else { return vec![] };
    let unknown: Vec<_> = s.servers.iter().filter(|id| m.after().person(id).is_none()).collect();
    unless(unknown.is_empty(), "送达人须为本案人员")
});

guard!(SERVABLE, "G_SERVICE", "没有可以送达的文书", "行政处罚法61", |m| {
    let dossier = m.after();
    let Some(s) = dossier.services.last() else { return vec![] };
    let there = match s.what {
        Served::Rectify => !dossier.rectifications.is_empty(),
        Served::Summons => dossier.hearing.as_ref().is_some_and(|h| h.summons.is_some()),
        Served::Demand => dossier.execution.demand.is_some(),
        Served::Notice => dossier.notice().is_some(),
        Served::Decision => dossier.decision.is_some() || dossier.spot.is_some(),
    };
    unless(there, format!("卷中还没有{}", s.what.zh()))
});

guard!(WAIVER, "G_WAIVER", "放弃陈述申辩须明确并书面留痕", "行政处罚法62", |m| {
    let Some(w) = &m.after().waiver else { return vec![] };
    unless(w.written && said(&w.text), "当事人签名的书面放弃声明")
});

guard!(STATEMENT_OVER, "G_STATEMENT", "陈述申辩期未满", "行政处罚法45、62", |m| {
    let on = m.after().recheck.as_ref().map_or(m.look.day, |r| r.on);
    let mut out = statement_open(&m.look, on);
    out.extend(unless(on <= m.look.day, format!("复核日{on}晚于办理日{}", m.look.day)));
    out
});

guard!(EVERY_OPINION, "G_OPINION", "陈述申辩意见没有逐条复核", "行政处罚法45①", |m| unanswered(
    m.after()
));

/// What keeps a person's figure from being lawful: the engine's own findings, and a result that allows no penalty.
pub fn figure_faults(look: &Look<'_>) -> Vec<String> {
    let Some(figure) = &look.dossier.case.disc.final_ else { return vec!["人工定值（disc.final）".into()] };
    let mut out = vec![];
    // 违法事实不能成立 has no figure at all.
    let nothing = figure.tier == Some(Tier::NoPenalty) || figure.ground.as_deref() == Some("not_established");
    if figure.kinds.is_empty() && !nothing {
        out.push("处罚种类".into());
    }
    if !figure.reason.as_deref().is_some_and(said) {
        out.push("定值的理由".into());
    }
    let empty = figure.kinds.is_empty() && figure.fine_fen.is_none();
    if !(figure.ground.as_deref() == Some("not_established") && empty) {
        out.extend(unlawful(&look.assessment.warnings).map(|w| w.text.clone()));
    }
    out
}

/// The engine's findings on a figure that make it unlawful. Within the range but outside the band of its tier, a lighter kind, or a
/// smaller confiscation asks for a reason, not for another figure.
pub fn unlawful(warnings: &[Notice]) -> impl Iterator<Item = &Notice> {
    const REASONED: &[&str] =
        &["final.out_of_band", "final.ignores_may", "final.confiscate_less", "final.kind_lighter_check"];
    warnings.iter().filter(|w| w.code.starts_with("final.") && !REASONED.contains(&w.code.as_str()))
}

/// A suspected crime that may not end in a decision of this bureau.
pub fn crime_suspected(look: &Look<'_>) -> Vec<String> {
    let suspected =
        look.dossier.case.facts.suspected_crime == Some(true) || look.assessment.result == ResultCode::Transfer;
    unless(!suspected, "涉嫌犯罪的案件须移送司法机关，不得以罚代移")
}

/// In what a later notice is heavier than the one before it, where the party's defence is the reason given.
pub fn heavier_after_defence(dossier: &Dossier) -> Vec<String> {
    let mut out = vec![];
    for pair in dossier.notices.windows(2) {
        let because = pair[1].replaces_because.as_deref().unwrap_or_default();
        if because.contains("申辩") || because.contains("陈述") {
            out.extend(pair[1].content.beyond(&pair[0].content));
        }
    }
    out
}

/// Opinions of the party without an answer that gives a reason.
pub fn unanswered(dossier: &Dossier) -> Vec<String> {
    let Some(recheck) = &dossier.recheck else { return vec!["复核意见".into()] };
    let answered = |i: usize| recheck.items.iter().any(|r| r.statement == i && said(&r.reason));
    let open = (0..dossier.statements.len()).filter(|i| !answered(*i));
    open.map(|i| format!("第{}条意见：是否采纳及理由", i + 1)).collect()
}

/// Why 陈述申辩 is still open on a day: neither expired nor expressly given up, or a hearing asked for in time was not held.
pub fn statement_open(look: &Look<'_>, on: Date) -> Vec<String> {
    let dossier = look.dossier;
    let Some(notice) = dossier.notice() else { return vec!["事先告知".into()] };
    if notice.served_on(dossier).is_none() {
        return vec!["告知书的送达回证".into()];
    }
    if dossier.hearing.as_ref().is_some_and(|h| h.in_time) { hearing_owed(dossier, on) } else { period_open(look, on) }
}

/// A hearing that was asked for in time and not held by that day (行政处罚法64(一)).
pub fn hearing_owed(dossier: &Dossier, on: Date) -> Vec<String> {
    let Some(hearing) = dossier.hearing.as_ref().filter(|h| h.in_time) else { return vec![] };
    unless(hearing.held.as_ref().is_some_and(|h| h.on <= on), "当事人在期限内要求听证，须先举行听证")
}

/// The period for 陈述申辩 that still runs on a day and was not given up in writing; nothing before service.
pub fn period_open(look: &Look<'_>, on: Date) -> Vec<String> {
    let dossier = look.dossier;
    let Some((notice, served)) = dossier.notice().zip(notice_served(dossier)) else { return vec![] };
    let waived = dossier.waiver.as_ref().is_some_and(|w| w.written && w.on >= served && w.on <= on);
    if waived {
        return vec![];
    }
    match last_day(look, notice.told_hearing, served) {
        Ok(last) => unless(on > last, format!("陈述申辩期到{last}，期满或者当事人书面放弃之后才能复核")),
        Err(why) => vec![why],
    }
}

/// The later of 陈述申辩期 and 听证申请期.
pub fn last_day(look: &Look<'_>, hearing: bool, served: Date) -> Result<Date, String> {
    let statement = look.due("STATEMENT", served)?;
    Ok(if hearing { statement.max(look.due("HEARING_REQUEST", served)?) } else { statement })
}

/// The day 陈述申辩 began, if the notice was served.
pub fn notice_served(dossier: &Dossier) -> Option<Date> {
    dossier.notice().and_then(|n| n.served_on(dossier))
}
