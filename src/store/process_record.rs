//! Events: appended and read; nothing else exists, and triggers refuse update and delete.

use sqlx::Row as _;

use super::error::StoreError;
use super::sqlite::{Connection, Row};
use super::{Reader, sqlite};
use crate::domain::process_record::Event;

pub(super) const COLUMNS: &str = "seq, algorithm, prev, at, actor_id, actor_name, action, case_no, subject, version, origin, detail, seals, hash, signature";

/// Appends a finished, signed event.
pub(super) async fn append(conn: &mut Connection, e: &Event) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO events (seq, algorithm, prev, at, actor_id, actor_name, action, case_no, subject, version, origin, detail, seals, hash, signature) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(e.seq)
    .bind(&e.algorithm)
    .bind(&e.prev)
    .bind(&e.at)
    .bind(&e.actor_id)
    .bind(&e.actor_name)
    .bind(&e.action)
    .bind(&e.case_no)
    .bind(&e.subject)
    .bind(e.version)
    .bind(&e.origin)
    .bind(&e.detail)
    .bind(&e.seals)
    .bind(&e.hash)
    .bind(&e.signature)
    .execute(conn)
    .await?;
    Ok(())
}

/// An event from a row of [`COLUMNS`].
pub(super) fn event(r: &Row) -> Result<Event, StoreError> {
    Ok(Event {
        seq: r.try_get(0)?,
        algorithm: r.try_get(1)?,
        prev: r.try_get(2)?,
        at: r.try_get(3)?,
        actor_id: r.try_get(4)?,
        actor_name: r.try_get(5)?,
        action: r.try_get(6)?,
        case_no: r.try_get(7)?,
        subject: r.try_get(8)?,
        version: r.try_get(9)?,
        origin: r.try_get(10)?,
        detail: r.try_get(11)?,
        seals: r.try_get(12)?,
        hash: r.try_get(13)?,
        signature: r.try_get(14)?,
    })
}

/// The event with that number.
pub(super) async fn find(conn: &mut Connection, seq: i64) -> Result<Option<Event>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM events WHERE seq = ?");
    sqlx::query(&sql).bind(seq).fetch_optional(conn).await?.as_ref().map(event).transpose()
}

impl Reader {
    /// The event with that number.
    pub async fn event(&self, seq: i64) -> Result<Option<Event>, StoreError> {
        find(&mut *self.connection().await?, seq).await
    }

    /// Events after `seq`, at most `limit`, oldest first.
    pub async fn events_after(&self, seq: i64, limit: i64) -> Result<Vec<Event>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM events WHERE seq > ? ORDER BY seq LIMIT ?");
        sqlx::query(&sql).bind(seq).bind(limit).fetch_all(self.pool()).await?.iter().map(event).collect()
    }

    /// All events of a case, oldest first.
    pub async fn events_of_case(&self, case_no: &str) -> Result<Vec<Event>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM events WHERE case_no = ? ORDER BY seq");
        sqlx::query(&sql).bind(case_no).fetch_all(self.pool()).await?.iter().map(event).collect()
    }

    /// All events on a subject (`person:…`, `draft:…`), oldest first.
    pub async fn events_on(&self, subject: &str) -> Result<Vec<Event>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM events WHERE subject = ? ORDER BY seq");
        sqlx::query(&sql).bind(subject).fetch_all(self.pool()).await?.iter().map(event).collect()
    }
}

impl Reader {
    pub(super) fn pool(&self) -> &sqlite::Pool {
        &self.pool
    }

    pub(super) async fn connection(&self) -> Result<sqlx::pool::PoolConnection<sqlx::Sqlite>, StoreError> {
        Ok(self.pool.acquire().await?)
    }
}
