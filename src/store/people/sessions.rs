//! Sessions of signed-in people. The cookie itself is never stored, only its digest.

use jiff::{Timestamp, ToSpan};
use sqlx::Row as _;

use super::{COLUMNS, certs, person};
use crate::domain::people::Person;
use crate::domain::process_record::event::legal_time;
use crate::store::Reader;
use crate::store::change::{Change, Tx};
use crate::store::error::StoreError;

/// A session as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Ours, never sent.
    pub id: String,
    pub csrf: String,
    pub opened_at: Timestamp,
    pub rotated_at: Timestamp,
    /// Found by the cookie before the last rotation.
    pub by_last: bool,
}

/// Opens a session; the attempt that led here and earlier ones for that name are forgotten, and so are sessions of days ago.
pub struct OpenSession {
    pub id: String,
    pub person_id: String,
    /// SHA-256 of the cookie.
    pub hash: String,
    pub csrf: String,
    pub address: String,
    /// SHA-256 of the name that was signed in with.
    pub name_key: Option<String>,
    /// Digest of a cookie that came along: that session ends.
    pub ends: Option<String>,
}

impl Change for OpenSession {
    type Output = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let now = tx.event().at;
        let row = sqlx::query("SELECT id FROM people WHERE id = ? AND disabled = 0").bind(&self.person_id);
        if row.fetch_optional(tx.conn()).await?.is_none() {
            return Err(StoreError::NotFound("这个人员".into()));
        }
        if let Some(ends) = &self.ends {
            let sql = "DELETE FROM sessions WHERE hash = ? OR last_hash = ?";
            sqlx::query(sql).bind(ends).bind(ends).execute(tx.conn()).await?;
        }
        let long_ago = legal_time(now.checked_sub(48.hours()).unwrap_or(now));
        sqlx::query("DELETE FROM sessions WHERE opened_at < ?").bind(long_ago).execute(tx.conn()).await?;
        if let Some(name_key) = &self.name_key {
            let sql = "DELETE FROM sign_in_attempts WHERE name_key = ?";
            sqlx::query(sql).bind(name_key).execute(tx.conn()).await?;
        }
        sqlx::query(
            "INSERT INTO sessions (id, person_id, hash, last_hash, csrf, opened_at, rotated_at, address) VALUES (?, ?, ?, NULL, ?, ?, ?, ?)",
        )
        .bind(&self.id)
        .bind(&self.person_id)
        .bind(&self.hash)
        .bind(&self.csrf)
        .bind(legal_time(now))
        .bind(legal_time(now))
        .bind(&self.address)
        .execute(tx.conn())
        .await?;
        Ok(())
    }
}

/// Gives a session a new cookie. False when another request was first.
pub struct RotateSession {
    pub id: String,
    pub hash: String,
    pub new_hash: String,
}

impl Change for RotateSession {
    type Output = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let now = legal_time(tx.event().at);
        let done = sqlx::query("UPDATE sessions SET hash = ?, last_hash = ?, rotated_at = ? WHERE id = ? AND hash = ?")
            .bind(&self.new_hash)
            .bind(&self.hash)
            .bind(now)
            .bind(&self.id)
            .bind(&self.hash)
            .execute(tx.conn())
            .await?;
        // Nothing is recorded for the request that came second.
        if done.rows_affected() == 1 { Ok(()) } else { Err(StoreError::NotFound("这个会话".into())) }
    }
}

/// Ends a session.
pub struct EndSession(pub String);

impl Change for EndSession {
    type Output = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM sessions WHERE id = ?").bind(&self.0).execute(tx.conn()).await?;
        Ok(())
    }
}

pub(super) async fn end_all(tx: &mut Tx<'_>, person_id: &str, but: Option<&str>) -> Result<(), StoreError> {
    let sql = "DELETE FROM sessions WHERE person_id = ? AND id <> ?";
    sqlx::query(sql).bind(person_id).bind(but.unwrap_or_default()).execute(tx.conn()).await?;
    Ok(())
}

impl Reader {
    /// The session of that digest and its person, whatever their state.
    pub async fn session(&self, hash: &str) -> Result<Option<(Session, Person)>, StoreError> {
        let mut conn = self.pool.acquire().await?;
        let sql = format!(
            "SELECT {COLUMNS}, s.id, s.csrf, s.opened_at, s.rotated_at, s.hash FROM sessions s JOIN people p ON p.id = s.person_id \
             WHERE s.hash = ? OR s.last_hash = ?"
        );
        let row = sqlx::query(&sql).bind(hash).bind(hash).fetch_optional(&mut *conn).await?;
        let Some(row) = row else { return Ok(None) };
        let time =
            |text: String| text.parse::<Timestamp>().map_err(|_| StoreError::Corrupt("会话的时间无法读取".into()));
        let session = Session {
            id: row.try_get(10)?,
            csrf: row.try_get(11)?,
            opened_at: time(row.try_get(12)?)?,
            rotated_at: time(row.try_get(13)?)?,
            by_last: row.try_get::<String, _>(14)? != hash,
        };
        let mut person = person(&row)?;
        person.certs = certs(&mut conn, &person.id).await?;
        Ok(Some((session, person)))
    }
}
