//! Taking part in a class: with a code and a name, without an account.

use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{AppendHeaders, IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;

use super::workshops::TOGETHER;
use crate::web::caller::Origin;
use crate::web::extract::{Json as Body, Text};
use crate::web::problem::Problem;
use crate::web::seat::{self, Seated};
use crate::web::{App, views};

/// Everybody hears of a move at once; their next requests should not all come at once.
const SPREAD: u64 = 400;

fn fresh(response: impl IntoResponse) -> Response {
    let mut response = response.into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Where the code is typed.
pub async fn door() -> Response {
    fresh(views::join_door(""))
}

/// The place of whoever has one, otherwise the door with the code filled in.
pub async fn page(State(flow): State<App>, Path(code): Path<String>, headers: HeaderMap) -> Response {
    let taking = flow.taking(&code, seat::secret(&headers, &code).as_deref()).await;
    match taking {
        Ok(taking) => match flow.seat(&taking).await {
            Ok(seat) => fresh(views::seat(&seat, taking.csrf())),
            Err(report) => fresh(views::refused(report)),
        },
        Err(_) => fresh(views::join_door(&code)),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Joining {
    code: String,
    name: String,
}

pub async fn join(
    State(flow): State<App>,
    Origin(origin): Origin,
    Body(body): Body<Joining>,
) -> Result<Response, Problem> {
    let joined = flow.join_class(&body.code, &body.name, &origin, Timestamp::now()).await?;
    let set = seat::cookie(&joined.code, &joined.cookie, flow.settings().access.https);
    let told = json!({ "code": joined.code, "name": joined.name, "csrf": joined.csrf });
    Ok(fresh((StatusCode::CREATED, AppendHeaders([(header::SET_COOKIE, set)]), Json(told))))
}

pub async fn show(State(flow): State<App>, Seated(taking): Seated) -> Result<Response, Problem> {
    Ok(fresh(Json(flow.seat(&taking).await?)))
}

pub async fn answer(
    State(flow): State<App>,
    Seated(taking): Seated,
    Path((_, question)): Path<(String, usize)>,
    Origin(origin): Origin,
    Text(body): Text,
) -> Result<Json<Value>, Problem> {
    flow.answer_question(&taking, question, &body, &origin, Timestamp::now()).await?;
    Ok(Json(json!({ "question": question, "stored": true })))
}

/// Where the class stands, now and after every move.
pub async fn events(
    State(flow): State<App>,
    Seated(taking): Seated,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut watching = flow.watch_seat(&taking);
    let (send, told) = mpsc::channel(1);
    let mut wait = Duration::ZERO;
    tokio::spawn(async move {
        while let Ok(at) = flow.standing(&taking).await {
            tokio::time::sleep(wait).await;
            let data = serde_json::to_string(&at).unwrap_or_default();
            if send.send(Ok(Event::default().event("stage").data(data))).await.is_err() {
                break;
            }
            let goes_on = tokio::select! {
                changed = watching.changed() => changed,
                () = send.closed() => false,
            };
            if !goes_on {
                break;
            }
            wait = TOGETHER + Duration::from_millis(u64::from(jitter(taking.csrf())) * SPREAD / 256);
        }
    });
    Sse::new(ReceiverStream::new(told)).keep_alive(KeepAlive::default())
}

/// Different for everybody and the same for one.
fn jitter(csrf: &str) -> u8 {
    csrf.get(..2).and_then(|two| u8::from_str_radix(two, 16).ok()).unwrap_or_default()
}
