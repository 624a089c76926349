//! 起草: goes on with every draft that is not written yet, at the start of the service and whenever one is queued. Each field is
//! saved with its event before the next begins, so a crash costs at most the field that was being written.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use tokio::sync::{Notify, watch};

use crate::domain::digest;
use crate::domain::document::draft::{DraftStats, Passage};
use crate::domain::document::form::Writer as By;
use crate::domain::document::passage::DraftState;
use crate::domain::document::verify;
use crate::domain::process_record::{ActorRef, NewEvent};
use crate::error::{Class, Report, Result};
use crate::flow::draft::supports;
use crate::flow::jobs::{self, JobEvent, Progress};
use crate::flow::{Flow, report};
use crate::store::StoreError;
use crate::store::drafts::{DraftRow, EndDraft, PassageRow, RunDraft, WritePassage, Written};

/// Nothing is missed between two looks, unless the store could not be read or another process queued something.
const LOOK_AGAIN: Duration = Duration::from_secs(20);
/// A model that is busy is asked again this often.
const BUSY_TRIES: u32 = 150;
const BUSY_WAIT: Duration = Duration::from_secs(2);

/// A draft that is waiting or being written in this run of the service.
pub(super) struct Live {
    state: watch::Sender<JobEvent>,
    cancelled: AtomicBool,
    working: AtomicBool,
}

/// What the runner remembers; everything that must survive is in the store.
#[derive(Default)]
pub(crate) struct Runner {
    wake: Arc<Notify>,
    live: Mutex<HashMap<String, Arc<Live>>>,
    started: AtomicBool,
    stopping: AtomicBool,
    /// Drafts that are being put into the file right now.
    filing: Mutex<HashSet<String>>,
}

/// Why writing ended before the draft was whole.
enum Stop {
    /// The service stops, the store cannot be written, or somebody else ended it: the store says how it goes on.
    Left,
    Failed(Report),
}

impl Runner {
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// No new field is begun; drafts stay as they are for the next start.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.wake();
    }

    fn stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Arc<Live>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn live(&self, id: &str) -> Arc<Live> {
        let new = || {
            Arc::new(Live {
                state: watch::Sender::new(JobEvent::Queued),
                cancelled: AtomicBool::new(false),
                working: AtomicBool::new(false),
            })
        };
        self.all().entry(id.to_string()).or_insert_with(new).clone()
    }

    /// Progress of a draft that is being written here.
    pub(super) fn progress(&self, id: &str) -> Option<Progress> {
        match &*self.all().get(id)?.state.borrow() {
            JobEvent::Passage(p) => Some(p.clone()),
            _ => None,
        }
    }

    /// Tells whoever watches how it ended, and forgets it.
    pub(super) fn ended(&self, id: &str, event: JobEvent) {
        if let Some(live) = self.all().remove(id) {
            live.cancelled.store(true, Ordering::Relaxed);
            live.state.send_replace(event);
        }
    }

    /// Marks a draft as being put into the file; `None` when somebody else is at it.
    pub(super) fn begin_filing(&self, id: &str) -> Option<FilingMark<'_>> {
        let mut filing = self.filing.lock().unwrap_or_else(PoisonError::into_inner);
        filing.insert(id.to_string()).then(|| FilingMark { of: self, id: id.to_string() })
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Gone when the filing is over, however it went.
pub(super) struct FilingMark<'a> {
    of: &'a Runner,
    id: String,
}

