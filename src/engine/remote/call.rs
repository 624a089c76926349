//! One request on its way: sent, tried again while nothing has come back, read piece by piece.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::Value;

use super::RemoteError;
use crate::engine::Finish;
use crate::engine::sse::{Events, SseError};
use crate::settings::Secret;

/// How often a request is sent at most.
const ATTEMPTS: u32 = 3;
/// Wait before the second attempt; doubled for the third.
const BACKOFF: Duration = Duration::from_millis(250);
/// A server's own wish (`Retry-After`) is followed up to here.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// An error's text is read and shown up to here.
const ERROR_BYTES: u64 = 64 << 10;
const ERROR_CHARS: usize = 200;

/// What happened, for the one who waits.
pub enum Event {
    /// Sent again; the server's silence counts from here.
    Trying,
    Text(String),
    Finish(Finish),
    Usage(Usage),
    Done,
    Failed(RemoteError),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Usage {
    pub prompt_tokens: usize,
    pub completion_tokens: usize,
    prompt_tokens_details: Option<PromptDetails>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PromptDetails {
    cached_tokens: Option<usize>,
}

impl Usage {
    /// Prompt tokens the server had in its cache.
    pub fn reused(&self) -> usize {
        self.prompt_tokens_details.as_ref().and_then(|d| d.cached_tokens).unwrap_or(0)
    }
}

#[derive(Deserialize)]
struct Chunk {
    choices: Option<Vec<Choice>>,
    usage: Option<Usage>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    delta: Option<Delta>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Delta {
    content: Option<String>,
}

/// Everything a request needs on its own thread.
pub struct Call {
    pub agent: ureq::Agent,
    pub url: String,
    pub key: Option<Secret>,
    pub body: String,
    pub cancel: Arc<AtomicBool>,
    /// The agent's timeout, for the message.
    pub silence: Duration,
}

/// A failed attempt, and whether another may help.
enum Trouble {
    Again(RemoteError, Option<Duration>),
    Final(RemoteError),
}

impl Call {
    pub fn run(self, out: &SyncSender<Event>) {
        let outcome = self.answer(out);
        // Nobody waits any more when the request was cancelled.
        let _ = out.send(outcome.map_or_else(Event::Failed, |()| Event::Done));
    }

    fn answer(&self, out: &SyncSender<Event>) -> Result<(), RemoteError> {
        let mut attempt = 1;
        let response = loop {
            match self.send() {
                Ok(response) => break response,
                Err(Trouble::Final(e)) => return Err(e),
                Err(Trouble::Again(e, _)) if attempt == ATTEMPTS => return Err(e),
                Err(Trouble::Again(e, wish)) => {
                    let wait = wish.unwrap_or(BACKOFF * 2u32.pow(attempt - 1)).min(LONGEST_WAIT);
                    tracing::warn!(code = e.code(), attempt, "the model server is asked again");
                    if !self.sleep(wait) || out.send(Event::Trying).is_err() {
                        return Err(e);
                    }
                    attempt += 1;
                }
            }
        };
        let kind = response.content_type().to_string();
        if kind != "text/event-stream" {
            return Err(RemoteError::Broken(format!("应为 text/event-stream，收到 {}", self.shown(&kind))));
        }
        self.read(response.into_reader(), out)
    }

    fn send(&self) -> Result<ureq::Response, Trouble> {
        let mut request = self
            .agent
            .post(&self.url)
            .set("Content-Type", "application/json")
            .set("Accept", "text/event-stream")
            // A compressed stream would arrive in lumps.
            .set("Accept-Encoding", "identity");
        if let Some(key) = &self.key {
            request = request.set("Authorization", &format!("Bearer {}", key.reveal()));
        }
        match request.send_string(&self.body) {
            Ok(response) if response.status() == 200 => Ok(response),
            Ok(response) | Err(ureq::Error::Status(_, response)) => Err(self.refused(response)),
            Err(ureq::Error::Transport(e)) => Err(self.no_answer(&e)),
        }
    }

    fn refused(&self, response: ureq::Response) -> Trouble {
        let status = response.status();
        let wish = response.header("Retry-After").and_then(|s| s.trim().parse().ok()).map(Duration::from_secs);
        match status {
            401 | 403 => Trouble::Final(RemoteError::Unauthorized(status)),
            429 => Trouble::Again(RemoteError::Busy, wish),
            _ => {
                let mut text = Vec::new();
                // Whatever can be read of it is good enough for a message.
                let _ = response.into_reader().take(ERROR_BYTES).read_to_end(&mut text);
                let message = match serde_json::from_slice::<Value>(&text) {
                    Ok(json) => self.message(&json),
                    Err(_) => self.shown(&String::from_utf8_lossy(&text)),
                };
                let error = RemoteError::Status { status, message };
                if status >= 500 { Trouble::Again(error, wish) } else { Trouble::Final(error) }
            }
        }
    }

    fn no_answer(&self, error: &ureq::Transport) -> Trouble {
        let told = || self.shown(error.message().unwrap_or("没有更多说明"));
        match error.kind() {
            ureq::ErrorKind::ConnectionFailed | ureq::ErrorKind::Dns => {
                Trouble::Again(RemoteError::Unreachable(self.shown(&error.to_string())), None)
            }
            // The request may have been taken up: sending it again would have it answered twice.
            ureq::ErrorKind::Io if timed_out(error) => Trouble::Final(RemoteError::Timeout(self.silence.as_secs())),
            ureq::ErrorKind::Io => Trouble::Final(RemoteError::Cut),
            ureq::ErrorKind::InvalidUrl | ureq::ErrorKind::UnknownScheme => {
                Trouble::Final(RemoteError::Settings("endpoint 不是有效的地址"))
            }
            _ => Trouble::Final(RemoteError::Broken(told())),
        }
    }

    fn read(&self, from: impl Read, out: &SyncSender<Event>) -> Result<(), RemoteError> {
        let mut events = Events::new(from);
        let mut finished = false;
        loop {
            let data = match events.next() {
                Ok(Some(data)) => data,
                // The reason has been told: only the closing words are missing.
                Ok(None) if finished => return Ok(()),
                Ok(None) => return Err(RemoteError::Cut),
                Err(SseError::Io(e)) if is_timeout(&e) => return Err(RemoteError::Timeout(self.silence.as_secs())),
                Err(SseError::Io(_)) if finished => return Ok(()),
                Err(SseError::Io(_)) => return Err(RemoteError::Cut),
                Err(SseError::TooLong) => return Err(RemoteError::Broken("一行超过 1 MB".into())),
                Err(SseError::NotText) => return Err(RemoteError::Broken("不是 UTF-8 文字".into())),
            };
            if data.trim() == "[DONE]" {
                return if finished { Ok(()) } else { Err(RemoteError::Cut) };
            }
            if self.cancel.load(Ordering::Relaxed) {
                return Ok(());
            }
            let chunk: Chunk = serde_json::from_str(&data)
                .map_err(|_| RemoteError::Broken(format!("不是约定的 JSON：{}", self.shown(&data))))?;
            if let Some(error) = chunk.error.filter(|e| !e.is_null()) {
                return Err(RemoteError::Reported(self.message(&error)));
            }
            let mut told = Vec::new();
            if let Some(choice) = chunk.choices.unwrap_or_default().into_iter().next() {
                told.extend(choice.delta.and_then(|d| d.content).filter(|t| !t.is_empty()).map(Event::Text));
                if let Some(reason) = choice.finish_reason {
                    finished = true;
                    told.push(Event::Finish(if reason == "length" { Finish::Length } else { Finish::Stop }));
                }
            }
            told.extend(chunk.usage.map(Event::Usage));
            for event in told {
                if out.send(event).is_err() {
                    return Ok(());
                }
            }
        }
    }

    /// The words of an error in any of the shapes servers use.
    fn message(&self, error: &Value) -> String {
        let inner = error.get("error").unwrap_or(error);
        let text =
            [inner.get("message"), inner.get("detail"), Some(inner)].into_iter().flatten().find_map(Value::as_str);
        self.shown(text.unwrap_or("没有说明"))
    }

    /// Foreign text, fit to be shown and logged: short, on one line, without the key.
    fn shown(&self, text: &str) -> String {
        let text = match &self.key {
            Some(key) => text.replace(key.reveal(), "***"),
            None => text.to_string(),
        };
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(ERROR_CHARS).collect::<String>().trim().into()
    }

    /// Waits; false when the request was cancelled meanwhile.
    fn sleep(&self, wait: Duration) -> bool {
        let until = Instant::now() + wait;
        while Instant::now() < until {
            if self.cancel.load(Ordering::Relaxed) {
                return false;
            }
            std::thread::sleep(Duration::from_millis(20).min(until.saturating_duration_since(Instant::now())));
        }
        true
    }
}

fn is_timeout(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock)
}

/// Whether a read or write timed out, somewhere down the chain of causes.
fn timed_out(error: &ureq::Transport) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(e) = cause {
        if e.downcast_ref::<std::io::Error>().is_some_and(is_timeout) {
            return true;
        }
        cause = e.source();
    }
    false
}
