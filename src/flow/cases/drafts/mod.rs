//! 文书草稿 in a case: durable jobs, written field by field, taken on passage by passage, put into the file as documents.
//!
//! Reading order: this file (a draft begins), `runner` (it is written), `take` (people answer for its passages), `filing` (it
//! becomes a document), `rewrite` (one passage anew), `view` and `export` (what is shown of it), `changes` (what the review desk compares).

mod changes;
mod export;
mod filing;
mod material;
mod rewrite;
mod runner;
mod take;
mod view;

pub use changes::PassageChange;
pub use export::{Document, Format};
pub use filing::Filed;
pub use rewrite::{Rewrite, RewrittenPassage};
pub(crate) use runner::Runner;
pub use take::{Take, TakenPassage};
pub use view::{CaseDraft, DraftLine, DraftView};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Asking;
use crate::domain::document::passage::DraftState;
use crate::domain::dossier::Dossier;
use crate::domain::people::{Actor, Role};
use crate::domain::process_record::{ActorRef, NewEvent};
use crate::error::{Class, Report, Result};
use crate::flow::draft::DEFAULT_KIND;
use crate::flow::jobs::{self, JobEvent};
use crate::flow::{Flow, report};
use crate::store::cases::Stored;
use crate::store::drafts::{DraftRow, EndDraft, PassageRow, QueueDraft};
use crate::store::{Answer, Done, StoreError};

/// Which document to draft.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewDraft {
    #[serde(default = "default_kind")]
    pub kind: String,
    /// Writes everything anew; otherwise words a person already answers for stay where what they say has not changed.
    #[serde(default)]
    pub fresh: bool,
}

fn default_kind() -> String {
    DEFAULT_KIND.into()
}

impl From<&str> for NewDraft {
    fn from(kind: &str) -> Self {
        Self { kind: kind.into(), fresh: false }
    }
}

/// A draft that waits its turn, and where to look at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    pub id: String,
    pub job: String,
    pub status: String,
    pub case_no: String,
    pub kind: String,
    pub url: String,
    pub events: String,
    pub document: String,
}

impl Started {
    fn new(id: &str, case_no: &str, kind: &str) -> Self {
        let url = format!("/api/v1/drafts/{id}");
        Self {
            id: id.into(),
            job: id.into(),
            status: DraftState::Queued.code().into(),
            case_no: case_no.into(),
            kind: kind.into(),
            events: format!("{url}/events"),
            document: format!("{url}/document.docx"),
            url,
        }
    }
}

impl Flow {
    /// Queues a draft of one of the case's documents. Bad input and legal refusals show at once, not in the job.
    pub async fn start_case_draft(&self, ask: &Asking, case_no: &str, new: impl Into<NewDraft>) -> Result<Started> {
        let NewDraft { kind, fresh } = new.into();
        let Stored { dossier, version } = self.stored(&ask.actor, case_no).await?;
        own(&dossier, &ask.actor)?;
        let (day, case) = (ask.today(), dossier.as_case());
        let material = self.material(&case, &kind, day, None)?;
        self.check_kind(&case, &material.assessment, &kind)?;
        let earlier = match fresh {
            true => vec![],
            false => self.reader().await?.taken_passages(case_no, &kind).await.map_err(report::store)?,
        };
        let id = uuid::Uuid::new_v4().to_string();
        let passages = material.passages(&id, &earlier, self);
        let draft = DraftRow {
            id: id.clone(),
            case_no: case_no.into(),
            kind: kind.clone(),
            state: DraftState::Queued,
            version: 1,
            case_version: version,
            facts: facts(&dossier),
            facts_sha256: crate::domain::digest(&facts(&dossier)),
            day: day.to_string(),
            model: self.model_id().unwrap_or("none").into(),
            prompt_sha256: self.prompt_digest(),
            rules_version: self.book().version.clone(),
            created_by: ActorRef::from(&ask.actor),
            created_at: String::new(),
            created_seq: 0,
            error: None,
            doc_no: None,
            paper: None,
        };
        let carried: Vec<&str> = passages.iter().filter(|p| p.machine.is_some()).map(|p| p.field.as_str()).collect();
        let event = draft_event(ask, "draft.queued", &draft).detail(json!({
            "kind": kind, "case_version": version, "facts_sha256": draft.facts_sha256, "model": draft.model,
            "prompt_sha256": draft.prompt_sha256, "rules": draft.rules_version,
            "fields": passages.iter().map(|p| p.field.as_str()).collect::<Vec<_>>(), "carried": carried,
        }));
        let change = QueueDraft { draft, passages, at: ask.now };
        let started = Started::new(&id, case_no, &kind);
        let writer = self.writer().await?;
        let started = match ask.once.clone() {
            None => writer.commit(event, change).await.map(|_| started).map_err(refused)?,
            Some(once) => {
                let body = serde_json::to_string(&started).unwrap_or_default();
                let answer = move |_: &_| Answer { status: 202, body };
                match writer.commit_once(once, event, change, answer).await.map_err(refused)? {
                    Done::Fresh { answer, .. } | Done::Repeated(answer) => {
                        serde_json::from_str(&answer.body).map_err(|_| {
                            Report::new(Class::Internal, "store.answer", "记录的答复不能读取", "请重新读取草稿")
                        })?
                    }
                }
            }
        };
        self.runner.wake();
        Ok(started)
    }

