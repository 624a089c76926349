//! One passage written anew by the machine, because a person asked for it. What stood there before stays among its versions.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::runner::{told, written};
use super::{draft_event, not_now, own, refused};
use crate::domain::document::draft::{DraftStats, Passage};
use crate::domain::document::passage::{DraftState, Treatment};
use crate::domain::document::verify;
use crate::error::{Class, Report, Result};
use crate::flow::Flow;
use crate::flow::cases::Asking;
use crate::flow::draft::supports;
use crate::flow::jobs;
use crate::store::StoreError;
use crate::store::drafts::{DraftRow, RewritePassage, WritePassage};

/// What the caller looked at.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rewrite {
    /// Version of the passage.
    pub version: i64,
}

/// The passage after it. Nobody answers for it yet.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RewrittenPassage {
    pub id: String,
    pub field: String,
    pub version: i64,
    pub draft_version: i64,
    pub treatment: Treatment,
    pub text: String,
    pub machine_text: String,
    /// `None`: no wording of the model stood up to the verifier, so the fixed one stands in.
    pub model: Option<String>,
    pub sources: Vec<String>,
    pub attempts: i64,
    pub unsupported: Vec<String>,
    pub open: Vec<String>,
}

/// Stops the writing when the caller goes away.
struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Flow {
    /// Writes a passage of a finished draft anew; only 承办人 of the case may ask for it.
    pub async fn rewrite_passage(
        self: &Arc<Self>,
        ask: &Asking,
        id: &str,
        field: &str,
        Rewrite { version }: Rewrite,
    ) -> Result<RewrittenPassage> {
        let (stored, draft, passages) = self.seen_draft(&ask.actor, id).await?;
        own(&stored.dossier, &ask.actor)?;
        let Some(row) = passages.iter().find(|p| p.field == field) else {
            return Err(self.not_to_edit(&draft, field));
        };
        if draft.state != DraftState::Done {
            return Err(not_now(draft.state, "重新起草这一段"));
        }
        if row.version != version {
            return Err(stale(&row.zh, row.version));
        }
        if self.model_id().is_none() {
            let detail = "系统没有启用语言模型，重新起草只会得到同样的固定文字；请直接修改这一段";
            return Err(Report::new(Class::Conflict, "draft.no_model", "不能重新起草", detail));
        }
        let waiting = Waiting(Arc::new(AtomicBool::new(false)));
        let (flow, kept, name, stop) = (self.clone(), draft.clone(), field.to_string(), waiting.0.clone());
        let round = u32::try_from(version).unwrap_or(1).max(1);
        let work = tokio::task::spawn_blocking(move || flow.write_anew(&kept, &name, round, &stop));
        let (passage, unsupported) = work.await.map_err(|_| {
            Report::new(Class::Internal, "draft.crashed", "起草中断", "系统内部错误；原来的文字没有改动")
        })??;
        let now = written(&passage, &self.prompt_digest(), &row.material_sha256);
        let mut detail = told(row, &now, passage.sentences.len(), &unsupported);
        detail["from_version"] = json!(version);
        let event = draft_event(ask, "draft.passage_rewritten", &draft).detail(detail);
        let write = WritePassage {
            draft: id.into(),
            field: field.into(),
            written: now.clone(),
            unsupported: unsupported.clone(),
            at: jiff::Timestamp::now(),
        };
        let change = RewritePassage { write, base: version };
        let taken = self.writer().await?.commit(event, change).await.map_err(|e| match e {
            StoreError::StaleVersion { current, .. } => stale(&row.zh, current),
            other => refused(other),
        })?;
        let open = passages.iter().filter(|p| p.field == field || !p.settled()).map(|p| p.field.clone()).collect();
        Ok(RewrittenPassage {
            id: id.into(),
            field: field.into(),
            version: taken.output.version,
            draft_version: taken.output.draft_version,
            treatment: Treatment::Open,
            text: now.text.clone(),
            machine_text: now.text,
            model: now.model,
            sources: now.sources,
            attempts: now.attempts,
            unsupported,
            open,
        })
    }

    /// Blocking.
    fn write_anew(
        &self,
        draft: &DraftRow,
        field: &str,
        round: u32,
        stop: &AtomicBool,
    ) -> Result<(Passage, Vec<String>)> {
        let material = self.material_of(draft)?;
        let Some(points) = material.points(field) else {
            let detail = "案卷中没有可供起草这一段的内容，请直接填写";
            return Err(Report::new(Class::Conflict, "draft.nothing_to_write", "不能重新起草", detail));
        };
        let stopped = || stop.load(Ordering::Relaxed);
        let mut stats = DraftStats::default();
        let fields = std::slice::from_ref(points);
        let passages = self.write_again(&material.prepared, fields, round, &mut stats, &stopped, &|_| {})?;
        let passage = passages.into_iter().next().ok_or_else(jobs::cancelled)?;
        let texts = supports(&material.case, &material.assessment);
        let known: Vec<&str> = texts.iter().map(String::as_str).collect();
        let unsupported = verify::unsupported(&passage.text, &known);
        Ok((passage, unsupported))
    }
}

/// Somebody changed the passage in between; nothing of theirs is written over.
fn stale(zh: &str, current: i64) -> Report {
    let detail = format!("“{zh}”已被他人修改（现为第{current}版），请先看现在的文字");
    Report::new(Class::Conflict, "store.stale_version", "已被他人修改", detail)
        .missing(vec![format!("version={current}")])
}
