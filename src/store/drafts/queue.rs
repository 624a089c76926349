//! The life of a draft as a job: queued, running, ended.

use jiff::Timestamp;

use super::{DraftRow, PASSAGE, PassageRow, VersionRow, find, json, keep, name, not_now, passage_id, touched};
use crate::domain::document::passage::DraftState;
use crate::domain::process_record::event::legal_time;
use crate::store::change::{Change, Tx};
use crate::store::error::StoreError;

/// Drafts that may wait; one more is told to come back later.
const WAITING: i64 = 100;

/// A new draft with the passages it will have; those taken over from an earlier draft come with their words.
pub struct QueueDraft {
    pub draft: DraftRow,
    pub passages: Vec<PassageRow>,
    pub at: Timestamp,
}

impl Change for QueueDraft {
    /// Its id.
    type Output = String;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<String, StoreError> {
        let d = &self.draft;
        let active = "SELECT id FROM drafts WHERE case_no = ? AND kind = ? AND state IN ('queued', 'running')";
        if let Some(row) = sqlx::query(active).bind(&d.case_no).bind(&d.kind).fetch_optional(tx.conn()).await? {
            let id: String = sqlx::Row::try_get(&row, 0)?;
            let message = format!("本案同一文书正在起草（{id}），请等它写完，或者先取消");
            return Err(StoreError::Refused { code: "draft.in_progress", message });
        }
        let waiting = sqlx::query("SELECT COUNT(*) FROM drafts WHERE state = 'queued'").fetch_one(tx.conn()).await?;
        if sqlx::Row::try_get::<i64, _>(&waiting, 0)? >= WAITING {
            return Err(StoreError::Refused {
                code: "draft.queue_full", message: "排队的草稿过多，请稍后再试".into()
            });
        }
        let sql = "INSERT INTO drafts (id, case_no, kind, state, version, case_version, facts, facts_sha256, day, model, \
                   prompt_sha256, rules_version, created_by, created_by_name, created_at, created_seq) \
                   VALUES (?, ?, ?, 'queued', 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let seq = tx.seq();
        sqlx::query(sql)
            .bind(&d.id)
            .bind(&d.case_no)
            .bind(&d.kind)
            .bind(d.case_version)
            .bind(&d.facts)
            .bind(&d.facts_sha256)
            .bind(&d.day)
            .bind(&d.model)
            .bind(&d.prompt_sha256)
            .bind(&d.rules_version)
            .bind(&d.created_by.id)
            .bind(&d.created_by.name)
            .bind(legal_time(self.at))
            .bind(seq)
            .execute(tx.conn())
            .await?;
        for passage in &self.passages {
            insert(tx, d, passage, self.at).await?;
        }
        name(tx, &d.id, &d.case_no, 1);
        Ok(self.draft.id)
    }
}

async fn insert(tx: &mut Tx<'_>, d: &DraftRow, p: &PassageRow, at: Timestamp) -> Result<(), StoreError> {
    let id = passage_id(&d.id, &p.field);
    let marks = vec!["?"; PASSAGE.len() + 1].join(", ");
    let sql = format!("INSERT INTO draft_passages (id, {}) VALUES ({marks})", PASSAGE.join(", "));
    let m = p.machine.as_ref();
    sqlx::query(&sql)
        .bind(&id)
        .bind(&d.id)
        .bind(&p.field)
        .bind(&p.zh)
        .bind(p.place)
        .bind(&p.material_sha256)
        .bind(&p.carried_from)
        .bind(m.map(|m| m.text.as_str()))
        .bind(m.map(|m| m.sentences.as_str()))
        .bind(m.map(|m| json(&m.sources)).transpose()?)
        .bind(m.and_then(|m| m.model.as_deref()))
        .bind(m.map(|m| m.prompt_sha256.as_str()))
        .bind(m.map(|m| m.output_sha256.as_str()))
        .bind(m.map(|m| m.attempts))
        .bind(m.map(|_| p.text.as_str()))
        .bind(i64::from(m.is_some()))
        .bind(p.treatment.code())
        .bind(p.taken_by.as_ref().map(|t| t.id.as_str()))
        .bind(p.taken_by.as_ref().map(|t| t.name.as_str()))
        .bind(&p.taken_at)
        .bind(json(&p.unsupported)?)
        .bind(&p.vouch)
        .execute(tx.conn())
        .await?;
    tx.seal("draft_passages", &id);
    if let (Some(from), Some(by)) = (&p.carried_from, &p.taken_by) {
        let version = VersionRow {
            id: format!("{id}/1"),
            version: 1,
            what: "carried".into(),
            text: p.text.clone(),
            by: by.id.clone(),
            by_name: by.name.clone(),
            at: legal_time(at),
            unsupported: p.unsupported.clone(),
            vouch: p.vouch.clone(),
            note: Some(format!("沿用草稿{from}中已有人负责的文字")),
        };
        keep(tx, &d.id, &p.field, &version).await?;
    }
    Ok(())
}

/// The draft is being written, by this run of the service.
pub struct RunDraft {
    pub id: String,
}

impl Change for RunDraft {
    type Output = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let draft = find(tx.conn(), &self.id).await?;
        if draft.state.ended() {
            return Err(not_now(draft.state, "继续起草"));
        }
        set(tx, &draft, DraftState::Running, None).await
    }
}

/// The draft ends: written, failed or cancelled.
pub struct EndDraft {
    pub id: String,
    pub state: DraftState,
    /// JSON of the report.
    pub error: Option<String>,
}

impl Change for EndDraft {
    type Output = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let draft = find(tx.conn(), &self.id).await?;
        if draft.state.ended() {
            return Err(not_now(draft.state, if self.state == DraftState::Cancelled { "取消" } else { "结束起草" }));
        }
        set(tx, &draft, self.state, self.error.as_deref()).await
    }
}

async fn set(tx: &mut Tx<'_>, draft: &DraftRow, state: DraftState, error: Option<&str>) -> Result<(), StoreError> {
    sqlx::query("UPDATE drafts SET state = ?, error = ? WHERE id = ?")
        .bind(state.code())
        .bind(error)
        .bind(&draft.id)
        .execute(tx.conn())
        .await?;
    touched(tx, draft).await.map(drop)
}
