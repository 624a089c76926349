//! The thread that owns the model, and the handle to it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use super::session::Session;
use super::vocab::Vocab;
use super::{EngineError, Finish, Generated, Message, Request, Scored};
use crate::models::{Loaded, ModelError};

/// Requests that may wait beside those being answered. Long work waits with its owner, not here.
const QUEUE: usize = 256;

enum Work {
    Generate {
        request: Request,
        on_text: Box<dyn FnMut(&str) + Send>,
        answer: SyncSender<Result<Generated, EngineError>>,
        queued: Instant,
    },
    Score {
        messages: Vec<Message>,
        prefix: String,
        options: Vec<String>,
        answer: SyncSender<Result<Vec<Scored>, EngineError>>,
    },
    Bench {
        prompt: usize,
        count: usize,
        answer: SyncSender<Result<(f64, f64), EngineError>>,
    },
}

/// Counters since start.
#[derive(Debug, Default)]
pub struct Metrics {
    pub requests: AtomicU64,
    pub cancelled: AtomicU64,
    pub prompt_tokens: AtomicU64,
    pub reused_tokens: AtomicU64,
    pub generated_tokens: AtomicU64,
    pub guessed_tokens: AtomicU64,
    pub accepted_tokens: AtomicU64,
    pub passes: AtomicU64,
    pub queue_micros: AtomicU64,
    pub prefill_micros: AtomicU64,
    pub decode_micros: AtomicU64,
    pub mask_micros: AtomicU64,
    /// Time the model worked for anybody.
    pub busy_micros: AtomicU64,
}

impl Metrics {
    pub(super) fn count(&self, done: &Generated) {
        let add = |counter: &AtomicU64, n: usize| counter.fetch_add(n as u64, Ordering::Relaxed);
        let time = |counter: &AtomicU64, seconds: f64| counter.fetch_add((seconds * 1e6) as u64, Ordering::Relaxed);
        let stats = &done.stats;
        add(&self.requests, 1);
        add(&self.cancelled, usize::from(done.finish == Finish::Cancelled));
        add(&self.prompt_tokens, stats.prompt_tokens);
        add(&self.reused_tokens, stats.reused_tokens);
        add(&self.generated_tokens, stats.generated_tokens);
        add(&self.guessed_tokens, stats.guessed_tokens);
        add(&self.accepted_tokens, stats.accepted_tokens);
        add(&self.passes, stats.passes);
        time(&self.queue_micros, stats.queue_seconds);
        time(&self.prefill_micros, stats.prefill_seconds);
        time(&self.decode_micros, stats.decode_seconds);
        time(&self.mask_micros, stats.mask_seconds);
    }

    /// Name and value of every counter.
    pub fn all(&self) -> [(&'static str, u64); 13] {
        let get = |c: &AtomicU64| c.load(Ordering::Relaxed);
        [
            ("requests", get(&self.requests)),
            ("cancelled", get(&self.cancelled)),
            ("prompt_tokens", get(&self.prompt_tokens)),
            ("reused_tokens", get(&self.reused_tokens)),
            ("generated_tokens", get(&self.generated_tokens)),
            ("guessed_tokens", get(&self.guessed_tokens)),
            ("accepted_tokens", get(&self.accepted_tokens)),
            ("passes", get(&self.passes)),
            ("queue_microseconds", get(&self.queue_micros)),
            ("prefill_microseconds", get(&self.prefill_micros)),
            ("decode_microseconds", get(&self.decode_micros)),
            ("mask_microseconds", get(&self.mask_micros)),
            ("busy_microseconds", get(&self.busy_micros)),
        ]
    }
}

/// Handle to the model thread; cheap to clone, the thread ends with the last one.
#[derive(Clone)]
pub struct Local {
    shared: Arc<Shared>,
}

struct Shared {
    // Order matters: the sender goes first, then the thread that waits for it is joined.
    queue: Option<SyncSender<Work>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    vocab: Arc<Vocab>,
    name: String,
    path: &'static str,
    metrics: Arc<Metrics>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = thread.join();
        }
    }
}

