//! The schema, version by version, embedded; never edited once released. (The migrator of sqlx would bring the drivers of two
//! other databases into the lock file for these few lines.)

use jiff::Timestamp;
use sqlx::{Executor as _, Row as _};

use super::error::StoreError;
use super::sqlite::{self, Connection};
use crate::domain::process_record::canonical::sha256_hex;
use crate::domain::process_record::event::legal_time;

/// Version, name, tables, and what only SQLite understands.
const VERSIONS: &[(i64, &str, &str, &str)] = &[
    (1, "record", include_str!("migrations/0001_record.sql"), include_str!("migrations/0001_record_triggers.sql")),
    (2, "people", include_str!("migrations/0002_people.sql"), ""),
    (3, "cases", include_str!("migrations/0003_cases.sql"), ""),
    (4, "drafts", include_str!("migrations/0004_drafts.sql"), include_str!("migrations/0004_drafts_triggers.sql")),
    (
        5,
        "attachments",
        include_str!("migrations/0005_attachments.sql"),
        include_str!("migrations/0005_attachments_triggers.sql"),
    ),
    (6, "workshops", include_str!("migrations/0006_workshops.sql"), ""),
    (7, "counts", include_str!("migrations/0007_counts.sql"), ""),
];

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_versions (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, at TEXT NOT NULL)";

/// Version, name and digest of every version this program knows.
pub(super) fn known() -> Vec<(i64, &'static str, String)> {
    VERSIONS.iter().map(|v| (v.0, v.1, digest_of(v))).collect()
}

/// Makes the schema of these versions in an empty database, to compare another one with.
pub(super) async fn make(conn: &mut Connection, versions: &[i64]) -> Result<(), StoreError> {
    sqlx::query(TABLE).execute(&mut *conn).await?;
    for version in VERSIONS.iter().filter(|v| versions.contains(&v.0)) {
        upgrade(conn, version).await?;
    }
    Ok(())
}

/// Brings the schema to the newest version, a transaction per version; a database of a newer program is refused untouched.
pub(super) async fn run(conn: &mut Connection) -> Result<(), StoreError> {
    sqlx::query(TABLE).execute(&mut *conn).await?;
    let rows =
        sqlx::query("SELECT version, sha256 FROM schema_versions ORDER BY version").fetch_all(&mut *conn).await?;
    let mut present = Vec::with_capacity(rows.len());
    for row in &rows {
        let (version, digest): (i64, String) = (row.try_get(0)?, row.try_get(1)?);
        match VERSIONS.iter().find(|v| v.0 == version) {
            None => return Err(StoreError::NewerSchema(version)),
            Some(known) if digest_of(known) != digest => {
                return Err(StoreError::Corrupt(format!("第{version}号升级与本程序所带的不同")));
            }
            Some(_) => present.push(version),
        }
    }
    for version in VERSIONS.iter().filter(|v| !present.contains(&v.0)) {
        sqlite::begin(conn).await?;
        if let Err(e) = upgrade(conn, version).await {
            sqlite::rollback(conn).await;
            return Err(e);
        }
        sqlite::commit(conn).await?;
    }
    Ok(())
}

async fn upgrade(conn: &mut Connection, of: &(i64, &str, &str, &str)) -> Result<(), StoreError> {
    let (version, name, tables, only_here) = of;
    for sql in [tables, only_here] {
        // Not `raw_sql(sql).execute(conn)`: the compiler cannot tell that its future may change threads.
        conn.execute(sqlx::raw_sql(sql)).await?;
    }
    sqlx::query("INSERT INTO schema_versions (version, name, sha256, at) VALUES (?, ?, ?, ?)")
        .bind(version)
        .bind(name)
        .bind(digest_of(of))
        .bind(legal_time(Timestamp::now()))
        .execute(conn)
        .await?;
    Ok(())
}

fn digest_of(version: &(i64, &str, &str, &str)) -> String {
    sha256_hex(format!("{}{}", version.2, version.3).as_bytes())
}
