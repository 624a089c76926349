//! A model behind an OpenAI interface elsewhere (vLLM, SGLang, llama.cpp): the same requests, answers and counters as the
//! model on our own thread.
//!
//! Two things differ. Only redacted requests are sent. And a server cannot be steered token by token: the request's guide is
//! not applied, so an answer must pass the same verification as any other, and a refused one is tried again or replaced.

mod call;
mod error;

use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use serde_json::json;

use self::call::{Call, Event};
pub use self::error::RemoteError;
use super::{EngineError, Finish, Generated, Metrics, Request, Stats};
use crate::settings::{self, Secret};

/// How often the wait for the server looks at the cancel flag.
const GLANCE: Duration = Duration::from_millis(20);
/// No server needs longer to accept a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// Bytes an answer may have per token asked for; a server that sends more does not keep to the request.
const BYTES_PER_TOKEN: usize = 64;

/// Where the server is and how it is spoken to.
pub struct Remote {
    agent: ureq::Agent,
    url: String,
    model: String,
    key: Option<Secret>,
    silence: Duration,
    metrics: Metrics,
}

impl Remote {
    pub fn new(settings: &settings::Remote) -> Result<Self, RemoteError> {
        let wanted =
            |value: &Option<String>| value.as_deref().map(str::trim).filter(|v| !v.is_empty()).map(String::from);
        let endpoint = wanted(&settings.endpoint).ok_or(RemoteError::Settings("没有填写 endpoint"))?;
        let model = wanted(&settings.model).ok_or(RemoteError::Settings("没有填写 model"))?;
        if !endpoint.starts_with("http://") && !endpoint.starts_with("https://") {
            return Err(RemoteError::Settings("endpoint 应以 http:// 或 https:// 开头"));
        }
        let key = settings.key.clone().filter(|k| !k.reveal().is_empty());
        // Checked here because the client's own complaint would show the key.
        if key.as_ref().is_some_and(|k| !k.reveal().bytes().all(|b| b.is_ascii_graphic())) {
            return Err(RemoteError::Settings("key 含有空格或非 ASCII 字符"));
        }
        if !(1..=3600).contains(&settings.timeout_seconds) {
            return Err(RemoteError::Settings("timeout_seconds 应在 1 到 3600 之间"));
        }
        let silence = Duration::from_secs(settings.timeout_seconds);
        let agent = ureq::AgentBuilder::new()
            .timeout_connect(silence.min(CONNECT))
            .timeout_read(silence)
            .timeout_write(silence)
            // Neither the key nor the text goes anywhere but to the address that a person wrote down.
            .redirects(0)
            // A connection that died in the pool would look like a server that died.
            .max_idle_connections(0)
            .build();
        let url = format!("{}/chat/completions", endpoint.trim_end_matches('/'));
        Ok(Self { agent, url, model, key, silence, metrics: Metrics::default() })
    }

    pub fn name(&self) -> &str {
        &self.model
    }

    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    pub fn unsupported(&self, what: &'static str) -> RemoteError {
        RemoteError::Unsupported(what)
    }

    fn body(&self, request: &Request) -> serde_json::Value {
        let mut body = json!({
            "model": self.model,
            "messages": request.messages,
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "seed": request.seed,
            "stream": true,
            "stream_options": { "include_usage": true },
        });
        if !request.stop.is_empty() {
            body["stop"] = json!(request.stop);
        }
        body
    }

    pub fn generate(&self, request: Request, mut on_text: impl FnMut(&str)) -> Result<Generated, EngineError> {
        if !request.redacted {
            return Err(EngineError::NotRedacted);
        }
        if !request.prefix.is_empty() {
            return Err(self.unsupported("续写给定的开头").into());
        }
        let clock = Instant::now();
        let (send, events) = sync_channel(16);
        let call = Call {
            agent: self.agent.clone(),
            url: self.url.clone(),
            key: self.key.clone(),
            body: self.body(&request).to_string(),
            cancel: request.cancel.clone(),
            silence: self.silence,
        };
        // A thread of its own, because a blocked read cannot be told to stop. Left alone it ends with the next piece or with
        // the read timeout, closing the connection, which tells the server.
        std::thread::Builder::new()
            .name("remote".into())
            .spawn(move || call.run(&send))
            .map_err(|e| RemoteError::Unreachable(e.to_string()))?;
        let most = (request.max_tokens + 64).saturating_mul(BYTES_PER_TOKEN);
        let mut answer = Generated { text: String::new(), finish: Finish::Stop, stats: Stats::default() };
        let (mut heard, mut pieces, mut first) = (Instant::now(), 0, None);
        let mut counted = None;
        loop {
            if request.cancel.load(Ordering::Relaxed) {
                answer.finish = Finish::Cancelled;
                break;
            }
            let event = match events.recv_timeout(GLANCE) {
                Ok(event) => event,
                Err(RecvTimeoutError::Timeout) if heard.elapsed() > self.silence + GLANCE => {
                    return Err(RemoteError::Timeout(self.silence.as_secs()).into());
                }
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return Err(RemoteError::Cut.into()),
            };
            heard = Instant::now();
            match event {
                Event::Trying => {}
                Event::Text(piece) => {
                    first.get_or_insert_with(|| clock.elapsed());
                    pieces += 1;
                    if answer.text.len() + piece.len() > most {
                        return Err(RemoteError::Broken("回答超出所要求的长度".into()).into());
                    }
                    on_text(&piece);
                    answer.text.push_str(&piece);
                }
                Event::Finish(finish) => answer.finish = finish,
                Event::Usage(usage) => counted = Some(usage),
                Event::Done => break,
                Event::Failed(e) => return Err(e.into()),
            }
        }
        let stats = &mut answer.stats;
        let total = clock.elapsed();
        stats.prefill_seconds = first.unwrap_or(total).as_secs_f64();
        stats.decode_seconds = total.as_secs_f64() - stats.prefill_seconds;
        // Servers that do not count send about one token at a time.
        stats.generated_tokens = counted.as_ref().map_or(pieces, |u| u.completion_tokens);
        stats.prompt_tokens = counted.as_ref().map_or(0, |u| u.prompt_tokens);
        stats.reused_tokens = counted.map_or(0, |u| u.reused()).min(stats.prompt_tokens);
        stats.passes = pieces;
        self.metrics.count(&answer);
        self.metrics.busy_micros.fetch_add(total.as_micros() as u64, Ordering::Relaxed);
        Ok(answer)
    }
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Remote").field("url", &self.url).field("model", &self.model).field("key", &self.key).finish()
    }
}
