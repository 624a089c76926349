//! Workshops as the trainer leads them: sets, classes, results, and what changes as it happens.

use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;

use crate::domain::workshop::stage::Position;
use crate::domain::workshop::{QuestionSet, key};
use crate::flow::workshops::{Candidate, ClassView, Imported, ResultsFile, Wanted};
use crate::web::App;
use crate::web::asked::{Ask, Asked};
use crate::web::problem::Problem;
use crate::web::views::encoded;

/// Changes within this time are told together.
pub(super) const TOGETHER: Duration = Duration::from_millis(250);

pub async fn list(State(flow): State<App>, Ask(ask): Ask) -> Result<Json<Value>, Problem> {
    let (sets, classes) = (flow.workshop_sets(&ask).await?, flow.workshops(&ask).await?);
    Ok(Json(json!({ "sets": sets, "workshops": classes })))
}

#[derive(Serialize)]
pub struct Candidates {
    rule: &'static str,
    cases: Vec<Candidate>,
}

pub async fn candidates(
    State(flow): State<App>,
    Ask(_): Ask,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Candidates>, Problem> {
    Ok(Json(Candidates { rule: key::RULE, cases: flow.workshop_candidates(&wanted)? }))
}

pub async fn make_set(State(flow): State<App>, Asked { ask, body }: Asked) -> Result<Response, Problem> {
    let made = flow.make_set(&ask, &body).await?;
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Naming {
    #[serde(default)]
    title: String,
}

/// The body is the file itself, in either encoding.
pub async fn import_set(
    State(flow): State<App>,
    Ask(ask): Ask,
    Query(naming): Query<Naming>,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<(StatusCode, Json<Imported>), Problem> {
    let report = flow.import_set(&ask, &naming.title, &body?).await?;
    let status = if report.id.is_some() { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(report)))
}

pub async fn show_set(
    State(flow): State<App>,
    Ask(ask): Ask,
    Path(id): Path<String>,
) -> Result<Json<QuestionSet>, Problem> {
    Ok(Json(flow.workshop_set(&ask, &id).await?))
}

pub async fn open(State(flow): State<App>, Asked { ask, body }: Asked) -> Result<Response, Problem> {
    let made = flow.open_class(&ask, &body).await?;
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

pub async fn show(State(flow): State<App>, Ask(ask): Ask, Path(id): Path<String>) -> Result<Json<ClassView>, Problem> {
    Ok(Json(flow.class_view(&ask, &id).await?))
}

pub async fn move_on(
    State(flow): State<App>,
    Path(id): Path<String>,
    Asked { ask, body }: Asked,
) -> Result<Json<Position>, Problem> {
    Ok(Json(flow.move_class(&ask, &id, &body).await?))
}

pub async fn note(
    State(flow): State<App>,
    Path(id): Path<String>,
    Asked { ask, body }: Asked,
) -> Result<Response, Problem> {
    let made = flow.note_in_class(&ask, &id, &body).await?;
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

/// The state of the class now and after every change.
pub async fn events(
    State(flow): State<App>,
    Ask(ask): Ask,
    Path(id): Path<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    // Watched before it is read, so that nothing falls between.
    let mut watching = flow.watch_class(&ask, &id).await?;
    let (send, told) = mpsc::channel(1);
    tokio::spawn(async move {
        while let Ok(pulse) = flow.pulse(&id).await {
            let data = serde_json::to_string(&pulse).unwrap_or_default();
            if send.send(Ok(Event::default().event("class").data(data))).await.is_err() {
                break;
            }
            let goes_on = tokio::select! {
                changed = watching.changed() => changed,
                () = send.closed() => false,
            };
            if !goes_on {
                break;
            }
            tokio::time::sleep(TOGETHER).await;
        }
    });
    Ok(Sse::new(ReceiverStream::new(told)).keep_alive(KeepAlive::default()))
}

fn attached(file: ResultsFile) -> Response {
    let disposition = format!("attachment; filename=\"results\"; filename*=UTF-8''{}", encoded(&file.name));
    let headers = [(header::CONTENT_TYPE, file.kind.to_string()), (header::CONTENT_DISPOSITION, disposition)];
    (headers, file.bytes).into_response()
}

pub async fn csv(State(flow): State<App>, Ask(ask): Ask, Path(id): Path<String>) -> Result<Response, Problem> {
    Ok(attached(flow.class_csv(&ask, &id).await?))
}

pub async fn xlsx(State(flow): State<App>, Ask(ask): Ask, Path(id): Path<String>) -> Result<Response, Problem> {
    Ok(attached(flow.class_xlsx(&ask, &id).await?))
}
