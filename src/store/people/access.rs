//! Attempts to sign in, for the limits.

use sqlx::Row as _;

use crate::store::Reader;
use crate::store::change::{Change, Tx};
use crate::store::error::StoreError;

/// Notes an attempt before the password is looked at; those older than the window are forgotten.
pub struct Attempt {
    pub id: String,
    /// SHA-256 of the name.
    pub name_key: String,
    pub address: String,
    /// Seconds since 1970.
    pub at: i64,
    /// Attempts before that second no longer count.
    pub since: i64,
}

impl Change for Attempt {
    type Output = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM sign_in_attempts WHERE at < ?").bind(self.since).execute(tx.conn()).await?;
        sqlx::query("INSERT INTO sign_in_attempts (id, name_key, address, at) VALUES (?, ?, ?, ?)")
            .bind(&self.id)
            .bind(&self.name_key)
            .bind(&self.address)
            .bind(self.at)
            .execute(tx.conn())
            .await?;
        Ok(())
    }
}

/// Forgets the attempts for a name: the password was right.
pub struct Forget(pub String);

impl Change for Forget {
    type Output = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM sign_in_attempts WHERE name_key = ?").bind(&self.0).execute(tx.conn()).await?;
        Ok(())
    }
}

impl Reader {
    /// Seconds of the last attempts for a name that count, the newest first, at most `most`.
    pub async fn attempts_for(&self, name_key: &str, since: i64, most: u32) -> Result<Vec<i64>, StoreError> {
        let sql = "SELECT at FROM sign_in_attempts WHERE name_key = ? AND at >= ? ORDER BY at DESC LIMIT ?";
        let mut conn = self.pool.acquire().await?;
        let rows = sqlx::query(sql).bind(name_key).bind(since).bind(most).fetch_all(&mut *conn).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// The same for an address.
    pub async fn attempts_from(&self, address: &str, since: i64, most: u32) -> Result<Vec<i64>, StoreError> {
        let sql = "SELECT at FROM sign_in_attempts WHERE address = ? AND at >= ? ORDER BY at DESC LIMIT ?";
        let mut conn = self.pool.acquire().await?;
        let rows = sqlx::query(sql).bind(address).bind(since).bind(most).fetch_all(&mut *conn).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }
}
