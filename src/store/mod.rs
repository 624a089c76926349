//! SQL lives here and nowhere else. The case store: one writer whose every change carries its event, many readers.

pub mod attachments;
pub mod backup;
pub mod cases;
pub mod change;
mod desk;
pub mod drafts;
pub mod error;
mod head;
pub mod key;
pub mod laws_db;
mod migrations;
mod numbers;
pub mod people;
pub mod process_record;
mod prove;
mod seals;
mod sqlite;
pub mod verify;
pub mod workshops;
mod writer;

use std::fs::{self, File, OpenOptions};
use std::path::Path;

use fs4::fs_std::FileExt;
use jiff::Timestamp;
use serde_json::json;
use tokio::sync::mpsc;

pub use change::{Change, Tx};
pub use desk::CHECKPOINT_EVERY;
pub use error::StoreError;
pub use writer::{Answer, Committed, Done, Once, Writer};

use self::desk::Desk;
use self::head::Head;
use self::key::Key;
use crate::domain::process_record::{ActorRef, NewEvent};

/// The database in the data directory.
pub const FILE: &str = "zhicai.db";
/// Changes that may wait for their turn; more callers wait to ask.
const QUEUE: usize = 1024;

/// Reads; clones share the connections.
#[derive(Clone)]
pub struct Reader {
    pool: sqlite::Pool,
}

/// Opens the database of a data directory, making or upgrading it first. Call it inside a tokio runtime; the writer lives as long
/// as that.
pub async fn open(data_dir: &Path) -> Result<(Reader, Writer), StoreError> {
    open_within(data_dir, None).await
}

/// As [`open`], with a database that cannot grow above that many pages: a full disk, for tests.
#[doc(hidden)]
pub async fn open_within(data_dir: &Path, pages: Option<u32>) -> Result<(Reader, Writer), StoreError> {
    let path = data_dir.join(FILE);
    let lock = opening(data_dir).await?;
    private(&path)?;
    let mut conn = sqlite::connect_writer(&path).await?;
    migrations::run(&mut conn).await?;
    let (key, head) = start(&mut conn, data_dir).await?;
    drop(lock);
    if let Some(pages) = pages {
        sqlite::limit_pages(&mut conn, pages).await?;
    }
    let pool = sqlite::connect_readers(&path).await?;
    let (queue, jobs) = mpsc::channel(QUEUE);
    tokio::spawn(Desk::new(conn, key, head).serve(jobs));
    Ok((Reader { pool }, Writer { queue }))
}

/// The key and the head; a record that has no event yet gets its first, which names the public key.
async fn start(conn: &mut sqlite::Connection, data_dir: &Path) -> Result<(Key, Head), StoreError> {
    let events: i64 =
        sqlx::Row::try_get(&sqlx::query("SELECT COUNT(*) FROM events WHERE seq <= 1").fetch_one(&mut *conn).await?, 0)?;
    let key = Key::open(data_dir, events == 0)?;
    sqlite::begin(conn).await?;
    let mut head = Head::load(conn, &key, None).await?;
    if head.size == 0 {
        let detail =
            json!({ "public_key": key.public(), "signature": "ed25519", "version": env!("CARGO_PKG_VERSION") });
        let event = NewEvent::new(Timestamp::now(), ActorRef::system(), "record.started", "record", "system");
        head.append(conn, &key, event.detail(detail)).await?;
        head.save(conn, &key).await?;
    }
    sqlite::commit(conn).await?;
    Ok((key, head))
}

/// One opening at a time: two processes must not both make the key or upgrade. Released when the process ends.
async fn opening(data_dir: &Path) -> Result<File, StoreError> {
    let dir = data_dir.to_path_buf();
    let lock = tokio::task::spawn_blocking(move || {
        let path = dir.join(".store.lock");
        let io = |e: std::io::Error| StoreError::io(&path, &e);
        fs::create_dir_all(&dir).map_err(io)?;
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(io)?;
        FileExt::lock_exclusive(&file).map_err(io)?;
        Ok(file)
    });
    lock.await.map_err(|_| StoreError::Closed)?
}

/// Case data is for the service's account only; SQLite gives its other files the same rights.
fn private(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|e| StoreError::io(path, &e))
}
