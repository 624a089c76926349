//! Changes. What must hold is looked at inside the transaction: two requests at the same moment are one after the other here.

use sqlx::Row as _;

use crate::domain::process_record::event::legal_time;
use crate::domain::workshop::stage::{Move, Position, Stage};
use crate::domain::workshop::{MOST_NOTES, MOST_PARTICIPANTS, QuestionKind};
use crate::store::change::{Change, Tx};
use crate::store::error::StoreError;

use super::read::{place, position};

/// A new set.
pub struct AddSet {
    pub id: String,
    pub owner_id: String,
    pub title: String,
    /// JSON.
    pub questions: String,
    pub rules_version: String,
}

impl Change for AddSet {
    type Output = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let now = legal_time(tx.event().at);
        sqlx::query(
            "INSERT INTO workshop_sets (id, owner_id, title, questions, rules_version, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(&self.id)
        .bind(&self.owner_id)
        .bind(&self.title)
        .bind(&self.questions)
        .bind(&self.rules_version)
        .bind(now)
        .execute(tx.conn())
        .await?;
        tx.seal("workshop_sets", &self.id);
        Ok(())
    }
}

/// A new class over a set of the same owner.
pub struct AddWorkshop {
    pub id: String,
    pub set_id: String,
    pub owner_id: String,
    pub code: String,
}

impl Change for AddWorkshop {
    type Output = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let now = legal_time(tx.event().at);
        sqlx::query(
            "INSERT INTO workshops (id, set_id, owner_id, code, question, stage, created_at, ended_at) VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
        )
        .bind(&self.id)
        .bind(&self.set_id)
        .bind(&self.owner_id)
        .bind(&self.code)
        .bind(0_i64)
        .bind(Stage::Waiting.code())
        .bind(now)
        .execute(tx.conn())
        .await?;
        tx.seal("workshops", &self.id);
        Ok(())
    }
}

/// Moves a class on, from the position that whoever moves it saw.
pub struct MoveOn {
    pub id: String,
    pub from: Position,
    pub step: Move,
    pub kinds: Vec<QuestionKind>,
}

impl Change for MoveOn {
    type Output = Position;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Position, StoreError> {
        let now = legal_time(tx.event().at);
        let at = standing(tx, &self.id).await?;
        if at != self.from {
            let message = format!("研讨已经到了第{}题“{}”，请看最新的页面", at.question + 1, at.stage.zh());
            return Err(StoreError::Refused { code: "workshop.moved", message });
        }
        let to = at
            .after(self.step, &self.kinds)
            .map_err(|e| StoreError::Refused { code: e.code(), message: e.to_string() })?;
        let ended = (to.stage == Stage::Ended).then_some(now);
        sqlx::query("UPDATE workshops SET question = ?, stage = ?, ended_at = ? WHERE id = ?")
            .bind(i64::try_from(to.question).unwrap_or_default())
            .bind(to.stage.code())
            .bind(ended)
            .bind(&self.id)
            .execute(tx.conn())
            .await?;
        tx.seal("workshops", &self.id);
        tx.note("question", to.question);
        tx.note("stage", to.stage.code());
        Ok(to)
    }
}

async fn standing(tx: &mut Tx<'_>, id: &str) -> Result<Position, StoreError> {
    let row = sqlx::query("SELECT question, stage FROM workshops WHERE id = ?").bind(id);
    let row = row.fetch_optional(tx.conn()).await?.ok_or_else(|| StoreError::NotFound("这场研讨".into()))?;
    position(&row, 0)
}

async fn count(tx: &mut Tx<'_>, sql: &str, id: &str) -> Result<i64, StoreError> {
    Ok(sqlx::query(sql).bind(id).fetch_one(tx.conn()).await?.try_get(0)?)
}

/// Somebody joins.
pub struct AddParticipant {
    pub id: String,
    pub workshop_id: String,
    pub name: String,
    pub name_key: String,
    /// SHA-256 of the cookie.
    pub hash: String,
    pub csrf: String,
}

