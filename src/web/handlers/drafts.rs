//! Drafts by their id, stateless ones (case JSON in, 202 + job) and those of a case: progress as server-sent events; the document
//! in three forms.

use std::convert::Infallible;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use tokio_stream::{Stream, StreamExt};

use crate::flow::cases::Asking;
use crate::flow::cases::drafts::{Document, DraftView, Format};
use crate::flow::jobs::JobEvent;
use crate::web::App;
use crate::web::caller::{Caller, Origin};
use crate::web::extract::Text;
use crate::web::problem::Problem;

#[derive(Deserialize)]
pub struct Options {
    kind: Option<String>,
}

pub async fn create(
    State(flow): State<App>,
    caller: Option<Caller>,
    Query(options): Query<Options>,
    headers: HeaderMap,
    Text(body): Text,
) -> Result<Response, Problem> {
    let key = headers.get("idempotency-key").and_then(|k| k.to_str().ok()).map(str::to_string);
    let id = flow.start_draft(Caller::actor(&caller), &body, options.kind.as_deref(), key)?;
    let base = format!("/api/v1/drafts/{id}");
    let links = json!({ "id": id, "job": id, "status": "queued", "url": base, "events": format!("{base}/events"), "document": format!("{base}/document.docx") });
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, base)], Json(links)).into_response())
}

pub async fn show(
    State(flow): State<App>,
    caller: Option<Caller>,
    origin: Origin,
    Path(id): Path<String>,
) -> Result<Json<DraftView>, Problem> {
    Ok(Json(flow.draft_view(asking(caller, origin).as_ref(), &id).await?))
}

/// Whoever asks, where somebody is signed in.
fn asking(caller: Option<Caller>, Origin(origin): Origin) -> Option<Asking> {
    caller.map(|Caller(actor)| Asking { actor, origin, now: Timestamp::now(), once: None })
}

pub async fn cancel(
    State(flow): State<App>,
    caller: Option<Caller>,
    origin: Origin,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    flow.cancel_any_draft(asking(caller, origin).as_ref(), &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub async fn events(
    State(flow): State<App>,
    caller: Option<Caller>,
    origin: Origin,
    Path(id): Path<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let stream = flow.draft_stream(asking(caller, origin).as_ref(), &id).await?.map(|event| {
        let name = match &event {
            JobEvent::Queued => "queued",
            JobEvent::Passage(_) => "passage",
            JobEvent::Done => "done",
            JobEvent::Failed(_) => "failed",
        };
        let data = match &event {
            JobEvent::Passage(progress) => serde_json::to_string(progress),
            JobEvent::Failed(report) => serde_json::to_string(report),
            JobEvent::Queued | JobEvent::Done => Ok("{}".into()),
        };
        Ok(Event::default().event(name).data(data.unwrap_or_else(|_| "{}".into())))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()))
}

pub async fn docx(
    State(flow): State<App>,
    caller: Option<Caller>,
    origin: Origin,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let Document { name, bytes } = flow.draft_document(asking(caller, origin).as_ref(), &id, Format::Docx).await?;
    let kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    let encoded: String = name
        .bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b"-_.".contains(&b) { (b as char).to_string() } else { format!("%{b:02X}") }
        })
        .collect();
    let disposition = format!("attachment; filename=\"draft.docx\"; filename*=UTF-8''{encoded}");
    Ok(([(header::CONTENT_TYPE, kind.to_string()), (header::CONTENT_DISPOSITION, disposition)], bytes).into_response())
}

pub async fn html(
    State(flow): State<App>,
    caller: Option<Caller>,
    origin: Origin,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let made = flow.draft_document(asking(caller, origin).as_ref(), &id, Format::Html).await?;
    Ok(([(header::CONTENT_TYPE, "text/html; charset=utf-8")], made.bytes).into_response())
}

pub async fn text(
    State(flow): State<App>,
    caller: Option<Caller>,
    origin: Origin,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let made = flow.draft_document(asking(caller, origin).as_ref(), &id, Format::Text).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], made.bytes).into_response())
}
