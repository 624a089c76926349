//! A passage as the machine wrote it: saved once; written anew only when a person asks for it, and then as a further version.

use jiff::Timestamp;

use super::{Taken, VersionRow, find, find_passage, json, keep, not_now, passage_id, touched};
use crate::domain::document::passage::{DraftState, Treatment};
use crate::domain::process_record::event::legal_time;
use crate::store::change::{Change, Tx};
use crate::store::error::StoreError;

/// What came out of the machine, with where it came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    pub text: String,
    /// JSON: template, text, sources and attempts of each sentence.
    pub sentences: String,
    pub sources: Vec<String>,
    /// `None`: a fixed wording stands in.
    pub model: Option<String>,
    pub prompt_sha256: String,
    pub output_sha256: String,
    pub attempts: i64,
}

/// Saves a passage of a running draft.
pub struct WritePassage {
    pub draft: String,
    pub field: String,
    pub written: Written,
    /// Values the verifier could not find in the case.
    pub unsupported: Vec<String>,
    pub at: Timestamp,
}

impl Change for WritePassage {
    type Output = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let draft = find(tx.conn(), &self.draft).await?;
        if draft.state != DraftState::Running {
            return Err(not_now(draft.state, "写入"));
        }
        let passage = find_passage(tx.conn(), &self.draft, &self.field).await?;
        if passage.machine.is_some() {
            let message = format!("“{}”已经写好，不再重写", passage.zh);
            return Err(StoreError::Refused { code: "draft.passage_written", message });
        }
        save(tx, self, 1, "written").await?;
        touched(tx, &draft).await.map(drop)
    }
}

/// Writes a passage of a finished draft anew. Nobody answers for the new words yet; the old ones stay among its versions.
pub struct RewritePassage {
    pub write: WritePassage,
    /// The version that is to be replaced.
    pub base: i64,
}

impl Change for RewritePassage {
    type Output = Taken;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Taken, StoreError> {
        let draft = find(tx.conn(), &self.write.draft).await?;
        if draft.state != DraftState::Done {
            return Err(not_now(draft.state, "重新起草这一段"));
        }
        let before = find_passage(tx.conn(), &self.write.draft, &self.write.field).await?;
        if before.version != self.base {
            return Err(StoreError::StaleVersion { subject: format!("“{}”", before.zh), current: before.version });
        }
        let version = self.base + 1;
        save(tx, self.write, version, "rewritten").await?;
        Ok(Taken { version, draft_version: touched(tx, &draft).await? })
    }
}

/// The machine's words become those of the passage, and one of its versions.
async fn save(tx: &mut Tx<'_>, write: WritePassage, version: i64, what: &str) -> Result<(), StoreError> {
    let (id, w) = (passage_id(&write.draft, &write.field), &write.written);
    let sql = "UPDATE draft_passages SET machine_text = ?, sentences = ?, sources = ?, model = ?, prompt_sha256 = ?, \
               output_sha256 = ?, attempts = ?, text = ?, version = ?, unsupported = ?, treatment = ?, taken_by = NULL, \
               taken_by_name = NULL, taken_at = NULL, vouch = NULL WHERE id = ?";
    sqlx::query(sql)
        .bind(&w.text)
        .bind(&w.sentences)
        .bind(json(&w.sources)?)
        .bind(&w.model)
        .bind(&w.prompt_sha256)
        .bind(&w.output_sha256)
        .bind(w.attempts)
        .bind(&w.text)
        .bind(version)
        .bind(json(&write.unsupported)?)
        .bind(Treatment::Open.code())
        .bind(&id)
        .execute(tx.conn())
        .await?;
    tx.seal("draft_passages", &id);
    let by = tx.event().actor.clone();
    let kept = VersionRow {
        id: format!("{id}/{version}"),
        version,
        what: what.into(),
        text: write.written.text,
        by: by.id,
        by_name: by.name,
        at: legal_time(write.at),
        unsupported: write.unsupported,
        vouch: None,
        note: None,
    };
    keep(tx, &write.draft, &write.field, &kept).await
}
