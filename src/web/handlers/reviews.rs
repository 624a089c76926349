//! 法制审核: the queue, the desk of one round, and what a reviewer does there. Conclusions are a person's.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::flow::cases::Changed;
use crate::web::App;
use crate::web::asked::{Ask, Asked};
use crate::web::problem::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    state: Option<String>,
}

pub async fn list(
    State(flow): State<App>,
    Ask(ask): Ask,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({ "reviews": flow.reviews(&ask.actor, wanted.state.as_deref()).await? })))
}

pub async fn show(State(flow): State<App>, Ask(ask): Ask, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    Ok(Json(flow.review_desk(&ask, &id).await?))
}

/// Accept, return, conclude, reassign, suspend: the step of the round's case, on the newest round only.
async fn act(flow: App, id: &str, asked: Asked, step: &str) -> Result<Json<Changed>, Problem> {
    Ok(Json(flow.review_step(&asked.ask, id, step, &asked.body).await?))
}

pub async fn accept(State(flow): State<App>, Path(id): Path<String>, asked: Asked) -> Result<Json<Changed>, Problem> {
    act(flow, &id, asked, "accept_review").await
}

pub async fn send_back(
    State(flow): State<App>,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<Json<Changed>, Problem> {
    act(flow, &id, asked, "return_review").await
}

pub async fn conclude(State(flow): State<App>, Path(id): Path<String>, asked: Asked) -> Result<Json<Changed>, Problem> {
    act(flow, &id, asked, "conclude_review").await
}

pub async fn reassign(State(flow): State<App>, Path(id): Path<String>, asked: Asked) -> Result<Json<Changed>, Problem> {
    act(flow, &id, asked, "reassign_review").await
}

pub async fn suspend(State(flow): State<App>, Path(id): Path<String>, asked: Asked) -> Result<Json<Changed>, Problem> {
    act(flow, &id, asked, "suspend_review").await
}

pub async fn comment(
    State(flow): State<App>,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<(StatusCode, Json<Changed>), Problem> {
    let changed = flow.review_step(&asked.ask, &id, "comment_review", &asked.body).await?;
    Ok((StatusCode::CREATED, Json(changed)))
}

pub async fn settle(
    State(flow): State<App>,
    Path((id, comment)): Path<(String, String)>,
    asked: Asked,
) -> Result<Json<Changed>, Problem> {
    Ok(Json(flow.settle_comment(&asked.ask, &id, &comment, &asked.body).await?))
}

/// Leaves a similar case out of the comparison, with a reason.
pub async fn exclude(
    State(flow): State<App>,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<(StatusCode, Json<Changed>), Problem> {
    let changed = flow.review_step(&asked.ask, &id, "exclude_similar", &asked.body).await?;
    Ok((StatusCode::CREATED, Json(changed)))
}

/// Compares with it again.
pub async fn include(State(flow): State<App>, Path(id): Path<String>, asked: Asked) -> Result<Json<Changed>, Problem> {
    act(flow, &id, asked, "include_similar").await
}
