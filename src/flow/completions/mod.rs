//! 对话: one answer of the language model for programs that speak the OpenAI interface. Nothing of a case is involved.

mod format;

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_stream::Stream;

pub use self::format::{JsonSchema, ResponseFormat, guide_for};
use super::{Flow, report};
use crate::engine::{Engine, EngineError, Request};
pub use crate::engine::{Finish, Generated, Message};
use crate::error::{Class, Report, Result};
use crate::models::ModelError;

/// Answers under way, those waiting included; each holds a thread.
const AT_ONCE: usize = 32;
/// The name under which any program finds the model in use.
pub const DEFAULT_MODEL: &str = "default";

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    pub model: String,
    pub messages: Vec<Message>,
    pub max_tokens: usize,
    pub temperature: f32,
    pub seed: u64,
    pub stop: Vec<String>,
    pub format: ResponseFormat,
}

/// A part of an answer: text, and last of all how it ended. The texts together are the text of the end.
#[derive(Debug)]
pub enum Part {
    Text(String),
    End(Generated),
}

/// An answer in the making. Dropping it stops the model within a token.
pub struct Answer {
    parts: UnboundedReceiver<Result<Part>>,
    ended: bool,
    _stop: StopOnDrop,
}

/// The asker went away, so nobody needs the rest.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Answers under way, counted and told when the service ends.
#[derive(Default)]
pub struct Running {
    count: Arc<AtomicUsize>,
    flags: std::sync::Mutex<Vec<std::sync::Weak<AtomicBool>>>,
}

/// One of [`AT_ONCE`] places, given back when dropped.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Running {
    fn enter(&self, cancel: &Arc<AtomicBool>) -> Result<Place> {
        let place = Place(self.count.clone());
        if self.count.fetch_add(1, Ordering::Relaxed) >= AT_ONCE {
            return Err(Report::new(Class::Busy, "engine.busy", "语言模型正忙", "请求过多，请稍后再试"));
        }
        let mut flags = self.flags.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        flags.retain(|f| f.strong_count() > 0);
        flags.push(Arc::downgrade(cancel));
        Ok(place)
    }

    pub(super) fn cancel_all(&self) {
        let flags = self.flags.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        flags.iter().filter_map(std::sync::Weak::upgrade).for_each(|f| f.store(true, Ordering::Relaxed));
    }
}

impl Flow {
    /// The id of the model meant by `name`.
    pub fn served_model(&self, name: &str) -> Result<&str> {
        let Some(id) = self.model_id() else {
            let detail = "服务启动时没有选用语言模型，请用 --model 指定后重新启动";
            return Err(Report::new(Class::Missing, "model.none", "没有语言模型", detail));
        };
        if name == id || name == DEFAULT_MODEL {
            return Ok(id);
        }
        let detail = format!("{}：本服务提供 {id}，也可写 {DEFAULT_MODEL}", name.chars().take(80).collect::<String>());
        Err(Report::new(Class::NotFound, "model_not_found", "没有这个模型", detail))
    }

    /// Starts an answer. Text comes as it is written.
    pub fn complete(self: &Arc<Self>, wanted: Completion) -> Result<Answer> {
        self.served_model(&wanted.model)?;
        let mut request = Request::new(wanted.messages);
        request.max_tokens = wanted.max_tokens;
        request.temperature = wanted.temperature;
        request.seed = wanted.seed;
        request.stop = wanted.stop;
        request.guide = guide_for(&wanted.format)?;
        let cancel = request.cancel.clone();
        let place = self.answers.enter(&cancel)?;
        let (out, parts) = unbounded_channel();
        let flow = self.clone();
        tokio::task::spawn_blocking(move || {
            let _place = place;
            let pieces = out.clone();
            // Never blocks the model; what a slow reader has not taken yet is bounded by `max_tokens`.
            let on_text = move |text: &str| drop(pieces.send(Ok(Part::Text(text.to_string()))));
            let outcome = match flow.engine() {
                Ok(Some(engine)) => answer(engine, request, on_text),
                Ok(None) => Err(Report::new(Class::Missing, "model.none", "没有语言模型", "请用 --model 指定模型")),
                Err(report) => Err(report),
            };
            let _ = out.send(outcome.map(Part::End));
        });
        Ok(Answer { parts, ended: false, _stop: StopOnDrop(cancel) })
    }
}

fn answer(engine: &Engine, request: Request, on_text: impl FnMut(&str) + Send + 'static) -> Result<Generated> {
    engine.generate(request, on_text).map_err(|e| match e {
        EngineError::Model(ModelError::ContextOverflow { .. }) => {
            Report::new(Class::Invalid, "context_length_exceeded", "对话过长", e.to_string())
        }
        // Templates refuse conversations they have no form for, such as two turns of the same side.
        EngineError::Template(_) => Report::new(Class::Invalid, e.code(), "模型不接受这样的对话", e.to_string()),
        other => report::engine(other),
    })
}

impl Stream for Answer {
    type Item = Result<Part>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Part>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let part = std::task::ready!(self.parts.poll_recv(cx)).unwrap_or_else(|| {
            Err(Report::new(Class::Internal, "completion.crashed", "回答中断", "系统内部错误，请重试"))
        });
        self.ended = !matches!(part, Ok(Part::Text(_)));
        Poll::Ready(Some(part))
    }
}
