//! Values of 法制审核、集体讨论、移送、决定、当场处罚.

use serde_json::{Value, json};

use super::values::{day, moment, name_of, named, orders, sanction, texts};
use super::{PaperInput, line, said};
use crate::domain::checks::CHECKLIST;
use crate::domain::document::fill::date_zh;
use crate::domain::dossier::DecisionKind;
use crate::domain::law::formal;
use crate::domain::legal_review::Review;

pub(super) fn values(input: &PaperInput<'_>) -> Vec<(&'static str, Value)> {
    let d = input.dossier;
    let talk = d.discussion.as_ref();
    let transfer = d.transfer.as_ref();
    let decision = d.decision.as_ref();
    // What was decided on the spot is a decision too: a demand or a deferral names it.
    let spot_on = d.spot.as_ref().map(|s| crate::domain::procedure::guards::day_of(s.at));
    let attendees: Vec<Value> = talk
        .into_iter()
        .flat_map(|t| &t.attendees)
        .map(|a| {
            json!({
                "name": line(&a.name), "post": line(&a.post), "head": if a.head { "出席（机关负责人）" } else { "列席" },
                "opinion": line(&a.opinion),
            })
        })
        .collect();
    vec![
        ("review", review(input)),
        (
            "discuss",
            json!({
                "on": talk.and_then(|t| day(t.on)), "place": talk.and_then(|t| line(&t.place)),
                "chair": talk.and_then(|t| line(&t.chair)), "attendees": attendees,
                "conclusion": talk.and_then(|t| said(&t.conclusion)), "signed": talk.is_some_and(|t| t.signed),
            }),
        ),
        (
            "transfer",
            json!({
                "to": transfer.and_then(|t| line(&t.to)), "crime": transfer.and_then(|t| line(&t.crime)),
                "reported_on": transfer.and_then(|t| day(t.reported_on)), "by": transfer.and_then(|t| line(&t.approval.name)),
                "approved_on": transfer.and_then(|t| day(t.approval.on)),
            }),
        ),
        (
            "decision",
            json!({
                "kind": decision.map(|x| x.kind.zh()), "on": decision.map(|x| x.made_on).or(spot_on).and_then(day),
                "doc_no": decision.and_then(|x| x.doc_no.as_deref()).and_then(line).or_else(|| decided_no(input)),
                "title": if decision.is_none() && d.spot.is_some() { "当场行政处罚决定书" } else { "行政处罚决定书" },
                "items": d.imposed().map(|c| sanction(c, input.assessment)).unwrap_or_default(),
                "orders": d.imposed().map(orders).unwrap_or_default(),
                "basis": decision.map(|x| texts(&x.basis)).unwrap_or_default(),
                "reason": decision.and_then(|x| said(&x.reason)), "by": decision.and_then(|x| line(&x.approval.name)),
                "penalty": decision.is_some_and(|x| x.kind == DecisionKind::Penalty),
            }),
        ),
        ("spot", spot(input)),
    ]
}

/// The number stands on the document, also when it was given after the decision was taken.
fn decided_no(input: &PaperInput<'_>) -> Option<String> {
    let d = input.dossier;
    let Some(decision) = &d.decision else { return d.spot.as_ref().and_then(|s| line(&s.form_no)) };
    let kind = crate::domain::procedure::guards::decision_paper(decision.kind);
    d.paper(kind).and_then(|p| p.doc_no.clone())
}

fn review(input: &PaperInput<'_>) -> Value {
    let d = input.dossier;
    let r: Option<&Review> = d.review();
    let checklist: Vec<Value> = CHECKLIST
        .iter()
        .map(|item| {
            let found = r.and_then(|r| r.checklist.iter().find(|c| c.id == item.id));
            json!({
                "id": item.id, "zh": item.zh, "verdict": found.map(|c| c.verdict.zh()),
                "note": found.and_then(|c| line(&c.note)).unwrap_or_default(),
            })
        })
        .collect();
    let package: Vec<Value> = r
        .into_iter()
        .flat_map(|r| &r.package)
        .map(|p| json!({ "zh": p.zh, "state": if p.present { "齐" } else { "缺" } }))
        .collect();
    let reasons: Vec<String> =
        r.into_iter().flat_map(|r| &r.rules).map(|x| format!("{}（{}）", x.reason, formal(&x.basis))).collect();
    let responses: Vec<Value> = r
        .into_iter()
        .flat_map(|r| &r.responses)
        .map(|x| json!({ "point": line(&x.point), "reply": line(&x.reply) }))
        .collect();
    json!({
        "round": r.map(|r| crate::domain::numerals::to_han(r.round)), "submitted_on": r.and_then(|r| day(r.submitted_on)),
        "submitted_by": r.and_then(|r| name_of(d, &r.submitted_by)), "reasons": reasons, "package": package,
        "intended": d.intended.map(|k| k.zh()), "complex": r.is_some_and(|r| r.complex), "responses": responses,
        "after_hearing": r.is_some_and(|r| r.after_hearing),
        "reviewer": r.and_then(|r| r.reviewer.as_ref()).and_then(|w| line(&w.name)),
        "qualification": r.and_then(|r| r.reviewer.as_ref()).and_then(|w| w.qualification.as_deref()).and_then(line),
        "accepted_on": r.and_then(|r| r.accepted_on).map(date_zh), "checklist": checklist,
        "conclusion": r.and_then(|r| r.conclusion).map(|c| c.zh()), "opinion": r.and_then(|r| said(&r.opinion)),
        "concluded_on": r.and_then(|r| r.concluded_on).map(date_zh),
        "figure": d.case.disc.final_.as_ref().map(|f| {
            sanction(&crate::domain::dossier::Sanction::of(f), input.assessment).join("；")
        }).filter(|t| !t.is_empty()),
    })
}

fn spot(input: &PaperInput<'_>) -> Value {
    let d = input.dossier;
    let s = d.spot.as_ref();
    let paid = d.execution.payments.iter().find(|p| p.collected_by_agency);
    json!({
        "at": s.and_then(|s| moment(s.at)), "place": s.and_then(|s| line(&s.place)),
        "officers": s.and_then(|s| named(d, &s.officers)), "form_no": s.and_then(|s| line(&s.form_no)),
        "items": s.map(|s| sanction(&s.content, input.assessment)).unwrap_or_default(),
        "orders": s.map(|s| orders(&s.content)).unwrap_or_default(),
        "basis": s.map(|s| texts(&s.basis).join("、")).filter(|t| !t.is_empty()), "facts": s.and_then(|s| said(&s.facts)),
        "fined": s.is_some_and(|s| s.content.kinds.contains(&crate::domain::penalty::PenaltyKind::Fine)),
        "shown": s.is_some_and(|s| s.shown_certs), "told": s.is_some_and(|s| s.told_orally),
        "statement": s.and_then(|s| line(&s.statement)), "delivered": s.is_some_and(|s| s.delivered),
        "refused": s.and_then(|s| s.refused_note.as_deref()).and_then(line),
        "on": s.map(|s| date_zh(crate::domain::procedure::guards::day_of(s.at))),
        "receipt": paid.and_then(|p| line(&p.receipt_no)), "filed_on": s.and_then(|s| s.filed_on).map(date_zh),
    })
}
