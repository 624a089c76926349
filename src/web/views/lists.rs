//! Lists: what is due, cases, rounds of review, the overview.

use axum::response::Response;
use serde::Serialize;
use serde_json::json;

use super::vocabularies;
use crate::domain::people::Role;
use crate::flow::Flow;
use crate::flow::cases::dues::DueList;
use crate::flow::cases::{Filter, Overview, Page, ReviewRow};
use crate::flow::people::Signed;

/// What home shows beside the deadlines.
pub struct Home {
    pub dues: DueList,
    pub mine: bool,
    /// The group that is listed to its end.
    pub whole: Option<String>,
    pub recent: Page,
    /// Rounds that wait for a reviewer; empty for others.
    pub waiting: Vec<ReviewRow>,
}

/// Lines of a group before "全部列出".
const FIRST: usize = 15;

/// 待办.
pub fn home(flow: &Flow, who: &Signed, home: &Home) -> Response {
    let d = &home.dues;
    let groups = json!([
        { "id": "overdue", "zh": "已逾期", "rows": d.overdue },
        { "id": "today", "zh": "今天", "rows": d.due_today },
        { "id": "week", "zh": "本周", "rows": d.this_week },
        { "id": "later", "zh": "以后（三十天内）", "rows": d.later },
        { "id": "passed", "zh": "已届满、已过提示日", "rows": d.passed },
    ]);
    let all = who.actor.has_any(&[Role::Head, Role::Supervisor]);
    let total = d.overdue.len() + d.due_today.len() + d.this_week.len() + d.later.len() + d.passed.len();
    let model = json!({
        "today": d.today, "groups": groups, "total": total, "mine": home.mine, "whole": home.whole, "first": FIRST, "may_all": all,
        "recent": home.recent.items, "waiting": home.waiting,
        "officer": who.actor.has(Role::Officer), "reviewer": who.actor.has(Role::Reviewer),
    });
    super::page(flow, who, "/", "home.html", "待办", model)
}

/// A choice of a filter.
#[derive(Serialize)]
struct Choice {
    code: &'static str,
    zh: &'static str,
    on: bool,
}

fn options(name: &str, now: Option<&str>) -> Vec<Choice> {
    vocabularies::of(name).into_iter().map(|(code, zh)| Choice { code, zh, on: now == Some(code) }).collect()
}

/// 案件.
pub fn cases(flow: &Flow, who: &Signed, page: &Page, filter: &Filter, today: String) -> Response {
    let mut kept = vec![];
    let mut keep = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|v| !v.is_empty()) {
            kept.push(format!("{name}={}", super::encoded(&value)));
        }
    };
    keep("state", filter.state.clone());
    keep("review", filter.review.clone());
    keep("publicity", filter.publicity.clone());
    keep("violation", filter.violation.clone());
    keep("q", filter.q.clone());
    keep("mine", filter.mine.then(|| "true".into()));
    keep("due_to", filter.due_to.map(|d| d.to_string()));
    let next = page.next_cursor.map(|c| {
        let more = [format!("cursor={c}")];
        kept.iter().cloned().chain(more).collect::<Vec<_>>().join("&")
    });
    let model = json!({
        "items": page.items, "next": next, "first": filter.cursor.is_none(), "kept": kept.join("&"),
        "today": today, "q": filter.q, "mine": filter.mine, "due_to": filter.due_to,
        "states": options("state", filter.state.as_deref()),
        "reviews": options("review_state", filter.review.as_deref()),
        "publicities": options("publicity", filter.publicity.as_deref()),
        "filtered": !kept.is_empty(), "officer": who.actor.has_any(&[Role::Officer, Role::Trainer]),
    });
    super::page(flow, who, "/cases", "cases.html", "案件", model)
}

/// 法制审核.
pub fn reviews(flow: &Flow, who: &Signed, rows: &[ReviewRow], state: Option<&str>, today: String) -> Response {
    let model = json!({
        "rows": rows, "states": options("review_state", state), "state": state, "today": today, "me": who.actor.id,
    });
    super::page(flow, who, "/reviews", "reviews.html", "法制审核", model)
}

/// 总览.
pub fn overview(flow: &Flow, who: &Signed, o: &Overview, today: String) -> Response {
    let most = o.states.iter().map(|s| s.n).max().unwrap_or(1).max(1);
    let order: Vec<&str> = vocabularies::of("state").into_iter().map(|(code, _)| code).collect();
    let mut states: Vec<_> = o.states.iter().collect();
    states.sort_by_key(|s| order.iter().position(|c| *c == s.code));
    let states: Vec<_> = states
        .into_iter()
        .map(|s| {
            let wide = |n: i64| n as f64 * 300.0 / most as f64;
            let [young, middle, old] = s.ages;
            json!({
                "code": s.code, "zh": vocabularies::zh("state", &s.code), "n": s.n, "overdue": s.overdue,
                "ages": s.ages, "w": [wide(young), wide(middle), wide(old)],
                "x": [0.0, wide(young), wide(young + middle)],
            })
        })
        .collect();
    let named = |name: &str, rows: &[(String, i64)]| {
        rows.iter()
            .map(|(code, n)| json!({ "code": code, "zh": vocabularies::zh(name, code), "n": n }))
            .collect::<Vec<_>>()
    };
    let catalog = flow.catalog();
    let acts: Vec<_> = o
        .violations
        .iter()
        .map(|(id, n)| {
            let act = catalog["violations"].as_array().and_then(|v| v.iter().find(|v| v["id"] == id.as_str()));
            json!({ "code": id, "zh": act.and_then(|a| a["act"].as_str()).unwrap_or(id), "n": n })
        })
        .collect();
    let model = json!({
        "states": states, "open": o.open, "overdue": o.overdue, "due_soon": o.due_soon,
        "reviews_waiting": o.reviews_waiting, "reviews_running": o.reviews_running, "reviews_late": o.reviews_late,
        "conclusions": named("conclusion", &o.conclusions), "outcomes": named("decision_kind", &o.outcomes),
        "acts": acts, "publicity_pending": o.publicity_pending, "review_days": o.review_days, "deviations": o.deviations, "today": today,
    });
    super::page(flow, who, "/overview", "overview.html", "总览", model)
}
