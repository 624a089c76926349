//! Values for the templates: one tree whose names are always the same, with null for what the file does not say.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::{PaperInput, Subject, after, course, decide, investigate, line, said};
use crate::domain::assessment::{Assessment, Clause, ClauseRole, Duration};
use crate::domain::deadline::Unit;
use crate::domain::document::fill::{AgencyInfo, citation, date_zh, months_zh, order_zh};
use crate::domain::dossier::{Dossier, Sanction};
use crate::domain::money::Fen;
use crate::domain::numerals::to_han;
use crate::domain::penalty::PenaltyKind;

/// The whole tree.
pub fn values(input: &PaperInput<'_>) -> Value {
    let d = input.dossier;
    let mut out = Map::new();
    let a = input.agency;
    let given = |t: &Option<String>| t.as_deref().and_then(line);
    out.insert(
        "agency".into(),
        json!({
            "name": line(&a.name), "government": line(&a.government), "court": given(&a.court), "address": given(&a.address),
            "phone": given(&a.phone), "bank": given(&a.bank), "account": given(&a.bank_account),
        }),
    );
    out.insert("day".into(), json!(date_zh(input.day)));
    out.insert("case".into(), case(input));
    out.insert("party".into(), party(d));
    out.insert("officers".into(), json!(officers(d)));
    out.insert("officers_line".into(), json!(officers_line(d)));
    out.insert("law".into(), law(input.assessment));
    out.insert("dl".into(), periods(input));
    for (name, value) in investigate::values(input)
        .into_iter()
        .chain(course::values(input))
        .chain(decide::values(input))
        .chain(after::values(input))
    {
        out.insert(name.into(), value);
    }
    Value::Object(out)
}

/// Every path a template may name.
pub fn known_paths() -> BTreeSet<String> {
    let (dossier, agency) = (Dossier::default(), AgencyInfo::default());
    let tree = values(&PaperInput {
        dossier: &dossier,
        assessment: None,
        book: None,
        agency: &agency,
        subject: Subject::default(),
        day: Date::default(),
        doc_no: "",
        archive: None,
    });
    let mut out = BTreeSet::new();
    collect(&tree, "", &mut out);
    out
}

fn collect(value: &Value, path: &str, out: &mut BTreeSet<String>) {
    if !path.is_empty() {
        out.insert(path.to_string());
    }
    if let Value::Object(map) = value {
        for (key, value) in map {
            collect(value, &if path.is_empty() { key.clone() } else { format!("{path}.{key}") }, out);
        }
    }
}

fn case(input: &PaperInput<'_>) -> Value {
    let d = input.dossier;
    let act = input.assessment.and_then(|a| line(&a.act));
    let cause = d.case.case.cause.as_deref().and_then(line).or(act.as_ref().map(|a| format!("涉嫌{a}")));
    let facts = &d.case.facts;
    let span = match (facts.act_from, facts.act_to.filter(|to| Some(*to) != facts.act_from)) {
        (Some(from), Some(to)) => Some(format!("{}至{}", date_zh(from), date_zh(to))),
        (Some(on), None) => Some(date_zh(on)),
        _ => None,
    };
    json!({
        "no": line(&d.case_no), "cause": cause, "act": act, "span": span,
        "source": d.case.case.source.as_deref().and_then(line).or_else(|| line(&d.clue.source)),
        "received": d.clue.received_on.map(date_zh), "clue": said(&d.clue.summary),
        "place": facts.place.as_deref().and_then(line), "narrative": facts.narrative.as_deref().and_then(said),
        "procedure": d.procedure.zh(), "teaching": d.teaching,
    })
}

fn party(d: &Dossier) -> Value {
    let p = &d.case.party;
    let given = |t: &Option<String>| t.as_deref().and_then(line);
    json!({
        "name": given(&p.name), "kind": p.kind.map(|k| k.zh()), "head": given(&p.legal_representative),
        "no": given(&p.uscc).or_else(|| given(&p.id_no)), "address": given(&p.address), "phone": given(&p.phone),
        "birth": p.birth.map(date_zh),
    })
}

/// Name and certificate of everybody who is 承办人 now.
fn officers(d: &Dossier) -> Vec<Value> {
    d.officers()
        .map(|p| json!({ "name": line(&p.name), "cert": p.certs.first().and_then(|c| line(&c.cert_no)) }))
        .collect()
}

fn officers_line(d: &Dossier) -> Option<String> {
    let ids: Vec<String> = d.officers().map(|p| p.id.clone()).collect();
    named(d, &ids)
}

