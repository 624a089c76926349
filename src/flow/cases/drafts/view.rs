//! What a person sees of a draft: the draft JSON of the contract, and per passage whose words they are.

use serde::Serialize;
use serde_json::{Value, json};

use super::{draft_event, facts, own};
use crate::domain::digest;
use crate::domain::document::diff::diff;
use crate::domain::document::draft::{Draft, Passage};
use crate::domain::document::passage::DraftState;
use crate::domain::dossier::Dossier;
use crate::domain::people::Actor;
use crate::error::{Class, Result};
use crate::export;
use crate::flow::cases::Asking;
use crate::flow::jobs::{self, JobEvent, JobView, Progress};
use crate::flow::{Flow, report};
use crate::store::cases::Stored;
use crate::store::drafts::{DraftRow, PassageRow};

/// A stateless draft or one of a case.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum DraftView {
    Job(Box<JobView>),
    Case(Box<CaseDraft>),
}

/// A draft of a case.
#[derive(Debug, Serialize)]
pub struct CaseDraft {
    #[serde(flatten)]
    pub line: DraftLine,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// Why it could not be written, or why it cannot be shown now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Value>,
    /// Passages nobody answers for yet.
    pub open: Vec<String>,
    /// A person answers for every passage.
    pub signed_off: bool,
    /// Whether the caller may change it.
    pub may_edit: bool,
    /// The draft JSON of the contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draft: Option<Value>,
}

/// A draft in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DraftLine {
    pub id: String,
    pub status: DraftState,
    pub status_zh: &'static str,
    pub case_no: String,
    pub kind: String,
    pub zh: String,
    pub version: i64,
    /// Version of the case it is made from.
    pub case_version: i64,
    /// The case or the rules have changed since: draft it again.
    pub stale: bool,
    pub stale_because: Vec<&'static str>,
    pub model: String,
    pub created_by: String,
    pub created_at: String,
    pub doc_no: Option<String>,
    /// The document in the file.
    pub paper: Option<String>,
}

impl Flow {
    /// A draft by its id: a stateless one of the caller's, or one of a case the caller may see. Reading a written one is on record.
    pub async fn draft_view(&self, ask: Option<&Asking>, id: &str) -> Result<DraftView> {
        match self.draft_job(ask.map(|a| &a.actor), id) {
            Err(r) if r.class == Class::NotFound => {}
            other => return other.map(|job| DraftView::Job(Box::new(job))),
        }
        let ask = ask.ok_or_else(jobs::not_found)?;
        let (stored, draft, passages) = self.seen_draft(&ask.actor, id).await?;
        if draft.state.ended() {
            let event = draft_event(ask, "draft.read", &draft).version(draft.version);
            self.writer().await?.commit(event, ()).await.map_err(report::store)?;
        }
        Ok(DraftView::Case(Box::new(self.case_draft(&stored.dossier, &ask.actor, &draft, &passages))))
    }

    /// Drafts of a case, newest first.
    pub async fn case_drafts(&self, actor: &Actor, case_no: &str) -> Result<Vec<DraftLine>> {
        let Stored { dossier, .. } = self.stored(actor, case_no).await?;
        let drafts = self.reader().await?.drafts_of(case_no).await.map_err(report::store)?;
        let now = digest(&facts(&dossier));
        Ok(drafts.iter().map(|d| self.line(d, &dossier, &now)).collect())
    }

    /// Progress of a draft, to the caller it may be shown to.
    pub async fn draft_stream(
        &self,
        ask: Option<&Asking>,
        id: &str,
    ) -> Result<tokio_stream::wrappers::ReceiverStream<JobEvent>> {
        match self.draft_events(ask.map(|a| &a.actor), id) {
            Err(r) if r.class == Class::NotFound => {}
            other => return other,
        }
        let ask = ask.ok_or_else(jobs::not_found)?;
        self.seen_draft(&ask.actor, id).await?;
        // First the place where the end is told, then the look whether it was told already.
        let watch = self.runner.live(id).watch();
        let (_, draft, _) = self.seen_draft(&ask.actor, id).await?;
        if draft.state.ended() {
            let over = match draft.state {
                state if state.written() => JobEvent::Done,
                DraftState::Cancelled => JobEvent::Failed(jobs::cancelled()),
                _ => JobEvent::Failed(failure(&draft)),
            };
            self.runner.ended(id, over);
        }
        Ok(jobs::follow(watch, Clone::clone))
    }

    pub(super) fn case_draft(
        &self,
        dossier: &Dossier,
        actor: &Actor,
        draft: &DraftRow,
        passages: &[PassageRow],
    ) -> CaseDraft {
        let composed = self.material_of(draft).and_then(|m| self.compose_draft(&m, passages));
        let (shown, trouble) = match composed {
            Ok(composed) => (Some(contract(composed, draft, passages)), None),
            Err(report) => (None, serde_json::to_value(report).ok()),
        };
        let stored = draft.error.as_deref().and_then(|e| serde_json::from_str(e).ok());
        CaseDraft {
            line: self.line(draft, dossier, &digest(&facts(dossier))),
            progress: self.runner.progress(&draft.id).filter(|_| !draft.state.ended()),
            error: stored.or(trouble),
            open: passages.iter().filter(|p| !p.settled()).map(|p| p.field.clone()).collect(),
            signed_off: signed_off(draft, passages),
            may_edit: draft.state == DraftState::Done && own(dossier, actor).is_ok(),
            draft: shown,
        }
    }