impl Local {
    pub(super) fn start(
        load: impl FnOnce(&Path) -> Result<Loaded, ModelError> + Send + 'static,
        path: &Path,
    ) -> Result<Self, EngineError> {
        let (queue, work) = sync_channel::<Work>(QUEUE);
        let (ready, is_ready) = sync_channel(1);
        let path: PathBuf = path.into();
        let metrics = Arc::new(Metrics::default());
        let counters = metrics.clone();
        let thread = std::thread::Builder::new()
            .name("model".into())
            .spawn(move || {
                let opened = load(&path).map_err(EngineError::from).and_then(|loaded| {
                    let (name, used) = (loaded.name.clone(), loaded.path);
                    let mut session = Session::new(loaded);
                    session.warm_up()?;
                    Ok((session, name, used))
                });
                match opened {
                    Ok((session, name, used)) => {
                        let _ = ready.send(Ok((session.vocab.clone(), name, used)));
                        run(session, &work, &counters);
                    }
                    Err(e) => {
                        let _ = ready.send(Err(e));
                    }
                }
            })
            .map_err(|e| ModelError::Compute(e.to_string()))?;
        let (vocab, name, used) = is_ready.recv().map_err(|_| EngineError::Stopped)??;
        let shared = Shared { queue: Some(queue), thread: Mutex::new(Some(thread)), vocab, name, path: used, metrics };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The model's own name.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// `packed` or `candle`.
    pub fn implementation(&self) -> &'static str {
        self.shared.path
    }

    pub fn vocab(&self) -> &Vocab {
        &self.shared.vocab
    }

    pub fn metrics(&self) -> &Metrics {
        &self.shared.metrics
    }

    fn submit(&self, work: Work) -> Result<(), EngineError> {
        let queue = self.shared.queue.as_ref().ok_or(EngineError::Stopped)?;
        queue.try_send(work).map_err(|e| match e {
            TrySendError::Full(_) => EngineError::Busy,
            TrySendError::Disconnected(_) => EngineError::Stopped,
        })
    }

    /// Blocks until the answer is complete; `on_text` is called on the model's thread with each new piece.
    pub fn generate(
        &self,
        request: Request,
        on_text: impl FnMut(&str) + Send + 'static,
    ) -> Result<Generated, EngineError> {
        let (answer, wait) = sync_channel(1);
        self.submit(Work::Generate { request, on_text: Box::new(on_text), answer, queued: Instant::now() })?;
        wait.recv().map_err(|_| EngineError::Stopped)?
    }

    /// Log-likelihood of each option after the messages and prefix.
    pub fn score(
        &self,
        messages: Vec<Message>,
        prefix: String,
        options: Vec<String>,
    ) -> Result<Vec<Scored>, EngineError> {
        let (answer, wait) = sync_channel(1);
        self.submit(Work::Score { messages, prefix, options, answer })?;
        wait.recv().map_err(|_| EngineError::Stopped)?
    }

    /// Seconds for reading `prompt` tokens and for writing `count`.
    pub fn bench(&self, prompt: usize, count: usize) -> Result<(f64, f64), EngineError> {
        let (answer, wait) = sync_channel(1);
        self.submit(Work::Bench { prompt, count, answer })?;
        wait.recv().map_err(|_| EngineError::Stopped)?
    }
}

/// Who waits for an answer.
type Waiting = HashMap<u64, SyncSender<Result<Generated, EngineError>>>;

fn run(mut session: Session, work: &Receiver<Work>, metrics: &Metrics) {
    let (mut waiting, mut next) = (Waiting::new(), 0u64);
    loop {
        // Take in what is there; sleep only when there is nothing to do.
        while session.has_room() {
            let item = if session.idle() { work.recv().ok() } else { work.try_recv().ok() };
            match item {
                Some(item) => take_in(item, &mut session, &mut waiting, &mut next),
                None if session.idle() => return,
                None => break,
            }
        }
        let clock = Instant::now();
        for (id, outcome) in session.round() {
            if let Ok(done) = &outcome {
                metrics.count(done);
            }
            if let Some(answer) = waiting.remove(&id) {
                let _ = answer.send(outcome);
            }
        }
        metrics.busy_micros.fetch_add(clock.elapsed().as_micros() as u64, Ordering::Relaxed);
    }
}

fn take_in(item: Work, session: &mut Session, waiting: &mut Waiting, next: &mut u64) {
    match item {
        Work::Generate { request, on_text, answer, queued } => {
            *next += 1;
            match session.admit(*next, request, queued.elapsed().as_secs_f64(), on_text) {
                Ok(()) => {
                    waiting.insert(*next, answer);
                }
                Err(e) => {
                    let _ = answer.send(Err(e));
                }
            }
        }
        Work::Score { messages, prefix, options, answer } => {
            let _ = answer.send(session.score(&messages, &prefix, &options));
        }
        Work::Bench { prompt, count, answer } => {
            let _ = answer.send(session.bench(prompt, count));
        }
    }
}