impl Change for AddParticipant {
    type Output = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let now = legal_time(tx.event().at);
        let refused = |code, message: &str| Err(StoreError::Refused { code, message: message.into() });
        if standing(tx, &self.workshop_id).await?.stage == Stage::Ended {
            return refused("join.ended", "这场研讨已经结束");
        }
        let there = "SELECT COUNT(*) FROM workshop_participants WHERE workshop_id = ?";
        if count(tx, there, &self.workshop_id).await? >= MOST_PARTICIPANTS as i64 {
            let message = format!("这场研讨已满（{MOST_PARTICIPANTS}人）");
            return refused("join.full", &message);
        }
        let same = sqlx::query("SELECT COUNT(*) FROM workshop_participants WHERE workshop_id = ? AND name_key = ?")
            .bind(&self.workshop_id)
            .bind(&self.name_key)
            .fetch_one(tx.conn())
            .await?;
        if same.try_get::<i64, _>(0)? > 0 {
            let message = "这个名字已有人用；请加上单位或者数字。换了设备的，请回到原来的设备，或者换一个名字";
            return refused("join.name_taken", message);
        }
        sqlx::query(
            "INSERT INTO workshop_participants (id, workshop_id, name, name_key, hash, csrf, joined_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&self.id)
        .bind(&self.workshop_id)
        .bind(&self.name)
        .bind(&self.name_key)
        .bind(&self.hash)
        .bind(&self.csrf)
        .bind(now)
        .execute(tx.conn())
        .await?;
        tx.seal("workshop_participants", &self.id);
        Ok(())
    }
}

/// An answer while its question is open; a later one takes the place of an earlier one.
pub struct PutAnswer {
    pub workshop_id: String,
    pub participant_id: String,
    pub question: usize,
    /// JSON.
    pub answer: String,
}

impl Change for PutAnswer {
    type Output = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let now = legal_time(tx.event().at);
        let at = standing(tx, &self.workshop_id).await?;
        if !at.takes(self.question) {
            let message = format!("第{}题现在不能作答（{}）", self.question + 1, at.stage.zh());
            return Err(StoreError::Refused { code: "workshop.not_answering", message });
        }
        let id = format!("{}.{}", self.participant_id, self.question);
        sqlx::query(
            "INSERT INTO workshop_answers (id, workshop_id, participant_id, question, answer, answered_at) VALUES (?, ?, ?, ?, ?, ?) \
             ON CONFLICT (participant_id, question) DO UPDATE SET answer = excluded.answer, answered_at = excluded.answered_at",
        )
        .bind(&id)
        .bind(&self.workshop_id)
        .bind(&self.participant_id)
        .bind(place(self.question))
        .bind(&self.answer)
        .bind(now)
        .execute(tx.conn())
        .await?;
        tx.seal("workshop_answers", &id);
        Ok(())
    }
}

/// A note of the discussion.
pub struct AddNote {
    pub id: String,
    pub workshop_id: String,
    pub question: usize,
    pub text: String,
}

impl Change for AddNote {
    type Output = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let now = legal_time(tx.event().at);
        let there = "SELECT COUNT(*) FROM workshop_notes WHERE workshop_id = ?";
        if count(tx, there, &self.workshop_id).await? >= (MOST_NOTES * 10) as i64 {
            let message = "讨论记录已经太多，请导出后另开一场".into();
            return Err(StoreError::Refused { code: "workshop.notes_full", message });
        }
        sqlx::query("INSERT INTO workshop_notes (id, workshop_id, question, text, noted_at) VALUES (?, ?, ?, ?, ?)")
            .bind(&self.id)
            .bind(&self.workshop_id)
            .bind(place(self.question))
            .bind(&self.text)
            .bind(now)
            .execute(tx.conn())
            .await?;
        tx.seal("workshop_notes", &self.id);
        Ok(())
    }
}