impl Drop for FilingMark<'_> {
    fn drop(&mut self) {
        self.of.filing.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

impl Live {
    pub fn watch(&self) -> watch::Receiver<JobEvent> {
        self.state.subscribe()
    }
}

impl Flow {
    /// Starts what goes on with unfinished drafts, in the runtime of the caller; a second call does nothing.
    pub fn start_runner(self: &Arc<Self>) {
        if self.runner.started.swap(true, Ordering::Relaxed) {
            return;
        }
        let (flow, wake) = (Arc::downgrade(self), self.runner.wake.clone());
        tokio::spawn(async move {
            loop {
                match flow.upgrade() {
                    Some(flow) if !flow.runner.stopping() => {
                        if let Err(report) = flow.claim().await {
                            tracing::warn!(code = report.code, "drafts cannot be read: {report}");
                        }
                    }
                    _ => return,
                }
                let _ = tokio::time::timeout(LOOK_AGAIN, wake.notified()).await;
            }
        });
    }

    async fn claim(self: &Arc<Self>) -> Result<()> {
        for draft in self.reader().await?.unfinished_drafts().await.map_err(report::store)? {
            if draft.state == DraftState::Filing {
                if let Err(report) = self.settle_filing(&draft).await {
                    tracing::warn!(code = report.code, "a draft stays between draft and document: {report}");
                }
                continue;
            }
            let live = self.runner.live(&draft.id);
            if live.working.swap(true, Ordering::Relaxed) {
                continue;
            }
            let (flow, turn) = (Arc::downgrade(self), self.jobs.turn());
            tokio::spawn(async move {
                let Ok(_permit) = turn.acquire_owned().await else { return };
                let Some(flow) = flow.upgrade() else { return };
                flow.work(&draft.id, &live).await;
            });
        }
        Ok(())
    }

    async fn work(self: &Arc<Self>, id: &str, live: &Arc<Live>) {
        let ended = match self.write_draft(id, live).await {
            Ok(()) => Some(JobEvent::Done),
            Err(Stop::Failed(failed)) => {
                let change =
                    EndDraft { id: id.into(), state: DraftState::Failed, error: serde_json::to_string(&failed).ok() };
                let event =
                    by_system("draft.failed", id).detail(json!({ "code": failed.code, "detail": failed.detail }));
                self.committed(event, change).await.ok().map(|()| JobEvent::Failed(failed))
            }
            Err(Stop::Left) => None,
        };
        match ended {
            Some(event) => self.runner.ended(id, event),
            // Watchers stay until it goes on; the next look takes it up again.
            None => live.working.store(false, Ordering::Relaxed),
        }
    }

    async fn write_draft(self: &Arc<Self>, id: &str, live: &Arc<Live>) -> std::result::Result<(), Stop> {
        let left = |_| Stop::Left;
        let found = self.reader().await.map_err(left)?.draft(id).await.map_err(|_| Stop::Left)?;
        let Some((draft, passages)) = found.filter(|(d, _)| !d.state.ended() && !self.runner.stopping()) else {
            return Err(Stop::Left);
        };
        let saved: Vec<&str> = passages.iter().filter(|p| p.machine.is_some()).map(|p| p.field.as_str()).collect();
        let action = if draft.state == DraftState::Queued { "draft.started" } else { "draft.resumed" };
        let event = by_system(action, id).detail(json!({ "model": self.model_id(), "saved": saved }));
        self.committed(event, RunDraft { id: id.into() }).await?;
        if draft.rules_version != self.book.version {
            let detail = "排队期间裁量规则已更新，请重新起草";
            return Err(Stop::Failed(Report::new(Class::Conflict, "draft.rules_changed", "规则已更新", detail)));
        }
        let (of, draft) = (passages.len(), Arc::new(draft));
        let mut fallbacks: Vec<String> = Vec::new();
        for (done, row) in passages.into_iter().enumerate() {
            let written = match row.machine {
                Some(machine) => machine,
                None => self.write_field(&draft, row.clone(), (done, of), live).await?,
            };
            if written.model.is_none() {
                fallbacks.push(row.field);
            }
        }
        let event = by_system("draft.done", id).detail(json!({ "fields": of, "fallbacks": fallbacks }));
        self.committed(event, EndDraft { id: id.into(), state: DraftState::Done, error: None }).await
    }

    /// Writes one field and saves it.
    async fn write_field(
        self: &Arc<Self>,
        draft: &Arc<DraftRow>,
        row: PassageRow,
        (done, of): (usize, usize),
        live: &Arc<Live>,
    ) -> std::result::Result<Written, Stop> {
        let (passage, unsupported) = self.drafted(draft, &row, (done, of), live).await?;
        let written = written(&passage, &self.prompt_digest(), &row.material_sha256);
        let told = told(&row, &written, passage.sentences.len(), &unsupported);
        let event = by_system("draft.passage_written", &draft.id).case(&draft.case_no).detail(told);
        let change = WritePassage {
            draft: draft.id.clone(),
            field: row.field,
            written: written.clone(),
            unsupported,
            at: Timestamp::now(),
        };
        self.committed(event, change).await?;
        Ok(written)
    }

    async fn drafted(
        self: &Arc<Self>,
        draft: &Arc<DraftRow>,
        row: &PassageRow,
        place: (usize, usize),
        live: &Arc<Live>,
    ) -> std::result::Result<(Passage, Vec<String>), Stop> {
        for _ in 0..BUSY_TRIES {
            let (flow, draft, row, live) = (self.clone(), draft.clone(), row.clone(), live.clone());
            let working = live.clone();
            let outcome = tokio::task::spawn_blocking(move || flow.write_one(&draft, &row, place, &working)).await;
            match outcome {
                Ok(Ok(written)) => return Ok(written),
                Ok(Err(_)) if live.cancelled.load(Ordering::Relaxed) || self.runner.stopping() => {
                    return Err(Stop::Left);
                }
                Ok(Err(report)) if report.class == Class::Busy => tokio::time::sleep(BUSY_WAIT).await,
                Ok(Err(report)) => return Err(Stop::Failed(report)),
                Err(_) => {
                    let detail = "系统内部错误；已写好的段落仍在，请重新起草";
                    return Err(Stop::Failed(Report::new(Class::Internal, "draft.crashed", "起草中断", detail)));
                }
            }
        }
        Err(Stop::Failed(Report::new(Class::Busy, "engine.busy", "语言模型正忙", "等候过久，请稍后重新起草")))
    }

    /// One field, blocking.
    fn write_one(
        &self,
        draft: &DraftRow,
        row: &PassageRow,
        (done, of): (usize, usize),
        live: &Live,
    ) -> Result<(Passage, Vec<String>)> {
        let material = self.material_of(draft)?;
        if material.digest_of(&row.field) != row.material_sha256 {
            let detail = "排队期间文书式样或者规则已更新，请重新起草";
            return Err(Report::new(Class::Conflict, "draft.form_changed", "式样已更新", detail));
        }
        let Some(points) = material.points(&row.field) else { return Ok((unwritten(row), vec![])) };
        let stopped = || live.cancelled.load(Ordering::Relaxed) || self.runner.stopping();
        let show = |p: Progress| {
            let progress = (done as f64 + p.progress) / of.max(1) as f64;
            live.state.send_replace(JobEvent::Passage(Progress { progress, ..p }));
        };
        let mut stats = DraftStats::default();
        let written = self
            .write(&material.prepared, std::slice::from_ref(points), &mut stats, &stopped, &show)?
            .into_iter()
            .next();
        let passage = written.ok_or_else(jobs::cancelled)?;
        let texts = supports(&material.case, &material.assessment);
        let known: Vec<&str> = texts.iter().map(String::as_str).collect();
        let unsupported = verify::unsupported(&passage.text, &known);
        Ok((passage, unsupported))
    }

    /// Saves a step of the machine; what cannot be saved now is taken up again later.
    async fn committed<C: crate::store::Change>(&self, event: NewEvent, change: C) -> std::result::Result<(), Stop> {
        let writer = self.writer().await.map_err(|_| Stop::Left)?;
        match writer.commit(event, change).await {
            Ok(_) => Ok(()),
            // A person ended it, or another run of the service was there first.
            Err(StoreError::Refused { .. }) => Err(Stop::Left),
            Err(e) => {
                tracing::warn!(code = e.code(), "a draft cannot be saved: {e}");
                Err(Stop::Left)
            }
        }
    }
}

/// What is kept of a passage the machine wrote.
pub(super) fn written(passage: &Passage, prompt: &str, material_sha256: &str) -> Written {
    let points: String = passage.sentences.iter().map(|s| format!("{}\n", s.template)).collect();
    Written {
        output_sha256: digest(&passage.text),
        text: passage.text.clone(),
        prompt_sha256: digest(&format!("{prompt}\n{material_sha256}\n{points}")),
        sources: passage.sources.clone(),
        model: passage.model.clone(),
        attempts: i64::from(passage.attempts),
        sentences: serde_json::to_string(&passage.sentences).unwrap_or_default(),
    }
}

/// What the record says of it.
pub(super) fn told(row: &PassageRow, written: &Written, sentences: usize, unsupported: &[String]) -> serde_json::Value {
    json!({
        "field": row.field, "model": written.model, "prompt_sha256": written.prompt_sha256,
        "material_sha256": row.material_sha256, "output_sha256": written.output_sha256, "sources": written.sources,
        "attempts": written.attempts, "sentences": sentences, "unsupported": unsupported,
    })
}

/// A field that nothing is known for: a person writes it.
fn unwritten(row: &PassageRow) -> Passage {
    Passage {
        field: row.field.clone(),
        zh: row.zh.clone(),
        writer: By::L.letter(),
        text: String::new(),
        sources: vec![],
        attempts: 0,
        model: None,
        sentences: vec![],
    }
}

/// An event of the machine's own; the change names the case and the version.
pub(super) fn by_system(action: &str, id: &str) -> NewEvent {
    NewEvent::new(Timestamp::now(), ActorRef::system(), action, format!("draft:{id}"), "system")
}
