//! Values of 告知、送达、陈述申辩、听证、复核.

use serde_json::{Value, json};

use super::investigate::recordings;
use super::values::{day, name_of, named, orders, sanction, texts};
use super::{PaperInput, line, said};
use crate::domain::dossier::{Dossier, Served, Service};

pub(super) fn values(input: &PaperInput<'_>) -> Vec<(&'static str, Value)> {
    let d = input.dossier;
    let notice = d.notice();
    let statement = input.subject.statement.and_then(|i| d.statements.get(i)).or(d.statements.last());
    let hearing = d.hearing.as_ref();
    let summons = hearing.and_then(|h| h.summons.as_ref());
    let held = hearing.and_then(|h| h.held.as_ref());
    vec![
        (
            "notice",
            json!({
                "on": notice.and_then(|n| day(n.issued_on)), "facts": notice.and_then(|n| said(&n.facts)),
                "reasons": notice.and_then(|n| said(&n.reasons)), "basis": notice.map(|n| texts(&n.basis)).unwrap_or_default(),
                "items": notice.map(|n| sanction(&n.content, input.assessment)).unwrap_or_default(),
                "orders": notice.map(|n| orders(&n.content)).unwrap_or_default(),
                "hearing": notice.is_some_and(|n| n.told_hearing),
                "replaces": notice.and_then(|n| n.replaces_because.as_deref()).and_then(line),
            }),
        ),
        ("serve", service(input)),
        (
            "statement",
            json!({
                "on": statement.and_then(|s| day(s.on)), "text": statement.and_then(|s| said(&s.text)),
                "oral": statement.map(|s| if s.oral { "口头" } else { "书面" }),
            }),
        ),
        (
            "hearing",
            json!({
                "requested_on": hearing.and_then(|h| day(h.requested_on)),
                "oral": hearing.map(|h| if h.oral { "口头" } else { "书面" }),
                "in_time": hearing.is_some_and(|h| h.in_time),
                "told_on": notice.and_then(|n| n.served_on(d)).and_then(day),
            }),
        ),
        (
            "summons",
            json!({
                "hearing_on": summons.and_then(|s| day(s.hearing_on)), "place": summons.and_then(|s| line(&s.place)),
                "host": summons.and_then(|s| line(&s.host_name)), "public": summons.map(|s| s.public),
                "closed_because": summons.and_then(|s| s.closed_because.as_deref()).and_then(line),
            }),
        ),
        (
            "held",
            json!({
                "on": held.and_then(|h| day(h.on)), "absent": held.is_some_and(|h| h.absent),
                "agents": held.map(|h| texts(&h.agents).join("、")).filter(|a| !a.is_empty()),
                "transcript": held.and_then(|h| said(&h.transcript)), "signed": held.is_some_and(|h| h.signed),
                "unsigned_reason": held.and_then(|h| h.unsigned_reason.as_deref()).and_then(line),
                "report": held.and_then(|h| said(&h.report)), "av": recordings(d, "hearing"),
            }),
        ),
        ("recheck", recheck(d)),
    ]
}

fn service(input: &PaperInput<'_>) -> Value {
    let d = input.dossier;
    let at = input.subject.service.or(d.services.len().checked_sub(1));
    let service = at.and_then(|i| d.services.get(i));
    let served = service.and_then(|s| served_paper(d, s));
    let given = |t: Option<&str>| t.and_then(line);
    json!({
        "what": service.map(|s| served.map_or_else(|| s.what.zh().to_string(), |p| p.title.clone())),
        "doc_no": served.and_then(|p| p.doc_no.clone()), "method": service.map(|s| s.method.zh()),
        "sent_on": service.and_then(|s| day(s.sent_on)), "served_on": service.and_then(|s| day(s.served_on)),
        "place": service.and_then(|s| line(&s.place)), "receiver": service.and_then(|s| line(&s.receiver)),
        "servers": service.and_then(|s| named(d, &s.servers)), "witness": service.and_then(|s| given(s.witness.as_deref())),
        "confirmation": service.and_then(|s| given(s.confirmation_no.as_deref())),
        "tried": service.and_then(|s| given(s.other_ways_tried.as_deref())),
        "av": at.map(|i| recordings(d, &format!("service:{i}"))).unwrap_or_default(),
    })
}

/// The document a receipt is about.
fn served_paper<'a>(d: &'a Dossier, service: &Service) -> Option<&'a crate::domain::dossier::Paper> {
    let kinds: &[&str] = match service.what {
        Served::Rectify => &["rectify_order"],
        Served::Notice => &["prior_notice"],
        Served::Summons => &["hearing_summons"],
        Served::Demand => &["demand_letter"],
        Served::Decision if d.spot.is_some() => &["spot_decision"],
        Served::Decision => match d.decision.as_ref().map(|x| x.kind) {
            Some(crate::domain::dossier::DecisionKind::Penalty) => &["penalty_decision"],
            _ => &["no_penalty_decision"],
        },
    };
    kinds.iter().find_map(|k| d.paper(k))
}

fn recheck(d: &Dossier) -> Value {
    let done = d.recheck.as_ref();
    let items: Vec<Value> = d
        .statements
        .iter()
        .enumerate()
        .map(|(i, s)| {
            let answer = done.and_then(|r| r.items.iter().find(|x| x.statement == i));
            json!({
                "text": line(&s.text), "on": day(s.on),
                "verdict": answer.map(|a| if a.accepted { "予以采纳" } else { "不予采纳" }),
                "reason": answer.and_then(|a| said(&a.reason)),
            })
        })
        .collect();
    json!({
        "on": done.and_then(|r| day(r.on)), "by": done.and_then(|r| name_of(d, &r.by)), "items": items,
        "followed": done.is_some_and(|r| r.followed_transcript),
        "waived": d.waiver.as_ref().and_then(|w| day(w.on)),
        "heard": d.hearing.as_ref().and_then(|h| h.held.as_ref()).and_then(|h| day(h.on)),
    })
}
