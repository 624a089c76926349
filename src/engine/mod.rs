//! 推理: one thread that owns the model, or a model server elsewhere. It gets messages and returns text; it does not know what a case is.

mod chat;
pub mod embedder;
mod grammar;
mod guide;
mod handle;
mod lookup;
mod remote;
mod sampling;
mod sequence;
mod session;
mod slots;
mod sse;
pub mod vectors;
mod vocab;
mod worker;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::models::{self, Implementation, ModelError};
use crate::settings;

pub use chat::Template;
pub use grammar::{GrammarError, GrammarGuide};
pub use guide::{Guide, Step};
pub use handle::Engine;
pub use remote::RemoteError;
pub use vocab::{TokenSet, Vocab};
pub use worker::Metrics;

/// One turn of a conversation; `role` is `system`, `user` or `assistant`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Message {
    pub role: String,
    pub content: String,
}

impl Message {
    pub fn new(role: &str, content: impl Into<String>) -> Self {
        Self { role: role.into(), content: content.into() }
    }
}

/// A request for text. The same request gives the same text: sampling is seeded, greedy at temperature 0.
pub struct Request {
    pub messages: Vec<Message>,
    /// Text the answer already begins with; not repeated in the result.
    pub prefix: String,
    pub max_tokens: usize,
    pub temperature: f32,
    pub seed: u64,
    /// Ends the answer (not included).
    pub stop: Vec<String>,
    /// Restricts what may be written.
    pub guide: Option<Box<dyn Guide>>,
    /// Checked between tokens.
    pub cancel: Arc<AtomicBool>,
    /// Whether to guess ahead by copying from prompt and answer: faster, never another text.
    pub copying: bool,
    /// No message names a person, a sum, a date or any other value of a case: only then may the request leave this machine.
    pub redacted: bool,
}

impl Request {
    pub fn new(messages: Vec<Message>) -> Self {
        Self {
            messages,
            prefix: String::new(),
            max_tokens: 512,
            temperature: 0.0,
            seed: 0,
            stop: vec![],
            guide: None,
            cancel: Arc::default(),
            copying: true,
            redacted: false,
        }
    }
}

/// Why generation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// End of text, a stop string, or the guide said so.
    Stop,
    Length,
    /// The last tokens had all been written before.
    Repetition,
    Cancelled,
}

/// What a request cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Stats {
    pub prompt_tokens: usize,
    /// Prompt tokens found in the cache and not read again.
    pub reused_tokens: usize,
    pub generated_tokens: usize,
    pub prefill_seconds: f64,
    pub decode_seconds: f64,
    pub queue_seconds: f64,
    /// Passes of the model while writing.
    pub passes: usize,
    /// Tokens guessed by copying, and how many of them proved right.
    pub guessed_tokens: usize,
    pub accepted_tokens: usize,
    /// Time spent on what may be written.
    pub mask_seconds: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Generated {
    pub text: String,
    pub finish: Finish,
    pub stats: Stats,
}

/// Log-likelihood of one option after the prompt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    pub sum: f32,
    /// Per token: comparable between options of different length.
    pub mean: f32,
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum EngineError {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("模型正忙，请稍后再试")]
    Busy,
    #[error("模型线程已经停止，请重启服务")]
    Stopped,
    #[error("对话模板有误：{0}")]
    Template(String),
    #[error("分词失败：{0}")]
    Tokenize(String),
    #[error("内容没有脱敏，不能发往本机以外的模型服务；请改用本机模型")]
    NotRedacted,
    #[error(transparent)]
    Remote(#[from] RemoteError),
}

impl EngineError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Model(e) => e.code(),
            Self::Busy => "engine.busy",
            Self::Stopped => "engine.stopped",
            Self::Template(_) => "engine.template",
            Self::Tokenize(_) => "engine.tokenize",
            Self::NotRedacted => "engine.not_redacted",
            Self::Remote(e) => e.code(),
        }
    }
}

/// Loads a GGUF file and starts its thread. Returns only when a first token has been computed, so a broken model is an error
/// here and not later.
pub fn open(path: &Path) -> Result<Engine, EngineError> {
    let implementation = match std::env::var("ZHICAI_ENGINE").as_deref() {
        Ok("candle") => Implementation::Candle,
        _ => Implementation::Auto,
    };
    Ok(Engine::local(worker::Local::start(move |path| models::open(path, implementation), path)?))
}

/// A model server reached over HTTP. Only the settings are checked here; whether it answers shows with the first request, so
/// that a server that starts later than this program is found.
pub fn connect(settings: &settings::Remote) -> Result<Engine, EngineError> {
    Ok(Engine::remote(remote::Remote::new(settings)?))
}
