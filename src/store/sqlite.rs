//! Everything that only SQLite knows: options, pragmas, transactions, error numbers. Another database replaces this file and
//! the triggers next to the migrations.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Executor};

use super::error::StoreError;

pub(super) type Connection = sqlx::sqlite::SqliteConnection;
pub(super) type Pool = sqlx::SqlitePool;
pub(super) type Row = sqlx::sqlite::SqliteRow;

/// Readers at a time; more wait.
const READERS: u32 = 8;
/// Another process (a command next to the service) may hold the file that long.
const BUSY: Duration = Duration::from_secs(10);

fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(file).busy_timeout(BUSY).foreign_keys(true).disable_statement_logging()
}

/// The one writing connection; creates the file. FULL: what was acknowledged survives the loss of power.
pub(super) async fn connect_writer(file: &Path) -> Result<Connection, StoreError> {
    let options = options(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("recursive_triggers", "ON");
    options.connect().await.map_err(StoreError::from)
}

/// Connections that cannot write.
pub(super) async fn connect_readers(file: &Path) -> Result<Pool, StoreError> {
    let pool = SqlitePoolOptions::new().max_connections(READERS).acquire_timeout(BUSY);
    pool.connect_with(options(file).read_only(true)).await.map_err(StoreError::from)
}

pub(super) async fn begin(conn: &mut Connection) -> Result<(), StoreError> {
    run(conn, "BEGIN IMMEDIATE").await
}

pub(super) async fn commit(conn: &mut Connection) -> Result<(), StoreError> {
    run(conn, "COMMIT").await
}

/// Ends the transaction, if one is still open: some errors end it by themselves.
pub(super) async fn rollback(conn: &mut Connection) {
    let _ = run(conn, "ROLLBACK").await;
}

pub(super) async fn savepoint(conn: &mut Connection) -> Result<(), StoreError> {
    run(conn, "SAVEPOINT change").await
}

pub(super) async fn release(conn: &mut Connection) -> Result<(), StoreError> {
    run(conn, "RELEASE change").await
}

/// Undoes everything since the savepoint.
pub(super) async fn undo(conn: &mut Connection) -> Result<(), StoreError> {
    run(conn, "ROLLBACK TO change").await?;
    release(conn).await
}

async fn run(conn: &mut Connection, sql: &'static str) -> Result<(), StoreError> {
    conn.execute(sqlx::query(sql)).await.map(|_| ()).map_err(StoreError::from)
}

impl From<sqlx::Error> for StoreError {
    fn from(e: sqlx::Error) -> Self {
        let known = match &e {
            sqlx::Error::Database(db) => {
                let number = db.code().and_then(|c| c.parse::<u32>().ok()).unwrap_or_default();
                match number & 0xff {
                    5 | 6 => Some(Self::Busy),
                    11 | 26 => Some(Self::Corrupt(db.message().into())),
                    13 => Some(Self::DiskFull),
                    _ if db.is_unique_violation() => Some(Self::Exists("同一内容".into())),
                    _ => None,
                }
            }
            sqlx::Error::RowNotFound => Some(Self::NotFound("所要的内容".into())),
            sqlx::Error::PoolTimedOut => Some(Self::Busy),
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => Some(Self::Closed),
            _ => None,
        };
        known.unwrap_or_else(|| Self::Sql(e.to_string()))
    }
}
