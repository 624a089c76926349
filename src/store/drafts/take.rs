//! A person takes a passage on: as it is, edited, or written anew. One that comes too late is kept beside it.

use jiff::Timestamp;

use super::{VersionRow, find, find_passage, json, keep, not_now, passage_id, touched};
use crate::domain::document::passage::{DraftState, Treatment};
use crate::domain::process_record::event::legal_time;
use crate::store::change::{Change, Tx};
use crate::store::error::StoreError;

/// The passage as a person leaves it.
pub struct TakePassage {
    pub draft: String,
    pub field: String,
    /// The version it was made from.
    pub base: i64,
    /// accept, edit, replace
    pub what: &'static str,
    pub treatment: Treatment,
    pub text: String,
    pub unsupported: Vec<String>,
    pub vouch: Option<String>,
    pub note: Option<String>,
    pub at: Timestamp,
}

/// Versions of the passage and of its draft after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    pub version: i64,
    pub draft_version: i64,
}

impl Change for TakePassage {
    type Output = Taken;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Taken, StoreError> {
        let draft = find(tx.conn(), &self.draft).await?;
        if draft.state != DraftState::Done {
            return Err(not_now(draft.state, "修改"));
        }
        let before = find_passage(tx.conn(), &self.draft, &self.field).await?;
        if before.version != self.base {
            return Err(StoreError::StaleVersion { subject: format!("“{}”", before.zh), current: before.version });
        }
        let (id, version, at) = (passage_id(&self.draft, &self.field), self.base + 1, legal_time(self.at));
        let by = tx.event().actor.clone();
        let sql = "UPDATE draft_passages SET text = ?, version = ?, treatment = ?, taken_by = ?, taken_by_name = ?, \
                   taken_at = ?, unsupported = ?, vouch = ? WHERE id = ?";
        sqlx::query(sql)
            .bind(&self.text)
            .bind(version)
            .bind(self.treatment.code())
            .bind(&by.id)
            .bind(&by.name)
            .bind(&at)
            .bind(json(&self.unsupported)?)
            .bind(&self.vouch)
            .bind(&id)
            .execute(tx.conn())
            .await?;
        tx.seal("draft_passages", &id);
        let kept = VersionRow {
            id: format!("{id}/{version}"),
            version,
            what: self.what.into(),
            text: self.text,
            by: by.id,
            by_name: by.name,
            at,
            unsupported: self.unsupported,
            vouch: self.vouch,
            note: self.note,
        };
        keep(tx, &self.draft, &self.field, &kept).await?;
        Ok(Taken { version, draft_version: touched(tx, &draft).await? })
    }
}

/// A text that came too late, kept for its author. The passage stays as it is.
pub struct ParkPassage {
    pub draft: String,
    pub field: String,
    pub kept: VersionRow,
}

impl Change for ParkPassage {
    type Output = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let draft = find(tx.conn(), &self.draft).await?;
        let event = tx.event();
        event.case_no = Some(draft.case_no);
        event.version = Some(draft.version);
        keep(tx, &self.draft, &self.field, &self.kept).await
    }
}
