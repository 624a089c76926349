//! One-time links: for a person to set a password, or for the first administrator when there is nobody yet.

use jiff::Timestamp;
use sqlx::Row as _;

use super::{AddPerson, find, nobody, sessions, tokens};
use crate::domain::people::Person;
use crate::domain::process_record::event::legal_time;
use crate::store::Reader;
use crate::store::change::{Change, Tx};
use crate::store::error::StoreError;
use crate::store::sqlite::Connection;

/// Makes a link; earlier ones of the same person that nobody used no longer work.
pub struct Invite {
    pub id: String,
    /// `None`: for the first administrator.
    pub person_id: Option<String>,
    /// SHA-256.
    pub hash: String,
    pub expires_at: Timestamp,
}

impl Change for Invite {
    type Output = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        match &self.person_id {
            Some(id) => {
                let person = find(tx.conn(), "p.id = ?", id).await?;
                if person.is_none_or(|(p, _)| p.disabled) {
                    return Err(StoreError::NotFound("这个人员，或已停用".into()));
                }
            }
            None if !nobody(tx.conn()).await? => return Err(somebody()),
            None => {}
        }
        withdraw(tx, self.person_id.as_deref()).await?;
        sqlx::query(
            "INSERT INTO invitations (id, person_id, hash, created_at, expires_at, used_at) VALUES (?, ?, ?, ?, ?, NULL)",
        )
        .bind(&self.id)
        .bind(&self.person_id)
        .bind(&self.hash)
        .bind(legal_time(tx.event().at))
        .bind(legal_time(self.expires_at))
        .execute(tx.conn())
        .await?;
        tx.seal("invitations", &self.id);
        Ok(())
    }
}

fn somebody() -> StoreError {
    let message = "已有人员，不能再用首次链接；请由管理员邀请".into();
    StoreError::Refused { code: "people.not_first", message }
}

/// Uses a link, once: sets the password, or makes the first administrator, and ends what the person was signed in with.
pub struct Accept {
    pub hash: String,
    pub password_hash: String,
    /// The first administrator, for a link that is for nobody in particular.
    pub first: Option<Person>,
}

impl Change for Accept {
    type Output = Person;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Person, StoreError> {
        let now = tx.event().at;
        let link = load(tx.conn(), &self.hash).await?.filter(|link| link.usable(now));
        let link = link.ok_or_else(|| StoreError::NotFound("这个链接，或已使用、已过期".into()))?;
        let person_id = match (&link.person_id, self.first) {
            (Some(id), _) => id.clone(),
            (None, Some(first)) => {
                if !nobody(tx.conn()).await? {
                    return Err(somebody());
                }
                AddPerson(first).apply(tx).await?.id
            }
            (None, None) => return Err(StoreError::NotFound("这个链接的人员".into())),
        };
        sqlx::query("UPDATE invitations SET used_at = ? WHERE id = ?")
            .bind(legal_time(now))
            .bind(&link.id)
            .execute(tx.conn())
            .await?;
        sqlx::query("UPDATE people SET password_hash = ? WHERE id = ?")
            .bind(&self.password_hash)
            .bind(&person_id)
            .execute(tx.conn())
            .await?;
        sessions::end_all(tx, &person_id, None).await?;
        tokens::revoke_all(tx, &person_id).await?;
        tx.seal("invitations", &link.id);
        tx.seal("people", &person_id);
        let person = find(tx.conn(), "p.id = ?", &person_id).await?.map(|(p, _)| p).filter(|p| !p.disabled);
        let person = person.ok_or_else(|| StoreError::NotFound("这个人员，或已停用".into()))?;
        let event = tx.event();
        event.actor.id.clone_from(&person.id);
        event.actor.name.clone_from(&person.name);
        event.subject = format!("person:{}", person.id);
        Ok(person)
    }
}

/// Unused links of a person (or those for the first administrator) no longer work.
pub(super) async fn withdraw(tx: &mut Tx<'_>, person_id: Option<&str>) -> Result<(), StoreError> {
    let sql = match person_id {
        Some(_) => "SELECT id FROM invitations WHERE used_at IS NULL AND person_id = ?",
        None => "SELECT id FROM invitations WHERE used_at IS NULL AND person_id IS NULL AND '' = ?",
    };
    let rows = sqlx::query(sql).bind(person_id.unwrap_or_default()).fetch_all(tx.conn()).await?;
    for row in &rows {
        let id: String = row.try_get(0)?;
        sqlx::query("DELETE FROM invitations WHERE id = ?").bind(&id).execute(tx.conn()).await?;
        tx.seal("invitations", &id);
    }
    Ok(())
}

/// A link as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    pub id: String,
    pub person_id: Option<String>,
    pub expires_at: Timestamp,
    pub used: bool,
}

impl Invitation {
    /// Not used, not expired.
    pub fn usable(&self, now: Timestamp) -> bool {
        !self.used && now < self.expires_at
    }
}

async fn load(conn: &mut Connection, hash: &str) -> Result<Option<Invitation>, StoreError> {
    let sql = "SELECT id, person_id, expires_at, used_at FROM invitations WHERE hash = ?";
    let Some(row) = sqlx::query(sql).bind(hash).fetch_optional(conn).await? else { return Ok(None) };
    let expires: String = row.try_get(2)?;
    Ok(Some(Invitation {
        id: row.try_get(0)?,
        person_id: row.try_get(1)?,
        expires_at: expires.parse().map_err(|_| StoreError::Corrupt("链接的时间无法读取".into()))?,
        used: row.try_get::<Option<String>, _>(3)?.is_some(),
    }))
}

impl Reader {
    /// The link of that digest, whatever its state.
    pub async fn invitation(&self, hash: &str) -> Result<Option<Invitation>, StoreError> {
        let mut conn = self.pool.acquire().await?;
        load(&mut conn, hash).await
    }
}
