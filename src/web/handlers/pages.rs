//! Pages: what somebody who is signed in looks at. What they do goes through the interface, with its checks.

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;

use crate::domain::people::Role;
use crate::error::Report;
use crate::flow::cases::{Asking, Filter};
use crate::flow::people::Signed;
use crate::web::App;
use crate::web::caller::{Origin, Session};
use crate::web::problem::Problem;
use crate::web::views;

/// A refusal, shown as a page.
pub struct Refused(pub(super) Report);

impl From<Report> for Refused {
    fn from(report: Report) -> Self {
        Self(report)
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self(problem.0)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        views::refused(self.0)
    }
}

pub(super) fn asking(who: &Signed, origin: Origin) -> Asking {
    Asking { actor: who.actor.clone(), origin: origin.0, now: Timestamp::now(), once: None }
}

/// Cases shown at home.
const RECENT: u32 = 8;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Whose {
    /// Everything in sight instead of one's own.
    all: bool,
    /// The group of deadlines that is listed to its end.
    whole: Option<String>,
}

/// 待办 for whoever is signed in; the page that works without sign-in for others.
pub async fn home(
    State(flow): State<App>,
    who: Option<Session>,
    origin: Origin,
    Query(whose): Query<Whose>,
) -> Result<Response, Refused> {
    let Some(Session(who)) = who else { return Ok(views::open("index.html")) };
    let ask = asking(&who, origin);
    let mine = !whose.all;
    let dues = flow.due_list(&ask.actor, mine, ask.today()).await?;
    let recent = Filter { mine: true, limit: Some(RECENT), ..Filter::default() };
    let recent = flow.list_cases(&ask.actor, &recent).await?;
    let mut waiting = vec![];
    if who.actor.has(Role::Reviewer) {
        waiting = flow.reviews(&ask.actor, Some("submitted")).await?;
        let running = flow.reviews(&ask.actor, Some("accepted")).await?;
        waiting.extend(running.into_iter().filter(|r| r.reviewer_id.as_deref() == Some(who.actor.id.as_str())));
        waiting.truncate(RECENT as usize);
    }
    Ok(views::home(&flow, &who, &views::Home { dues, mine, whole: whose.whole, recent, waiting }))
}

/// Facts → draft without a case.
pub async fn try_out() -> Response {
    views::open("index.html")
}

/// A filter as forms send it: what is left empty does not count.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    state: String,
    review: String,
    publicity: String,
    violation: String,
    q: String,
    mine: String,
    due_to: String,
    cursor: String,
}

pub async fn cases(
    State(flow): State<App>,
    Session(who): Session,
    origin: Origin,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refused> {
    let ask = asking(&who, origin);
    let some = |text: String| Some(text.trim().to_string()).filter(|t| !t.is_empty());
    let filter = Filter {
        state: some(wanted.state),
        review: some(wanted.review),
        publicity: some(wanted.publicity),
        violation: some(wanted.violation),
        q: some(wanted.q),
        mine: wanted.mine == "true",
        due_to: wanted.due_to.parse().ok(),
        cursor: wanted.cursor.parse().ok(),
        ..Filter::default()
    };
    let page = flow.list_cases(&ask.actor, &filter).await?;
    Ok(views::cases(&flow, &who, &page, &filter, ask.today().to_string()))
}

pub async fn register(State(flow): State<App>, Session(who): Session, origin: Origin) -> Response {
    let today = asking(&who, origin).today();
    views::page(&flow, &who, "/register", "register.html", "登记案件", serde_json::json!({ "today": today }))
}

pub async fn case(
    State(flow): State<App>,
    Session(who): Session,
    origin: Origin,
    Path(no): Path<String>,
) -> Result<Response, Refused> {
    let ask = asking(&who, origin);
    let page = flow.case_page(&ask, &no).await?;
    Ok(views::case(&flow, &who, &page, ask.today().to_string()))
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Queue {
    state: String,
}

pub async fn reviews(
    State(flow): State<App>,
    Session(who): Session,
    origin: Origin,
    Query(queue): Query<Queue>,
) -> Result<Response, Refused> {
    let ask = asking(&who, origin);
    let state = Some(queue.state.as_str()).filter(|s| !s.is_empty());
    let rows = flow.reviews(&ask.actor, state).await?;
    Ok(views::reviews(&flow, &who, &rows, state, ask.today().to_string()))
}

pub async fn desk(
    State(flow): State<App>,
    Session(who): Session,
    origin: Origin,
    Path(id): Path<String>,
) -> Result<Response, Refused> {
    let ask = asking(&who, origin);
    let page = flow.desk_page(&ask, &id).await?;
    Ok(views::desk(&flow, &who, &page, ask.today().to_string()))
}

pub async fn overview(State(flow): State<App>, Session(who): Session, origin: Origin) -> Result<Response, Refused> {
    let ask = asking(&who, origin);
    let counts = flow.overview(&ask).await?;
    Ok(views::overview(&flow, &who, &counts, ask.today().to_string()))
}

/// Sets, classes, and the cases that fit a filter.
pub async fn workshops(
    State(flow): State<App>,
    Session(who): Session,
    origin: Origin,
    Query(wanted): Query<crate::flow::workshops::Wanted>,
) -> Result<Response, Refused> {
    let ask = asking(&who, origin);
    let (sets, classes) = (flow.workshop_sets(&ask).await?, flow.workshops(&ask).await?);
    let filtered = wanted != crate::flow::workshops::Wanted::default();
    let cases = if filtered { flow.workshop_candidates(&wanted)? } else { vec![] };
    Ok(views::workshops(&flow, &who, &views::Workshops { sets, classes, wanted, filtered, cases }))
}

pub async fn workshop(
    State(flow): State<App>,
    Session(who): Session,
    origin: Origin,
    Path(id): Path<String>,
) -> Result<Response, Refused> {
    let ask = asking(&who, origin);
    let class = flow.class_view(&ask, &id).await?;
    Ok(views::class(&flow, &who, class))
}

pub async fn help(State(flow): State<App>, Session(who): Session) -> Response {
    let roles: Vec<&str> = who.actor.roles.iter().map(|r| r.code()).collect();
    views::page(&flow, &who, "/help", "help.html", "帮助", serde_json::json!({ "roles": roles }))
}
