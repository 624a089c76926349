//! Draft jobs of the stateless interface: in memory, bounded, a few at a time, cancellable.
//!
//! A job belongs to the person who started it, and for others it does not exist; one started without sign-in belongs to whoever
//! holds its id (an unguessable UUID). Drafts of a case are durable: see [`super::cases::drafts`].

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::{Semaphore, watch};
use tokio_stream::wrappers::ReceiverStream;

use crate::domain::document::draft::Draft;
use crate::error::{Class, Report};

/// Finished jobs kept for download.
const KEPT: usize = 100;
/// Jobs that may wait; one more is told to come back later.
const WAITING: usize = 32;

/// Jobs that are worked on at the same time; they share the model evenly.
const SIDE_BY_SIDE: usize = 4;

/// How far a draft is: the field being written and its text so far, with values filled in.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Progress {
    pub field: String,
    pub zh: String,
    pub text: String,
    /// The sentence being written and how many there are in this field.
    pub sentence: usize,
    pub of: usize,
    /// 0..1 over the whole document.
    pub progress: f64,
}

#[derive(Clone, Debug)]
pub enum JobEvent {
    Queued,
    Passage(Progress),
    Done,
    Failed(Report),
}

#[derive(Clone, Debug)]
enum State {
    Queued,
    Running(Progress),
    Done(Arc<Draft>),
    Failed(Report),
}

/// One draft in the making.
pub struct Job {
    pub id: String,
    owner: Option<String>,
    /// Of the request body, for idempotency.
    digest: String,
    key: Option<String>,
    state: watch::Sender<State>,
    cancelled: AtomicBool,
}

/// What `GET /drafts/{id}` shows.
#[derive(Clone, Debug, Serialize)]
pub struct JobView {
    pub id: String,
    pub status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draft: Option<Arc<Draft>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Report>,
}

impl Job {
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    pub fn report(&self, progress: Progress) {
        self.state.send_replace(State::Running(progress));
    }

    fn waiting(&self) -> bool {
        matches!(*self.state.borrow(), State::Queued)
    }

    fn ended(&self) -> bool {
        matches!(*self.state.borrow(), State::Done(_) | State::Failed(_))
    }

    fn view(&self) -> JobView {
        let (status, progress, draft, error) = match &*self.state.borrow() {
            State::Queued => ("queued", None, None, None),
            State::Running(p) => ("running", Some(p.clone()), None, None),
            State::Done(d) => ("done", None, Some(d.clone()), None),
            State::Failed(r) => (if r.code == CANCELLED { "cancelled" } else { "failed" }, None, None, Some(r.clone())),
        };
        JobView { id: self.id.clone(), status, progress, draft, error }
    }
}

pub const CANCELLED: &str = "draft.cancelled";

/// No such draft, or none of the caller's: the two look the same.
pub fn not_found() -> Report {
    Report::new(Class::NotFound, "draft.not_found", "没有这份草稿", "可能已被较新的草稿替换，请重新起草")
}

/// States as events, from the present one to the last. A slow reader sees the latest state, not every step.
pub fn follow<S: Send + Sync + 'static>(
    mut states: watch::Receiver<S>,
    event: fn(&S) -> JobEvent,
) -> ReceiverStream<JobEvent> {
    let (out, events) = tokio::sync::mpsc::channel(4);
    tokio::spawn(async move {
        loop {
            let event = event(&states.borrow_and_update());
            let over = matches!(event, JobEvent::Done | JobEvent::Failed(_));
            if out.send(event).await.is_err() || over || states.changed().await.is_err() {
                return;
            }
        }
    });
    ReceiverStream::new(events)
}

/// The report of a draft that was stopped by a person.
pub fn cancelled() -> Report {
    Report::new(Class::Conflict, CANCELLED, "起草已取消", "没有生成文书；事实仍在，可重新起草")
}

/// The registry.
pub struct Jobs {
    jobs: Mutex<VecDeque<Arc<Job>>>,
    turn: Arc<Semaphore>,
}

impl Default for Jobs {
    fn default() -> Self {
        Self { jobs: Mutex::default(), turn: Arc::new(Semaphore::new(SIDE_BY_SIDE)) }
    }
}

