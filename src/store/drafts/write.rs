//! A passage as the machine wrote it: saved once, and never again.

use jiff::Timestamp;

use super::{VersionRow, find, find_passage, json, keep, not_now, passage_id, touched};
use crate::domain::document::passage::DraftState;
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
        let (id, w) = (passage_id(&self.draft, &self.field), &self.written);
        let sql = "UPDATE draft_passages SET machine_text = ?, sentences = ?, sources = ?, model = ?, prompt_sha256 = ?, \
                   output_sha256 = ?, attempts = ?, text = ?, version = 1, unsupported = ? WHERE id = ?";
        sqlx::query(sql)
            .bind(&w.text)
            .bind(&w.sentences)
            .bind(json(&w.sources)?)
            .bind(&w.model)
            .bind(&w.prompt_sha256)
            .bind(&w.output_sha256)
            .bind(w.attempts)
            .bind(&w.text)
            .bind(json(&self.unsupported)?)
            .bind(&id)
            .execute(tx.conn())
            .await?;
        tx.seal("draft_passages", &id);
        let by = tx.event().actor.clone();
        let version = VersionRow {
            id: format!("{id}/1"),
            version: 1,
            what: "written".into(),
            text: self.written.text,
            by: by.id,
            by_name: by.name,
            at: legal_time(self.at),
            unsupported: self.unsupported,
            vouch: None,
            note: None,
        };
        keep(tx, &self.draft, &self.field, &version).await?;
        touched(tx, &draft).await.map(drop)
    }
}
