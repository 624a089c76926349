//! Drafts of a case: begin one, list them, take passages on, put one into the file.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::flow::cases::drafts::{Filed, NewDraft, Rewrite, RewrittenPassage, Take, TakenPassage};
use crate::web::App;
use crate::web::asked::{Ask, Asked};
use crate::web::extract::{Json as Body, fields};
use crate::web::problem::Problem;

pub async fn create(State(flow): State<App>, Path(no): Path<String>, asked: Asked) -> Result<Response, Problem> {
    let new: NewDraft = fields(&asked.body)?;
    let started = flow.start_case_draft(&asked.ask, &no, new).await?;
    let at = [(header::LOCATION, started.url.clone())];
    Ok((StatusCode::ACCEPTED, at, Json(started)).into_response())
}

pub async fn list(State(flow): State<App>, Ask(ask): Ask, Path(no): Path<String>) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({ "case_no": no, "drafts": flow.case_drafts(&ask.actor, &no).await? })))
}

/// Every text the passage had, and those that came too late.
pub async fn history(
    State(flow): State<App>,
    Ask(ask): Ask,
    Path((id, field)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({ "id": id, "field": field, "versions": flow.passage_history(&ask, &id, &field).await? })))
}

pub async fn take(
    State(flow): State<App>,
    Ask(ask): Ask,
    Path((id, field)): Path<(String, String)>,
    Body(take): Body<Take>,
) -> Result<Json<TakenPassage>, Problem> {
    Ok(Json(flow.take_passage(&ask, &id, &field, take).await?))
}

/// The machine writes one passage anew; answers when it is written.
pub async fn rewrite(
    State(flow): State<App>,
    Ask(ask): Ask,
    Path((id, field)): Path<(String, String)>,
    Body(rewrite): Body<Rewrite>,
) -> Result<Json<RewrittenPassage>, Problem> {
    Ok(Json(flow.rewrite_passage(&ask, &id, &field, rewrite).await?))
}

/// The version of the draft that was looked at, when the caller says it.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Seen {
    version: Option<i64>,
}

pub async fn file(State(flow): State<App>, Path(id): Path<String>, asked: Asked) -> Result<Json<Filed>, Problem> {
    let Seen { version } = fields(&asked.body)?;
    Ok(Json(flow.file_draft(&asked.ask, &id, version).await?))
}
