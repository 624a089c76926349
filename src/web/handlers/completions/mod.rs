//! `/v1/models` and `/v1/chat/completions`: the interface of ordinary clients of language models.

mod answer;
mod body;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio_stream::StreamExt;

use self::answer::{Chunks, Head};
use crate::error::Report;
use crate::flow::completions::{Answer, Part};
use crate::web::App;
use crate::web::problem::Problem;

pub async fn models(State(flow): State<App>) -> Json<Value> {
    let models: Vec<Value> = flow.model_id().map(model).into_iter().collect();
    Json(json!({ "object": "list", "data": models }))
}

pub async fn show_model(State(flow): State<App>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    Ok(Json(model(flow.served_model(&id)?)))
}

fn model(id: &str) -> Value {
    // When the weights were made is not known.
    json!({ "id": id, "object": "model", "created": 0, "owned_by": "zhicai" })
}

/// Answers whole, or piece by piece. When the client goes away the answer is dropped, and with it the model's work.
pub async fn create(State(flow): State<App>, bytes: Result<Bytes, BytesRejection>) -> Result<Response, Problem> {
    let wanted = body::read(&bytes?)?;
    let head = Head::new(flow.served_model(&wanted.completion.model)?);
    let mut answer = flow.complete(wanted.completion)?;
    if !wanted.stream {
        return Ok(Json(whole(&head, answer).await?).into_response());
    }
    // What fails before the first word gets an honest status instead of a broken stream.
    let first = answer.next().await.transpose()?;
    let chunks = Chunks::new(head, first, answer, wanted.include_usage);
    Ok(Sse::new(chunks).keep_alive(KeepAlive::default()).into_response())
}

async fn whole(head: &Head, mut answer: Answer) -> Result<Value, Report> {
    loop {
        match answer.next().await.transpose()? {
            Some(Part::Text(_)) => {}
            Some(Part::End(done)) => return Ok(head.whole(&done)),
            None => return Err(answer::interrupted()),
        }
    }
}