    /// Stops a draft: a stateless one of the caller's, or one of a case.
    pub async fn cancel_any_draft(&self, ask: Option<&Asking>, id: &str) -> Result<()> {
        match (self.cancel_draft(ask.map(|a| &a.actor), id), ask) {
            (Err(r), Some(ask)) if r.class == Class::NotFound => self.cancel_case_draft(ask, id).await,
            (outcome, _) => outcome,
        }
    }

    /// Stops a draft that is not written yet; what was saved stays on record.
    pub async fn cancel_case_draft(&self, ask: &Asking, id: &str) -> Result<()> {
        let (stored, draft, _) = self.seen_draft(&ask.actor, id).await?;
        own(&stored.dossier, &ask.actor)?;
        let error = serde_json::to_string(&jobs::cancelled()).ok();
        let change = EndDraft { id: id.into(), state: DraftState::Cancelled, error };
        let event = draft_event(ask, "draft.cancelled", &draft);
        self.writer().await?.commit(event, change).await.map_err(refused)?;
        self.runner.ended(id, JobEvent::Failed(jobs::cancelled()));
        Ok(())
    }

    /// The draft with its case, when the case may be seen; otherwise there is no such draft.
    async fn seen_draft(&self, actor: &Actor, id: &str) -> Result<(Stored, DraftRow, Vec<PassageRow>)> {
        let reader = self.reader().await?;
        let case_no = reader.case_of_draft(id).await.map_err(report::store)?.ok_or_else(jobs::not_found)?;
        let stored = self.stored(actor, &case_no).await.map_err(|r| match r.class {
            Class::NotFound => jobs::not_found(),
            _ => r,
        })?;
        let (draft, passages) = reader.draft(id).await.map_err(report::store)?.ok_or_else(jobs::not_found)?;
        Ok((stored, draft, passages))
    }
}

/// The case JSON a document is made from.
fn facts(dossier: &Dossier) -> String {
    serde_json::to_string(&dossier.as_case()).unwrap_or_default()
}

/// Only 承办人 of the case write its documents (行政处罚法42), and only while it is open.
fn own(dossier: &Dossier, actor: &Actor) -> Result<()> {
    let assigned = dossier.officers().any(|p| p.id == actor.id);
    let registrar = dossier.officers().is_empty() && dossier.created_by == actor.id;
    if !actor.has(Role::Officer) || !(assigned || registrar) {
        let detail = "文书由本案承办人起草、修改和入卷";
        return Err(
            Report::new(Class::Forbidden, "draft.not_officer", "只有本案承办人可以办理", detail).basis("行政处罚法42")
        );
    }
    if dossier.state.is_final() {
        let detail = format!("案件现在“{}”，不再起草文书", dossier.state.zh());
        return Err(Report::new(Class::Conflict, "draft.case_closed", "现在不能起草文书", detail));
    }
    Ok(())
}

fn draft_event(ask: &Asking, action: &str, draft: &DraftRow) -> NewEvent {
    let actor = ActorRef::from(&ask.actor);
    NewEvent::new(ask.now, actor, action, format!("draft:{}", draft.id), &ask.origin).case(&draft.case_no)
}

/// What the state of a draft does not allow.
fn not_now(state: DraftState, wanted: &str) -> Report {
    let detail = format!("草稿现在“{}”，不能{wanted}", state.zh());
    Report::new(Class::Conflict, state.refusal(), "草稿没有改动", detail)
}

/// Refusals of the store in the words of drafting.
fn refused(e: StoreError) -> Report {
    match e {
        StoreError::Refused { code: "draft.queue_full", message } => {
            Report::new(Class::Busy, "draft.queue_full", "起草任务过多", message)
        }
        StoreError::Refused { code, message } => Report::new(Class::Conflict, code, "草稿没有改动", message),
        other => report::store(other),
    }
}
