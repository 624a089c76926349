//! 研讨: the trainer's list and class view, the participant's place.

use axum::http::StatusCode;
use axum::response::Response;
use minijinja::context;
use minijinja::value::{Serde, Value};
use serde_json::json;

use super::range::span;
use super::spread::{groups, strip};
use crate::domain::penalty::Tier;
use crate::domain::workshop::shown::Revealed;
use crate::domain::workshop::stage::{Stage, steps};
use crate::domain::workshop::{Difficulty, QuestionKind, key, read_code};
use crate::flow::Flow;
use crate::flow::people::Signed;
use crate::flow::workshops::{Candidate, ClassView, Seat, SetRow, Wanted, WorkshopRow};

/// What the list shows.
pub struct Workshops {
    pub sets: Vec<SetRow>,
    pub classes: Vec<WorkshopRow>,
    pub wanted: Wanted,
    pub filtered: bool,
    pub cases: Vec<Candidate>,
}

/// `/workshops`.
pub fn workshops(flow: &Flow, who: &Signed, page: &Workshops) -> Response {
    let acts: Vec<_> = flow
        .teaching_acts()
        .into_iter()
        .map(|(id, act, n)| json!({ "on": page.wanted.violation == id, "code": id, "zh": format!("{act}（{n}）") }))
        .collect();
    let choice = |code: &str, zh: &str, now: &str| json!({ "code": code, "zh": zh, "on": code == now });
    let tiers: Vec<_> = Tier::ALL.iter().map(|t| choice(t.code(), t.zh(), &page.wanted.tier)).collect();
    let levels: Vec<_> = Difficulty::ALL.iter().map(|d| choice(d.code(), d.zh(), &page.wanted.difficulty)).collect();
    let stage = |code: &str| Stage::from_code(code).map_or("", Stage::zh);
    let classes: Vec<_> = page
        .classes
        .iter()
        .map(|c| json!({ "id": c.id, "title": c.title, "code": c.code, "stage_zh": stage(&c.stage), "over": c.stage == "ended", "participants": c.participants, "created_at": c.created_at }))
        .collect();
    let model = json!({
        "sets": page.sets, "classes": classes, "acts": acts, "tiers": tiers, "levels": levels,
        "filtered": page.filtered, "cases": page.cases, "rule": key::RULE,
    });
    super::page(flow, who, "/workshops", "workshops.html", "研讨", model)
}

/// Ranges of the last step in words.
fn spans(revealed: &Revealed) -> serde_json::Value {
    let Some(amount) = &revealed.amount else { return json!(null) };
    let ranges: Vec<String> = amount.ranges.iter().map(span).collect();
    json!({ "ranges": ranges.join("，或者"), "suggested": amount.suggested.map(|s| span(&s)) })
}

/// The steps of the question with what is done of them.
fn progress(kind: &str, at: Stage) -> Vec<serde_json::Value> {
    let steps = steps(QuestionKind::from_code(kind).unwrap_or(QuestionKind::Single));
    let all: Vec<Stage> = [Stage::Answering, Stage::Closed].into_iter().chain(steps.iter().copied()).collect();
    let now = all.iter().position(|s| *s == at).unwrap_or(all.len());
    all.iter().enumerate().map(|(i, s)| json!({ "zh": s.zh(), "done": i < now, "now": i == now })).collect()
}

/// `/workshops/{id}`, readable from the last row.
pub fn class(flow: &Flow, who: &Signed, class: ClassView) -> Response {
    let spread = class.spread.as_ref();
    let bars = spread.map(groups).unwrap_or_default();
    let strip = spread.and_then(|s| strip(s, class.revealed.amount.as_ref()));
    let moves: Vec<_> = class.moves.iter().map(|m| json!({ "code": m.code(), "zh": m.zh() })).collect();
    let kind = class.shown.as_ref().map_or("", |s| s.kind);
    let model = json!({
        "spans": spans(&class.revealed), "progress": progress(kind, class.at.stage),
        "bars": bars, "strip": strip, "moves": moves, "c": class,
    });
    super::page(flow, who, "/workshops", "workshop.html", "课堂", model)
}

/// Where the code is typed; `code` as it came in the address.
pub fn join_door(code: &str) -> Response {
    let code = read_code(code).unwrap_or_default();
    super::answer(StatusCode::OK, "join.html", context! { code })
}

/// The place of a participant.
pub fn seat(seat: &Seat, csrf: &str) -> Response {
    let with = context! { csrf, spans => Value::from(Serde(spans(&seat.revealed))), s => Value::from(Serde(seat)) };
    super::answer(StatusCode::OK, "seat.html", with)
}
