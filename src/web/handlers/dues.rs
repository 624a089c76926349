//! 到期事项: overdue, today, this week; for a page and as a calendar feed.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::flow::cases::dues::DueList;
use crate::web::App;
use crate::web::asked::Ask;
use crate::web::problem::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// Only cases the caller belongs to; `false` shows all in sight, as a head wants it.
    #[serde(default = "yes")]
    mine: bool,
}

fn yes() -> bool {
    true
}

pub async fn list(
    State(flow): State<App>,
    Ask(ask): Ask,
    Query(wanted): Query<Wanted>,
) -> Result<Json<DueList>, Problem> {
    Ok(Json(flow.due_list(&ask.actor, wanted.mine, ask.today()).await?))
}

pub async fn calendar(
    State(flow): State<App>,
    Ask(ask): Ask,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let text = flow.due_calendar(&ask.actor, wanted.mine, ask.now).await?;
    let kind = "text/calendar; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, "inline; filename=\"zhicai.ics\"")], text)
        .into_response())
}