impl Jobs {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Job>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues `work`; the same key with the same body returns the first job, with another body it is refused.
    pub fn start(
        &self,
        owner: Option<&str>,
        digest: String,
        key: Option<String>,
        work: impl FnOnce(&Job) -> Result<Draft, Report> + Send + 'static,
    ) -> Result<String, Report> {
        let job = {
            let mut jobs = self.lock();
            if let Some(key) = &key
                && let Some(known) = jobs.iter().find(|j| j.key.as_ref() == Some(key) && j.owner.as_deref() == owner)
            {
                if known.digest == digest {
                    return Ok(known.id.clone());
                }
                return Err(Report::new(
                    Class::Conflict,
                    "draft.key_reused",
                    "Idempotency-Key 重复使用",
                    "同一个键只能用于同一份案件数据",
                ));
            }
            if jobs.iter().filter(|j| j.waiting()).count() >= WAITING {
                return Err(Report::new(Class::Busy, "engine.busy", "起草任务过多", "排队已满，请稍后再试"));
            }
            while jobs.len() >= KEPT {
                let Some(oldest) = jobs.iter().position(|j| j.ended()) else { break };
                jobs.remove(oldest);
            }
            let job = Arc::new(Job {
                id: uuid::Uuid::new_v4().to_string(),
                owner: owner.map(str::to_string),
                digest,
                key,
                state: watch::Sender::new(State::Queued),
                cancelled: AtomicBool::new(false),
            });
            jobs.push_back(job.clone());
            job
        };
        let (id, turn) = (job.id.clone(), self.turn.clone());
        tokio::spawn(async move {
            let Ok(_permit) = turn.acquire_owned().await else { return };
            if job.is_cancelled() {
                job.state.send_replace(State::Failed(cancelled()));
                return;
            }
            let worker = job.clone();
            let outcome = tokio::task::spawn_blocking(move || work(&worker)).await;
            job.state.send_replace(match outcome {
                Ok(Ok(draft)) => State::Done(Arc::new(draft)),
                Ok(Err(report)) => State::Failed(report),
                Err(_) => State::Failed(Report::new(
                    Class::Internal,
                    "draft.crashed",
                    "起草中断",
                    "系统内部错误，事实未受影响，请重试",
                )),
            });
        });
        Ok(id)
    }

    fn find(&self, owner: Option<&str>, id: &str) -> Result<Arc<Job>, Report> {
        let theirs = |job: &&Arc<Job>| job.id == id && (job.owner.is_none() || job.owner.as_deref() == owner);
        self.lock().iter().find(theirs).cloned().ok_or_else(not_found)
    }

    /// Turns to work on a draft, shared with the durable ones.
    pub fn turn(&self) -> Arc<Semaphore> {
        self.turn.clone()
    }

    pub fn view(&self, owner: Option<&str>, id: &str) -> Result<JobView, Report> {
        Ok(self.find(owner, id)?.view())
    }

    pub fn draft(&self, owner: Option<&str>, id: &str) -> Result<Arc<Draft>, Report> {
        let view = self.view(owner, id)?;
        match (view.draft, view.error) {
            (Some(draft), _) => Ok(draft),
            (None, Some(report)) => Err(report),
            (None, None) => {
                Err(Report::new(Class::Conflict, "draft.not_ready", "草稿还没有写完", "请等待起草结束后下载"))
            }
        }
    }

    pub fn cancel(&self, owner: Option<&str>, id: &str) -> Result<(), Report> {
        self.find(owner, id)?.cancelled.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Ends everything, for shutdown.
    pub fn cancel_all(&self) {
        for job in self.lock().iter() {
            job.cancelled.store(true, Ordering::Relaxed);
        }
    }

    /// Progress as it happens; ends after `Done` or `Failed`.
    pub fn events(&self, owner: Option<&str>, id: &str) -> Result<ReceiverStream<JobEvent>, Report> {
        Ok(follow(self.find(owner, id)?.state.subscribe(), |state| match state {
            State::Queued => JobEvent::Queued,
            State::Running(p) => JobEvent::Passage(p.clone()),
            State::Done(_) => JobEvent::Done,
            State::Failed(r) => JobEvent::Failed(r.clone()),
        }))
    }

    pub fn counts(&self) -> (usize, usize) {
        let jobs = self.lock();
        (jobs.iter().filter(|j| j.waiting()).count(), jobs.len())
    }
}