/// People of the case by id, each with the number of the certificate.
pub(super) fn named(d: &Dossier, ids: &[String]) -> Option<String> {
    let one = |id: &String| {
        let person = d.person(id)?;
        let name = line(&person.name)?;
        Some(match person.certs.first().and_then(|c| line(&c.cert_no)) {
            Some(no) => format!("{name}（执法证号：{no}）"),
            None => name,
        })
    };
    let all: Vec<String> = ids.iter().filter_map(one).collect();
    (!all.is_empty()).then(|| all.join("、"))
}

/// Name of a person of the case, or the id where the file does not know it.
pub(super) fn name_of(d: &Dossier, id: &str) -> Option<String> {
    d.person(id).and_then(|p| line(&p.name)).or_else(|| {
        let reviewer = d.reviews.iter().filter_map(|r| r.reviewer.as_ref()).find(|r| r.id == id);
        reviewer.and_then(|r| line(&r.name))
    })
}

fn law(assessment: Option<&Assessment>) -> Value {
    let of = |role: ClauseRole| -> Option<String> {
        let clauses = assessment.into_iter().flat_map(|a| &a.clauses).filter(|c| c.role == role);
        let mut all: Vec<String> = clauses.map(|c: &Clause| citation(c)).collect();
        all.dedup();
        (!all.is_empty()).then(|| all.join("、"))
    };
    json!({ "duty": of(ClauseRole::Duty), "penalty": of(ClauseRole::Penalty) })
}

/// Periods in words, as the table of deadlines has them.
fn periods(input: &PaperInput<'_>) -> Value {
    let words = |id: &str| {
        let rule = input.book.and_then(|b| b.deadline(id))?;
        let len = rule.len?;
        Some(match rule.unit {
            Unit::WorkingDay => format!("{}个工作日", to_han(len)),
            Unit::CalendarDay => format!("{}日", to_han(len)),
            Unit::Month => format!("{}个月", to_han(len)),
            Unit::Year => format!("{}年", to_han(len)),
            Unit::Hour => format!("{}小时", to_han(len)),
        })
    };
    json!({
        "statement": words("STATEMENT"), "hearing": words("HEARING_REQUEST"), "pay": words("PAY_FINE"),
        "demand": words("DEMAND_BEFORE_COURT"),
    })
}

/// Each thing that a notice proposes or a decision imposes, in words.
pub(super) fn sanction(content: &Sanction, assessment: Option<&Assessment>) -> Vec<String> {
    let sum = |s: Option<Fen>| s.filter(|s| *s > Fen::ZERO).map(Fen::formal);
    let mut kinds = content.kinds.clone();
    kinds.sort();
    kinds.dedup();
    let period = |kind: PenaltyKind| -> String {
        let bears = !matches!(
            kind,
            PenaltyKind::Warning
                | PenaltyKind::PublicCriticism
                | PenaltyKind::Fine
                | PenaltyKind::ConfiscateGains
                | PenaltyKind::ConfiscateProperty
        );
        let limit: Option<Duration> =
            assessment.and_then(|a| a.penalties.iter().find(|p| p.kind == kind)).and_then(|p| p.duration);
        match (content.permanent == Some(true), content.duration_months) {
            (true, _) if limit.is_some_and(|l| l.permanent || l.permanent_allowed) => "，终身有效".into(),
            (false, Some(months)) if bears => format!("，期限为{}", months_zh(months)),
            _ => String::new(),
        }
    };
    let one = |kind: PenaltyKind| match kind {
        PenaltyKind::Fine => match sum(content.fine_fen) {
            Some(sum) => format!("罚款{sum}"),
            None => "罚款【待确认：罚款数额】".into(),
        },
        PenaltyKind::ConfiscateGains => match sum(content.confiscate_fen) {
            Some(sum) => format!("没收违法所得{sum}"),
            None => "没收违法所得【待确认：没收数额】".into(),
        },
        kind => format!("{}{}", kind.zh(), period(kind)),
    };
    kinds.into_iter().map(one).collect()
}

/// 行政命令 beside the penalties, in words.
pub(super) fn orders(content: &Sanction) -> Vec<String> {
    content
        .orders
        .iter()
        .map(|o| order_zh(o).map_or_else(|| format!("【待确认：行政命令{o}】"), str::to_string))
        .collect()
}

/// `2026年3月5日9时5分`, in the legal time of the country.
pub(super) fn moment(at: Timestamp) -> Option<String> {
    if at == Timestamp::default() {
        return None;
    }
    let t = at.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(8)));
    Some(format!("{}{}时{:02}分", date_zh(t.date()), t.hour(), t.minute()))
}

/// A day, unless nobody gave one.
pub(super) fn day(on: Date) -> Option<String> {
    (on != Date::default()).then(|| date_zh(on))
}

pub(super) fn texts(list: &[String]) -> Vec<String> {
    list.iter().filter_map(|t| line(t)).collect()
}
