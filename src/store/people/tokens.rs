//! Personal tokens, kept as digests.

use sqlx::Row as _;

use super::{COLUMNS, certs, person};
use crate::domain::people::{Person, Scope, Token};
use crate::domain::process_record::event::legal_time;
use crate::store::Reader;
use crate::store::change::{Change, Tx};
use crate::store::error::StoreError;
use crate::store::sqlite::Row;

const OWN: &str = "t.id, t.name, t.scopes, t.created_at, t.expires_at, t.revoked_at, t.used_on";

/// Tokens of one person that are in use at the same time, at most.
const MOST: i64 = 50;

/// Adds a token.
pub struct AddToken {
    pub person_id: String,
    pub token: Token,
    /// SHA-256.
    pub hash: String,
}

impl Change for AddToken {
    type Output = Token;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Token, StoreError> {
        let sql = "SELECT COUNT(*) FROM tokens WHERE person_id = ? AND revoked_at IS NULL AND expires_at > ?";
        let now = legal_time(tx.event().at);
        let held = sqlx::query(sql).bind(&self.person_id).bind(now).fetch_one(tx.conn()).await?;
        if held.try_get::<i64, _>(0)? >= MOST {
            let message = format!("在用的令牌已有{MOST}个，请先撤销不用的");
            return Err(StoreError::Refused { code: "tokens.too_many", message });
        }
        sqlx::query(
            "INSERT INTO tokens (id, person_id, name, hash, scopes, created_at, expires_at, revoked_at, used_on) VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL)",
        )
        .bind(&self.token.id)
        .bind(&self.person_id)
        .bind(&self.token.name)
        .bind(&self.hash)
        .bind(self.token.scopes.iter().map(|s| s.code()).collect::<Vec<_>>().join(","))
        .bind(&self.token.created_at)
        .bind(&self.token.expires_at)
        .execute(tx.conn())
        .await?;
        tx.seal("tokens", &self.token.id);
        Ok(self.token)
    }
}

/// Revokes a token of that person; for anybody else it does not exist.
pub struct RevokeToken {
    pub id: String,
    pub person_id: String,
}

impl Change for RevokeToken {
    type Output = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let now = legal_time(tx.event().at);
        let sql = "UPDATE tokens SET revoked_at = ? WHERE id = ? AND person_id = ? AND revoked_at IS NULL";
        let done = sqlx::query(sql).bind(now).bind(&self.id).bind(&self.person_id).execute(tx.conn()).await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::NotFound("这个令牌".into()));
        }
        tx.seal("tokens", &self.id);
        Ok(())
    }
}

/// Notes the day of use.
pub struct UseToken {
    pub id: String,
    /// YYYY-MM-DD.
    pub day: String,
}

impl Change for UseToken {
    type Output = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        sqlx::query("UPDATE tokens SET used_on = ? WHERE id = ?")
            .bind(&self.day)
            .bind(&self.id)
            .execute(tx.conn())
            .await?;
        Ok(())
    }
}

pub(super) async fn revoke_all(tx: &mut Tx<'_>, person_id: &str) -> Result<(), StoreError> {
    let now = legal_time(tx.event().at);
    let sql = "SELECT id FROM tokens WHERE person_id = ? AND revoked_at IS NULL";
    let rows = sqlx::query(sql).bind(person_id).fetch_all(tx.conn()).await?;
    for row in &rows {
        let id: String = row.try_get(0)?;
        sqlx::query("UPDATE tokens SET revoked_at = ? WHERE id = ?").bind(&now).bind(&id).execute(tx.conn()).await?;
        tx.seal("tokens", &id);
    }
    Ok(())
}

fn token(row: &Row, from: usize) -> Result<Token, StoreError> {
    Ok(Token {
        id: row.try_get(from)?,
        name: row.try_get(from + 1)?,
        scopes: row.try_get::<String, _>(from + 2)?.split(',').filter_map(Scope::from_code).collect(),
        created_at: row.try_get(from + 3)?,
        expires_at: row.try_get(from + 4)?,
        revoked_at: row.try_get(from + 5)?,
        used_on: row.try_get(from + 6)?,
    })
}

impl Reader {
    /// The token of that digest and its person, whatever their state.
    pub async fn token(&self, hash: &str) -> Result<Option<(Token, Person)>, StoreError> {
        let mut conn = self.pool.acquire().await?;
        let sql = format!("SELECT {COLUMNS}, {OWN} FROM tokens t JOIN people p ON p.id = t.person_id WHERE t.hash = ?");
        let Some(row) = sqlx::query(&sql).bind(hash).fetch_optional(&mut *conn).await? else { return Ok(None) };
        let mut person = person(&row)?;
        person.certs = certs(&mut conn, &person.id).await?;
        Ok(Some((token(&row, 10)?, person)))
    }

    /// The tokens of a person, the newest first; revoked and expired ones, too.
    pub async fn tokens(&self, person_id: &str) -> Result<Vec<Token>, StoreError> {
        let mut conn = self.pool.acquire().await?;
        let sql = format!("SELECT {OWN} FROM tokens t WHERE t.person_id = ? ORDER BY t.created_at DESC, t.id");
        let rows = sqlx::query(&sql).bind(person_id).fetch_all(&mut *conn).await?;
        rows.iter().map(|row| token(row, 0)).collect()
    }
}
