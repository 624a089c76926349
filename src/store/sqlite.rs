//! Everything that only SQLite knows: options, pragmas, transactions, error numbers. Another database replaces this file and
//! the triggers next to the migrations.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Executor, Row as _, TypeInfo as _, ValueRef as _};

use super::error::StoreError;

pub(super) type Connection = sqlx::sqlite::SqliteConnection;
pub(super) type Pool = sqlx::SqlitePool;
pub(super) type Row = sqlx::sqlite::SqliteRow;
pub(super) type Query<'q> = sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments<'q>>;

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

/// A connection that looks and never writes; the file must be there. On a medium that cannot be written to at all it is read as
/// it stands, which is right unless somebody else writes to it.
pub(super) async fn connect_looking(file: &Path) -> Result<Connection, StoreError> {
    let looking = options(file).read_only(true);
    let mut conn = match looking.clone().connect().await {
        Ok(conn) => conn,
        Err(_) => looking.immutable(true).connect().await?,
    };
    // What is wrong with the schema is to be told, not to be believed.
    run(&mut conn, "PRAGMA trusted_schema = OFF").await?;
    Ok(conn)
}

/// An empty database that is gone with the connection.
pub(super) async fn connect_memory() -> Result<Connection, StoreError> {
    SqliteConnectOptions::new().in_memory(true).connect().await.map_err(StoreError::from)
}

/// Begins a view: everything read until [`rollback`] is of one moment.
pub(super) async fn view(conn: &mut Connection) -> Result<(), StoreError> {
    run(conn, "BEGIN").await
}

/// The file must not grow above that many pages from now on, on this connection: a full disk, for tests.
pub(super) async fn limit_pages(conn: &mut Connection, pages: u32) -> Result<(), StoreError> {
    let sql = format!("PRAGMA max_page_count = {pages}");
    sqlx::query(&sql).fetch_optional(conn).await.map(|_| ()).map_err(StoreError::from)
}

/// Writes a consistent copy of the database, made in one view while others go on writing; `to` must not exist.
pub(super) async fn copy_into(conn: &mut Connection, to: &Path) -> Result<(), StoreError> {
    let Some(to) = to.to_str() else {
        return Err(StoreError::Io { path: to.display().to_string(), why: "路径不是 UTF-8".into() });
    };
    sqlx::query("VACUUM INTO ?").bind(to).execute(conn).await.map(|_| ()).map_err(StoreError::from)
}

/// Tables, indexes, triggers and views: kind, name, table, text as it was given. Without what the database keeps for itself.
pub(super) async fn schema(conn: &mut Connection) -> Result<Vec<[String; 4]>, StoreError> {
    let sql = "SELECT type, name, tbl_name, COALESCE(sql, '') FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%' ORDER BY 1, 2";
    let rows = sqlx::query(sql).fetch_all(conn).await?;
    rows.iter().map(|r| Ok([r.try_get(0)?, r.try_get(1)?, r.try_get(2)?, r.try_get(3)?])).collect()
}

/// What the database finds wrong with its own file; empty when nothing is.
pub(super) async fn damage(conn: &mut Connection) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query("PRAGMA integrity_check(20)").fetch_all(conn).await?;
    let all: Vec<String> = rows.iter().map(|r| r.try_get(0)).collect::<Result<_, _>>()?;
    Ok(all.into_iter().filter(|line| line != "ok").collect())
}

/// Names of the columns that hold whole numbers.
pub(super) async fn whole_numbers(conn: &mut Connection, table: &str) -> Result<HashSet<String>, StoreError> {
    let sql = "SELECT name FROM pragma_table_info(?) WHERE type LIKE '%INT%'";
    let rows = sqlx::query(sql).bind(table).fetch_all(conn).await?;
    rows.iter().map(|r| r.try_get(0).map_err(StoreError::from)).collect()
}

/// Whether the value stands in the file as text (or as a whole number, when `number`) or is absent. A column takes values of any
/// kind, and two kinds may look alike when they are read as text.
pub(super) fn of_kind(row: &Row, column: usize, number: bool) -> bool {
    match row.try_get_raw(column) {
        Ok(value) if value.is_null() => true,
        Ok(value) => value.type_info().name() == if number { "INTEGER" } else { "TEXT" },
        Err(_) => false,
    }
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
