//! Values of 执行、公示、结案、归档.

use serde_json::{Value, json};

use super::values::{day, name_of};
use super::{PaperInput, line, said};
use crate::domain::document::fill::date_zh;
use crate::domain::document::papers::Binding;
use crate::domain::dossier::{Dossier, Payment};
use crate::domain::penalty::PartyKind;
use crate::domain::procedure::guards::{owed, unpaid};

pub(super) fn values(input: &PaperInput<'_>) -> Vec<(&'static str, Value)> {
    let d = input.dossier;
    let e = &d.execution;
    let closure = d.closure.as_ref();
    vec![
        (
            "deferral",
            json!({
                "requested_on": e.deferral.as_ref().and_then(|x| day(x.requested_on)),
                "until": e.deferral.as_ref().and_then(|x| day(x.until)),
                "reason": e.deferral.as_ref().and_then(|x| said(&x.reason)),
                "by": e.deferral.as_ref().and_then(|x| x.approval.as_ref()).and_then(|a| line(&a.name)),
                "on": e.deferral.as_ref().and_then(|x| x.approval.as_ref()).and_then(|a| day(a.on)),
            }),
        ),
        (
            "demand",
            json!({
                "on": e.demand.as_ref().and_then(|x| day(x.on)), "text": e.demand.as_ref().and_then(|x| said(&x.text)),
                "served_on": e.demand.as_ref().and_then(|x| x.served_on).map(date_zh),
            }),
        ),
        (
            "court",
            json!({
                "name": e.court.as_ref().and_then(|x| line(&x.court)), "on": e.court.as_ref().and_then(|x| day(x.on)),
                "outcome": e.court.as_ref().and_then(|x| x.outcome.as_deref()).and_then(line),
            }),
        ),
        ("exec", execution(d)),
        ("publicity", publicity(input)),
        (
            "closure",
            json!({
                "on": closure.and_then(|c| day(c.on)), "reason": closure.map(|c| c.reason.zh()),
                "opinion": closure.and_then(|c| said(&c.opinion)), "by": closure.and_then(|c| line(&c.approval.name)),
            }),
        ),
        ("archive", archive(input)),
    ]
}

fn execution(d: &Dossier) -> Value {
    let payment = |p: &Payment| {
        format!("{}缴款{}，票据号{}", date_zh(p.on), p.sum_fen.plain_yuan(), line(&p.receipt_no).unwrap_or_default())
    };
    let performed = |p: &crate::domain::dossier::Performed| {
        let how = line(&p.how).map(|h| format!("（{h}）")).unwrap_or_default();
        format!("{}履行{}{how}", date_zh(p.on), line(&p.what).unwrap_or_default())
    };
    let remedies: Vec<String> = d
        .remedies
        .iter()
        .map(|r| {
            let end = match (r.ended_on, r.outcome) {
                (Some(on), Some(o)) => format!("，{}结束：{}", date_zh(on), o.zh()),
                (None, Some(o)) => format!("，结果：{}", o.zh()),
                _ => "，尚未结束".into(),
            };
            format!("{}于{}受理{end}", r.kind.zh(), date_zh(r.accepted_on))
        })
        .collect();
    let e = &d.execution;
    json!({
        "payments": e.payments.iter().map(payment).collect::<Vec<_>>(),
        "performed": e.performed.iter().map(performed).collect::<Vec<_>>(),
        "owed": Some(owed(d)).filter(|s| s.0 > 0).map(|s| s.formal()),
        "unpaid": Some(unpaid(d)).filter(|s| s.0 > 0).map(|s| s.formal()),
        "late_fee": e.late_fee_fen.map(|s| s.formal()), "remedies": remedies,
        "decision_served_on": d.decision_served_on().and_then(day),
    })
}

/// 公示摘要: the party as the public sees it (privacy.md §2): a natural person by family name only.
fn publicity(input: &PaperInput<'_>) -> Value {
    let d = input.dossier;
    let p = &d.publicity;
    let citizen = matches!(d.case.party.kind, Some(PartyKind::Citizen) | None);
    let shown =
        d.case.party.name.as_deref().and_then(line).map(|name| {
            if citizen { name.chars().next().map(|c| format!("{c}某某")).unwrap_or_default() } else { name }
        });
    json!({
        "summary": said(&p.summary), "state": p.state.zh(), "due": p.due.map(date_zh), "party": shown,
        "published_on": p.published_on.map(date_zh),
        "channels": p.channels.iter().filter_map(|c| line(c)).collect::<Vec<_>>().join("、"),
        "exempt": p.exempt_because.as_deref().and_then(line),
    })
}

fn archive(input: &PaperInput<'_>) -> Value {
    let d = input.dossier;
    let none = Binding::default();
    let binding = input.archive.unwrap_or(&none);
    let rows: Vec<Value> = binding
        .entries
        .iter()
        .enumerate()
        .map(|(i, e)| {
            let pages = if e.from == e.to { e.from.to_string() } else { format!("{}—{}", e.from, e.to) };
            json!({
                "no": (i + 1).to_string(), "title": e.title, "doc_no": e.doc_no, "on": e.on, "pages": pages, "note": e.note,
            })
        })
        .collect();
    let files: Vec<Value> = binding.files.iter().map(|(path, title)| json!({ "path": path, "title": title })).collect();
    let begun = d
        .filing
        .as_ref()
        .map(|f| f.approved_on)
        .or(d.spot.as_ref().map(|s| crate::domain::procedure::guards::day_of(s.at)));
    json!({
        "no": line(&binding.archive_no), "years": Some(binding.retention_years).filter(|y| *y > 0).map(|y| y.to_string()),
        "by": name_of(d, &binding.by).or_else(|| line(&binding.by)), "rows": rows, "files": files,
        "count": binding.entries.len().to_string(), "pages": binding.pages.to_string(),
        "begun": begun.and_then(day), "ended": d.closure.as_ref().and_then(|c| day(c.on)),
    })
}
