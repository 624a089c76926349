//! 案件: register, list, look, take steps; the same steps under names of their own for callers that think in stages.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::flow::cases::{CaseView, Changed, Filter, Page};
use crate::web::App;
use crate::web::asked::{Ask, Asked};
use crate::web::problem::Problem;

pub async fn list(State(flow): State<App>, Ask(ask): Ask, Query(filter): Query<Filter>) -> Result<Json<Page>, Problem> {
    Ok(Json(flow.list_cases(&ask.actor, &filter).await?))
}

pub async fn open(State(flow): State<App>, asked: Asked) -> Result<Response, Problem> {
    let changed = flow.open_case(&asked.ask, &asked.body).await?;
    let at = HeaderValue::try_from(format!("/api/v1/cases/{}", escaped(&changed.case_no))).ok();
    let mut response = (StatusCode::CREATED, Json(changed)).into_response();
    if let Some(at) = at {
        response.headers_mut().insert(header::LOCATION, at);
    }
    Ok(response)
}

/// A path segment of a header: everything but letters, digits and `-_` as %XX.
fn escaped(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

pub async fn show(State(flow): State<App>, Ask(ask): Ask, Path(no): Path<String>) -> Result<Json<CaseView>, Problem> {
    Ok(Json(flow.case_view(&ask, &no).await?))
}

pub async fn step(State(flow): State<App>, Path(no): Path<String>, asked: Asked) -> Result<Json<Changed>, Problem> {
    Ok(Json(flow.take_step(&asked.ask, &no, &asked.body).await?))
}

/// The step of that name; the body gives the rest of it.
async fn named(flow: App, no: &str, asked: Asked, step: &str) -> Result<Json<Changed>, Problem> {
    Ok(Json(flow.take_named(&asked.ask, no, step, &asked.body).await?))
}

pub async fn facts(State(flow): State<App>, Path(no): Path<String>, asked: Asked) -> Result<Json<Changed>, Problem> {
    named(flow, &no, asked, "save_facts").await
}

/// `{id}` is the number of the case, or `number:version` as a saved set of facts is named.
pub async fn confirm_facts(
    State(flow): State<App>,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<Json<Changed>, Problem> {
    let (no, version) = match id.rsplit_once(':') {
        Some((no, version)) => (no.to_string(), version.parse::<i64>().ok()),
        None => (id, None),
    };
    let mut asked = asked;
    if asked.body.trim().is_empty() {
        asked.body = version.map_or(json!({}), |v| json!({ "version": v })).to_string();
    }
    named(flow, &no, asked, "confirm_facts").await
}

pub async fn amount(State(flow): State<App>, Path(no): Path<String>, asked: Asked) -> Result<Json<Changed>, Problem> {
    named(flow, &no, asked, "set_figure").await
}

pub async fn submit_review(State(flow): State<App>, Path(no): Path<String>, asked: Asked) -> Result<Response, Problem> {
    let changed = flow.take_named(&asked.ask, &no, "submit_review", &asked.body).await?;
    Ok((StatusCode::CREATED, Json(changed)).into_response())
}

pub async fn publicity(
    State(flow): State<App>,
    Path(no): Path<String>,
    asked: Asked,
) -> Result<Json<Changed>, Problem> {
    named(flow, &no, asked, "prepare_publicity").await
}

pub async fn approve_publicity(
    State(flow): State<App>,
    Path(no): Path<String>,
    asked: Asked,
) -> Result<Json<Changed>, Problem> {
    named(flow, &no, asked, "approve_publicity").await
}

pub async fn withdraw_publicity(
    State(flow): State<App>,
    Path(no): Path<String>,
    asked: Asked,
) -> Result<Json<Changed>, Problem> {
    named(flow, &no, asked, "withdraw_publicity").await
}

/// 检索 for the case as of the days that matter.
pub async fn sources(State(flow): State<App>, Path(no): Path<String>, asked: Asked) -> Result<Json<Value>, Problem> {
    Ok(Json(flow.case_sources(&asked.ask, &no, &asked.body).await?))
}

pub async fn assess(State(flow): State<App>, Path(no): Path<String>, asked: Asked) -> Result<Json<Value>, Problem> {
    Ok(Json(flow.assess_case(&asked.ask, &no).await?))
}

pub async fn audit(State(flow): State<App>, Ask(ask): Ask, Path(no): Path<String>) -> Result<Json<Value>, Problem> {
    let findings = flow.audit_case(&ask.actor, &no, ask.today()).await?;
    Ok(Json(crate::flow::cases::audit_json(&no, &findings)))
}

pub async fn precheck(State(flow): State<App>, Ask(ask): Ask, Path(no): Path<String>) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({ "case_no": no, "items": flow.precheck_case(&ask.actor, &no, ask.today()).await? })))
}

/// What is on record about the case; reading it is on record, too.
pub async fn record(State(flow): State<App>, Ask(ask): Ask, Path(no): Path<String>) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({ "case_no": no, "events": flow.case_record(&ask, &no).await? })))
}

/// Saves that came too late, kept for their authors.
pub async fn conflicts(State(flow): State<App>, Ask(ask): Ask, Path(no): Path<String>) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({ "case_no": no, "conflicts": flow.parked_saves(&ask.actor, &no).await? })))
}
