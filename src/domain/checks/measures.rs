//! 登记保存、强制措施、笔录、音像 (行政处罚法47、55、56; 行政强制法17–28).

use super::Look;
use super::check::{Fault, at, faults_at};
use crate::domain::dossier::{ActKind, AvLevel, ServiceMethod};
use crate::domain::penalty::PenaltyKind;
use crate::domain::procedure::guards::{
    coercion_without_clause, day_of, interview_faults, record_faults, said, transcript_faults,
};

/// F25.
pub(super) fn coercion(look: &Look<'_>) -> Vec<Fault> {
    let mut out = vec![];
    for (i, c) in look.dossier.coercive.iter().enumerate() {
        let place = format!("coercive.{i}");
        out.extend(faults_at(&place, "没有授权条款", coercion_without_clause(c)));
        if c.approval.is_none() {
            out.push(at(&place, format!("{}的强制措施未经负责人批准", c.on)));
        }
        let ended = c.lifted_on.unwrap_or(look.day);
        match seizure_ends(look, c) {
            Ok(last) if ended > last => out.push(at(&place, format!("查封、扣押期限到{last}，超期没有解除"))),
            Ok(_) => {}
            Err(why) => out.push(at(&place, why)),
        }
    }
    out
}

/// Thirty days, and once as many again when extended in time (行政强制法25).
fn seizure_ends(look: &Look<'_>, c: &crate::domain::dossier::Coercive) -> Result<jiff::civil::Date, String> {
    let first = look.due("SEIZURE_MAX", c.on)?;
    let further = look.book.deadline("SEIZURE_MAX").and_then(|r| r.extend_len);
    match (c.extended_on.filter(|on| *on <= first), further) {
        (Some(_), Some(days)) => first.checked_add(jiff::ToSpan::days(i64::from(days))).map_err(|e| e.to_string()),
        _ => Ok(first),
    }
}

/// F27: where all of it must be recorded (工作方案二(二)2), only the recording itself will do.
pub(super) fn filmed(look: &Look<'_>) -> Vec<Fault> {
    let d = look.dossier;
    let has = |of: &str| d.av.iter().any(|a| a.of == of && a.sha256.is_some());
    let mut out = vec![];
    for (i, c) in d.coercive.iter().enumerate() {
        if !has(&format!("coercive:{i}")) {
            out.push(at(format!("coercive.{i}"), format!("{}的查封、扣押没有全程音像记录", c.on)));
        }
    }
    let taken = super::punishment(look).is_some_and(|c| c.kinds.contains(&PenaltyKind::ConfiscateProperty));
    for (i, p) in d.execution.performed.iter().enumerate().filter(|_| taken) {
        if !has(&format!("performed:{i}")) {
            out.push(at(format!("execution.performed.{i}"), format!("{}处置罚没财物没有全程音像记录", p.on)));
        }
    }
    for (i, a) in d.av.iter().enumerate().filter(|(_, a)| a.level == AvLevel::Full && a.sha256.is_none()) {
        out.push(at(format!("av.{i}"), format!("“{}”须全程音像记录，没有音像文件", a.of)));
    }
    out
}

/// M03.
pub(super) fn preserved(look: &Look<'_>) -> Vec<Fault> {
    let mut out = vec![];
    for (i, p) in look.dossier.preservations.iter().enumerate() {
        let place = format!("preservations.{i}");
        if p.approval.is_none() {
            out.push(at(&place, format!("{}的登记保存未经负责人批准", p.on)));
        }
        let done = p.disposed_on.unwrap_or(look.day);
        match look.due("EVIDENCE_PRESERVE_DISPOSE", p.on) {
            Ok(last) if done > last => {
                out.push(at(&place, format!("{}登记保存，应于{last}之前作出处理决定", p.on)));
            }
            Ok(_) => {}
            Err(why) => out.push(at(&place, why)),
        }
    }
    out
}

/// M11, with the recordings of key moments (procedure.md §7 `AvKey`): there a reason will do.
pub(super) fn recorded(look: &Look<'_>) -> Vec<Fault> {
    let d = look.dossier;
    let mut out = vec![];
    for (i, a) in d.acts.iter().enumerate() {
        let (place, about) = (format!("acts.{i}"), format!("{}的{}笔录", day_of(a.started_at), a.kind.zh()));
        out.extend(faults_at(&place, &about, record_faults(a)));
        out.extend(faults_at(&place, &about, interview_faults(a)));
        if !a.shown_certs {
            out.push(at(&place, format!("{about}：没有记明出示执法证件")));
        }
    }
    out.extend(faults_at("hearing.held", "听证笔录", transcript_faults(d)));
    let covered = |of: &str| {
        d.av.iter().any(|a| a.of == of && (a.sha256.is_some() || a.missing_because.as_deref().is_some_and(said)))
    };
    let mut want = |of: String, place: String, what: String| {
        if !covered(&of) {
            out.push(at(place, format!("{what}没有音像记录，也没有写明理由（行政处罚法47；关键环节音像记录）")));
        }
    };
    for (i, a) in d.acts.iter().enumerate().filter(|(_, a)| a.kind != ActKind::Coercive) {
        want(format!("act:{i}"), format!("acts.{i}"), format!("{}的{}", day_of(a.started_at), a.kind.zh()));
    }
    if d.hearing.as_ref().is_some_and(|h| h.held.is_some()) {
        want("hearing".into(), "hearing.held".into(), "听证".into());
    }
    for (i, s) in d.services.iter().enumerate() {
        if matches!(s.method, ServiceMethod::LeftBehind | ServiceMethod::Announcement) {
            want(format!("service:{i}"), format!("services.{i}"), format!("{}{}", s.what.zh(), s.method.zh()));
        }
    }
    out
}
