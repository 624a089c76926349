//! How an answer looks on the wire, whole and in chunks.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::http::StatusCode;
use axum::response::sse::Event;
use serde_json::{Value, json};
use tokio_stream::Stream;

use crate::error::{Class, Report};
use crate::flow::completions::{Answer, Finish, Generated, Part};
use crate::web::openai;

/// What all parts of one answer have in common.
pub struct Head {
    id: String,
    created: i64,
    model: String,
}

impl Head {
    pub fn new(model: &str) -> Self {
        Self {
            id: format!("chatcmpl-{}", uuid::Uuid::new_v4().simple()),
            created: jiff::Timestamp::now().as_second(),
            model: model.into(),
        }
    }

    fn object(&self, kind: &str, choices: Value) -> Value {
        json!({
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "choices": choices,
        })
    }

    pub fn whole(&self, done: &Generated) -> Value {
        let message = json!({ "role": "assistant", "content": done.text, "refusal": null });
        let choice = json!({ "index": 0, "message": message, "logprobs": null, "finish_reason": reason(done.finish) });
        let mut object = self.object("chat.completion", json!([choice]));
        object["usage"] = usage(done);
        object
    }

    fn chunk(&self, delta: Value, finish: Option<Finish>) -> Value {
        let choice = json!({ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish.map(reason) });
        self.object("chat.completion.chunk", json!([choice]))
    }
}

/// A loop was cut off, so the text is no more complete than one that grew too long.
fn reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop => "stop",
        Finish::Length | Finish::Repetition | Finish::Cancelled => "length",
    }
}

fn usage(done: &Generated) -> Value {
    let stats = &done.stats;
    json!({
        "prompt_tokens": stats.prompt_tokens,
        "completion_tokens": stats.generated_tokens,
        "total_tokens": stats.prompt_tokens + stats.generated_tokens,
        "prompt_tokens_details": { "cached_tokens": stats.reused_tokens },
    })
}

pub fn interrupted() -> Report {
    Report::new(Class::Internal, "completion.interrupted", "回答中断", "系统内部错误，请重试")
}

/// The chunks of a streamed answer. Holds the answer: a client that goes away drops both.
pub struct Chunks {
    head: Head,
    answer: Answer,
    include_usage: bool,
    ready: VecDeque<String>,
}

impl Chunks {
    pub fn new(head: Head, first: Option<Part>, answer: Answer, include_usage: bool) -> Self {
        let mut chunks = Self { head, answer, include_usage, ready: VecDeque::new() };
        chunks.push(chunks.head.chunk(json!({ "role": "assistant", "content": "" }), None));
        if let Some(part) = first {
            chunks.take(part);
        }
        chunks
    }

    fn push(&mut self, mut chunk: Value) {
        // Where usage is asked for, every chunk but the last says that it has none.
        if self.include_usage {
            chunk["usage"] = Value::Null;
        }
        self.ready.push_back(chunk.to_string());
    }

    fn take(&mut self, part: Part) {
        match part {
            Part::Text(text) => self.push(self.head.chunk(json!({ "content": text }), None)),
            Part::End(done) => {
                self.push(self.head.chunk(json!({}), Some(done.finish)));
                if self.include_usage {
                    let mut last = self.head.object("chat.completion.chunk", json!([]));
                    last["usage"] = usage(&done);
                    self.ready.push_back(last.to_string());
                }
                self.ready.push_back("[DONE]".into());
            }
        }
    }
}

impl Stream for Chunks {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(data) = self.ready.pop_front() {
                return Poll::Ready(Some(Ok(Event::default().data(data))));
            }
            match std::task::ready!(Pin::new(&mut self.answer).poll_next(cx)) {
                Some(Ok(part)) => self.take(part),
                // The status has been sent; clients of this interface look for an error in the stream as well.
                Some(Err(report)) => {
                    let error = openai::error(&report, StatusCode::INTERNAL_SERVER_ERROR);
                    self.ready.push_back(error.to_string());
                }
                None => return Poll::Ready(None),
            }
        }
    }
}