    fn line(&self, draft: &DraftRow, dossier: &Dossier, facts_now: &str) -> DraftLine {
        let stale_because = self.stale(draft, dossier, facts_now);
        DraftLine {
            id: draft.id.clone(),
            status: draft.state,
            status_zh: draft.state.zh(),
            case_no: draft.case_no.clone(),
            kind: draft.kind.clone(),
            zh: self.prompts.form(&draft.kind).map_or_else(|_| draft.kind.clone(), |f| f.zh.clone()),
            version: draft.version,
            case_version: draft.case_version,
            stale: !stale_because.is_empty(),
            stale_because,
            model: draft.model.clone(),
            created_by: draft.created_by.name.clone(),
            created_at: draft.created_at.clone(),
            doc_no: draft.doc_no.clone(),
            paper: draft.paper.clone(),
        }
    }

    /// What has changed since the draft was begun. A document that went out with its seal stays what it is.
    pub(super) fn stale(&self, draft: &DraftRow, dossier: &Dossier, facts_now: &str) -> Vec<&'static str> {
        let sealed = |id: &String| dossier.documents.iter().any(|p| p.id == *id && p.sealed);
        if draft.paper.as_ref().is_some_and(sealed) {
            return vec![];
        }
        let mut out = Vec::new();
        if draft.facts_sha256 != facts_now {
            out.push("案卷中的事实、证据或者经过有变动");
        }
        if draft.rules_version != self.book.version {
            out.push("裁量规则已更新");
        }
        out
    }
}

/// Whether a person answers for every passage: then the label of 人工智能生成合成内容标识办法 falls.
pub(super) fn signed_off(draft: &DraftRow, passages: &[PassageRow]) -> bool {
    draft.state.written() && passages.iter().all(PassageRow::settled)
}

fn failure(draft: &DraftRow) -> crate::error::Report {
    let told: Value = draft.error.as_deref().and_then(|e| serde_json::from_str(e).ok()).unwrap_or_default();
    let text = |key: &str, other: &str| told[key].as_str().unwrap_or(other).to_string();
    let (code, title) = (text("code", "draft.failed"), text("title", "起草没有完成"));
    crate::error::Report::new(Class::Conflict, code, title, text("detail", "请重新起草"))
}

/// The draft JSON of the contract, with what people made of each passage.
fn contract(composed: Draft, draft: &DraftRow, rows: &[PassageRow]) -> Value {
    let passages: Vec<Value> =
        composed.passages.iter().map(|p| passage(p, rows.iter().find(|r| r.field == p.field))).collect();
    let unvouched = rows.iter().filter(|r| r.vouch.is_none()).flat_map(|r| &r.unsupported);
    let left = rows.iter().filter(|r| r.taken_by.is_none() && r.machine.as_ref().is_some_and(|m| m.model.is_none()));
    let mut hashes = composed.hashes.clone();
    hashes.insert("case".into(), draft.facts_sha256.clone());
    hashes.insert("rules".into(), draft.rules_version.clone());
    hashes.insert("prompt".into(), draft.prompt_sha256.clone());
    hashes.insert("model".into(), draft.model.clone());
    json!({
        "kind": composed.kind,
        "doc_no": composed.doc_no,
        "text": composed.text,
        "passages": passages,
        "unsupported": unvouched.collect::<Vec<_>>(),
        "fallbacks": left.map(|r| r.field.as_str()).collect::<Vec<_>>(),
        "ai_label": if signed_off(draft, rows) { "" } else { export::DRAFT_LABEL },
        "hashes": hashes,
        "blocks": composed.blocks,
        "warnings": composed.warnings,
        "missing": composed.missing,
    })
}

fn passage(p: &Passage, row: Option<&PassageRow>) -> Value {
    let mut value = serde_json::to_value(p).unwrap_or_default();
    let Some(map) = value.as_object_mut() else { return value };
    let Some(row) = row else {
        map.insert("editable".into(), false.into());
        return value;
    };
    let machine = row.machine.clone().unwrap_or_default();
    let extra = json!({
        "editable": true,
        "written": row.version > 0,
        "model": machine.model,
        "version": row.version,
        "treatment": row.treatment,
        "treatment_zh": row.treatment.zh(),
        "taken_by": row.taken_by.as_ref().map(|t| t.name.as_str()),
        "taken_at": row.taken_at,
        "carried_from": row.carried_from,
        "machine_text": machine.text,
        "diff": diff(&machine.text, &row.text),
        "unsupported": row.unsupported,
        "vouch": row.vouch,
        "prompt_sha256": machine.prompt_sha256,
        "output_sha256": machine.output_sha256,
    });
    if let Value::Object(extra) = extra {
        map.extend(extra);
    }
    value
}
