//! The handle callers hold, whether the model is a thread of this process or a server elsewhere.

use std::sync::Arc;

use super::remote::Remote;
use super::worker::Local;
use super::{EngineError, Generated, Message, Metrics, Request, Scored, Vocab};

/// A model that answers; cheap to clone.
#[derive(Clone)]
pub struct Engine {
    backend: Backend,
}

#[derive(Clone)]
enum Backend {
    Local(Local),
    Remote(Arc<Remote>),
}

impl Engine {
    pub(super) fn local(local: Local) -> Self {
        Self { backend: Backend::Local(local) }
    }

    pub(super) fn remote(remote: Remote) -> Self {
        Self { backend: Backend::Remote(Arc::new(remote)) }
    }

    /// The model's own name.
    pub fn name(&self) -> &str {
        match &self.backend {
            Backend::Local(local) => local.name(),
            Backend::Remote(remote) => remote.name(),
        }
    }

    /// `packed`, `candle` or `remote`.
    pub fn implementation(&self) -> &'static str {
        match &self.backend {
            Backend::Local(local) => local.implementation(),
            Backend::Remote(_) => "remote",
        }
    }

    /// The tokens of the model; those of a server are its own matter.
    pub fn vocab(&self) -> Option<&Vocab> {
        match &self.backend {
            Backend::Local(local) => Some(local.vocab()),
            Backend::Remote(_) => None,
        }
    }

    pub fn metrics(&self) -> &Metrics {
        match &self.backend {
            Backend::Local(local) => local.metrics(),
            Backend::Remote(remote) => remote.metrics(),
        }
    }

    /// Blocks until the answer is complete; `on_text` is called with each new piece. A server is not told of the request's
    /// guide: whoever needs its promise verifies the text.
    pub fn generate(
        &self,
        request: Request,
        on_text: impl FnMut(&str) + Send + 'static,
    ) -> Result<Generated, EngineError> {
        match &self.backend {
            Backend::Local(local) => local.generate(request, on_text),
            Backend::Remote(remote) => remote.generate(request, on_text),
        }
    }

    /// Log-likelihood of each option after the messages and prefix. A server is never asked: what is to be judged is the
    /// narrative itself, which must not leave.
    pub fn score(
        &self,
        messages: Vec<Message>,
        prefix: String,
        options: Vec<String>,
    ) -> Result<Vec<Scored>, EngineError> {
        match &self.backend {
            Backend::Local(local) => local.score(messages, prefix, options),
            Backend::Remote(remote) => Err(remote.unsupported("按可能性选择").into()),
        }
    }

    /// Seconds for reading `prompt` tokens and for writing `count`.
    pub fn bench(&self, prompt: usize, count: usize) -> Result<(f64, f64), EngineError> {
        match &self.backend {
            Backend::Local(local) => local.bench(prompt, count),
            Backend::Remote(remote) => Err(remote.unsupported("测速").into()),
        }
    }
}
