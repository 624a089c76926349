//! Reading. What belongs to a trainer is looked for together with the trainer: for others it is not there.

use sqlx::Row as _;

use super::{AnswerRow, Note, Participant, SetRow, Workshop, WorkshopRow};
use crate::domain::workshop::stage::{Position, Stage};
use crate::domain::workshop::{Question, QuestionSet};
use crate::store::error::StoreError;
use crate::store::{Reader, sqlite};

/// Rows of a list.
const LISTED: i64 = 200;

pub(super) fn place(question: usize) -> i64 {
    i64::try_from(question).unwrap_or(i64::MAX)
}

fn question_at(row: &sqlite::Row, column: usize) -> Result<usize, StoreError> {
    usize::try_from(row.try_get::<i64, _>(column)?).map_err(|_| StoreError::Corrupt("研讨的题号不能为负".into()))
}

/// Question and stage from two columns.
pub(super) fn position(row: &sqlite::Row, column: usize) -> Result<Position, StoreError> {
    let code: String = row.try_get(column + 1)?;
    let stage = Stage::from_code(&code).ok_or_else(|| StoreError::Corrupt(format!("研讨的阶段 {code} 不认识")))?;
    Ok(Position { question: question_at(row, column)?, stage })
}

const WORKSHOP: &str = "SELECT id, set_id, owner_id, code, question, stage, created_at, ended_at FROM workshops";

fn workshop(row: &sqlite::Row) -> Result<Workshop, StoreError> {
    Ok(Workshop {
        id: row.try_get(0)?,
        set_id: row.try_get(1)?,
        owner_id: row.try_get(2)?,
        code: row.try_get(3)?,
        at: position(row, 4)?,
        created_at: row.try_get(6)?,
        ended_at: row.try_get(7)?,
    })
}

const PARTICIPANT: &str = "SELECT id, workshop_id, name, csrf FROM workshop_participants";

fn participant(row: &sqlite::Row) -> Result<Participant, StoreError> {
    Ok(Participant { id: row.try_get(0)?, workshop_id: row.try_get(1)?, name: row.try_get(2)?, csrf: row.try_get(3)? })
}

impl Reader {
    pub async fn workshop_sets(&self, owner_id: &str) -> Result<Vec<SetRow>, StoreError> {
        let sql = "SELECT id, title, questions, created_at FROM workshop_sets WHERE owner_id = ? ORDER BY created_at DESC, id LIMIT ?";
        let rows = sqlx::query(sql).bind(owner_id).bind(LISTED).fetch_all(self.pool()).await?;
        rows.iter()
            .map(|row| {
                let questions: Vec<serde::de::IgnoredAny> =
                    serde_json::from_str(&row.try_get::<String, _>(2)?).map_err(unreadable)?;
                let (id, title, created_at) = (row.try_get(0)?, row.try_get(1)?, row.try_get(3)?);
                Ok(SetRow { id, title, questions: questions.len(), created_at })
            })
            .collect()
    }

    /// The set; with `owner_id`, only when it is theirs.
    pub async fn workshop_set(&self, id: &str, owner_id: Option<&str>) -> Result<Option<QuestionSet>, StoreError> {
        let sql = "SELECT id, title, questions, rules_version, created_at, owner_id FROM workshop_sets WHERE id = ?";
        let Some(row) = sqlx::query(sql).bind(id).fetch_optional(self.pool()).await? else { return Ok(None) };
        if owner_id.is_some_and(|o| row.try_get::<String, _>(5).is_ok_and(|of| of != o)) {
            return Ok(None);
        }
        let questions: Vec<Question> = serde_json::from_str(&row.try_get::<String, _>(2)?).map_err(unreadable)?;
        Ok(Some(QuestionSet {
            id: row.try_get(0)?,
            title: row.try_get(1)?,
            questions,
            rules_version: row.try_get(3)?,
            created_at: row.try_get(4)?,
        }))
    }

    pub async fn workshops(&self, owner_id: &str) -> Result<Vec<WorkshopRow>, StoreError> {
        let sql = "SELECT w.id, s.title, w.code, w.stage, \
             (SELECT COUNT(*) FROM workshop_participants p WHERE p.workshop_id = w.id), w.created_at \
             FROM workshops w JOIN workshop_sets s ON s.id = w.set_id WHERE w.owner_id = ? ORDER BY w.created_at DESC, w.id LIMIT ?";
        let rows = sqlx::query(sql).bind(owner_id).bind(LISTED).fetch_all(self.pool()).await?;
        rows.iter()
            .map(|row| {
                Ok(WorkshopRow {
                    id: row.try_get(0)?,
                    title: row.try_get(1)?,
                    code: row.try_get(2)?,
                    stage: row.try_get(3)?,
                    participants: row.try_get(4)?,
                    created_at: row.try_get(5)?,
                })
            })
            .collect()
    }

    pub async fn workshop(&self, id: &str) -> Result<Option<Workshop>, StoreError> {
        let sql = format!("{WORKSHOP} WHERE id = ?");
        sqlx::query(&sql).bind(id).fetch_optional(self.pool()).await?.as_ref().map(workshop).transpose()
    }

    pub async fn workshop_by_code(&self, code: &str) -> Result<Option<Workshop>, StoreError> {
        let sql = format!("{WORKSHOP} WHERE code = ?");
        sqlx::query(&sql).bind(code).fetch_optional(self.pool()).await?.as_ref().map(workshop).transpose()
    }

    /// In the order they joined.
    pub async fn participants(&self, workshop_id: &str) -> Result<Vec<Participant>, StoreError> {
        let sql = format!("{PARTICIPANT} WHERE workshop_id = ? ORDER BY joined_at, id");
        sqlx::query(&sql).bind(workshop_id).fetch_all(self.pool()).await?.iter().map(participant).collect()
    }

    /// Whose cookie it is, in that class only.
    pub async fn participant(&self, workshop_id: &str, hash: &str) -> Result<Option<Participant>, StoreError> {
        let sql = format!("{PARTICIPANT} WHERE workshop_id = ? AND hash = ?");
        let row = sqlx::query(&sql).bind(workshop_id).bind(hash).fetch_optional(self.pool()).await?;
        row.as_ref().map(participant).transpose()
    }

    /// Answers of a class, to one question or to all.
    pub async fn workshop_answers(
        &self,
        workshop_id: &str,
        question: Option<usize>,
    ) -> Result<Vec<AnswerRow>, StoreError> {
        let sql = "SELECT participant_id, question, answer, answered_at FROM workshop_answers \
             WHERE workshop_id = ? AND (question = ? OR ? < 0) ORDER BY question, answered_at, id";
        let of = question.map_or(-1, place);
        let rows = sqlx::query(sql).bind(workshop_id).bind(of).bind(of).fetch_all(self.pool()).await?;
        rows.iter()
            .map(|row| {
                Ok(AnswerRow {
                    participant_id: row.try_get(0)?,
                    question: question_at(row, 1)?,
                    answer: row.try_get(2)?,
                    answered_at: row.try_get(3)?,
                })
            })
            .collect()
    }

    /// Who has answered a question.
    pub async fn who_answered(&self, workshop_id: &str, question: usize) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT participant_id FROM workshop_answers WHERE workshop_id = ? AND question = ?";
        let rows = sqlx::query(sql).bind(workshop_id).bind(place(question)).fetch_all(self.pool()).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    pub async fn workshop_notes(&self, workshop_id: &str) -> Result<Vec<Note>, StoreError> {
        let sql = "SELECT id, question, text, noted_at FROM workshop_notes WHERE workshop_id = ? ORDER BY question, noted_at, id";
        let rows = sqlx::query(sql).bind(workshop_id).fetch_all(self.pool()).await?;
        rows.iter()
            .map(|row| {
                Ok(Note {
                    id: row.try_get(0)?,
                    question: question_at(row, 1)?,
                    text: row.try_get(2)?,
                    noted_at: row.try_get(3)?,
                })
            })
            .collect()
    }
}

fn unreadable(e: serde_json::Error) -> StoreError {
    StoreError::Corrupt(format!("研讨题目无法读取：{e}"))
}
