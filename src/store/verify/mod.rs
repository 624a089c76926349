//! Verifying the whole record of a data directory: read-only, in one view, streaming. What is wrong is listed with its place.
//!
//! Without the signing key nothing can be changed unseen. Whoever holds `record.key` could write a whole new record, and then only
//! something kept elsewhere shows it: the public key, or better an exported checkpoint ([`Wanted`]).

mod events;
mod fault;
mod files;
mod head;
mod lists;
mod rows;
mod schema;

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Serialize;

pub use self::fault::Fault;
use self::fault::Faults;
use super::error::StoreError;
use super::key::{self, Key};
use super::sqlite;
use crate::domain::process_record::ExportedCheckpoint;

/// What is known from elsewhere.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Public key, hex.
    pub key: Option<String>,
    /// Checkpoints that were exported before.
    pub checkpoints: Vec<ExportedCheckpoint>,
}

/// Where the parts of a record lie.
#[derive(Clone, Debug)]
pub struct Place {
    pub database: PathBuf,
    /// The data directory with `attachments/` and, perhaps, the key.
    pub dir: PathBuf,
}

impl Place {
    pub fn of(data_dir: &Path) -> Self {
        Self { database: data_dir.join(super::FILE), dir: data_dir.into() }
    }
}

/// What was found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Verified {
    pub ok: bool,
    /// Hash of event 1: which record this is.
    pub record: String,
    /// The key its signatures were checked with.
    pub public_key: String,
    pub events: i64,
    pub last_at: String,
    pub last_hash: String,
    /// Root of the Merkle tree over all events.
    pub root: String,
    /// Checkpoints in the database that were checked.
    pub checkpoints: usize,
    /// Sizes of the checkpoints from elsewhere that the record continues.
    pub confirmed: Vec<i64>,
    pub sealed_rows: usize,
    pub files: usize,
    pub file_bytes: u64,
    pub faults: Vec<Fault>,
    /// Faults in all; only the first thousand are listed.
    pub faults_total: usize,
    pub warnings: Vec<String>,
    pub took_ms: u64,
}

/// Looks through everything. Blocks: call it from a plain thread. An error means that nothing could be looked at.
pub fn verify(place: &Place, wanted: &Wanted) -> Result<Verified, StoreError> {
    if !place.database.exists() {
        return Err(StoreError::NotFound(format!("全过程记录（{}）", place.database.display())));
    }
    let io = |e: std::io::Error| StoreError::io(&place.database, &e);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(io)?;
    runtime.block_on(async {
        let mut conn = sqlite::connect_looking(&place.database).await?;
        sqlite::view(&mut conn).await?;
        let found = look(&mut conn, place, wanted).await;
        sqlite::rollback(&mut conn).await;
        let _ = sqlx::Connection::close(conn).await;
        found
    })
}

async fn look(conn: &mut sqlite::Connection, place: &Place, wanted: &Wanted) -> Result<Verified, StoreError> {
    let started = Instant::now();
    let (mut faults, mut found) = (Faults::default(), Verified::default());
    let tables = schema::check(conn, &mut faults).await?;
    let own_key = Key::open(&place.dir, false).ok().map(|k| k.public());
    let reference = events::reference(conn, wanted, own_key.as_deref(), &mut faults).await;
    let mut ends = head::Ends::load(conn, wanted, &mut faults).await;
    let walked = events::walk(conn, &reference, &mut ends, &mut faults).await;
    found.confirmed = ends.check(&reference, &walked, wanted, &mut faults);
    found.checkpoints = ends.stored();
    found.sealed_rows = rows::check(conn, &tables, walked.seals, &mut faults).await;
    lists::check(conn, &tables, &mut faults).await;
    let files = files::check(conn, &place.dir, &mut faults, &mut found.warnings).await;
    (found.files, found.file_bytes) = (files.files, files.bytes);
    found.record = walked.record;
    found.public_key = reference;
    found.events = walked.size;
    found.last_at = walked.last_at;
    found.last_hash = walked.last_hash;
    found.root = walked.root;
    if wanted.key.is_none() && wanted.checkpoints.is_empty() {
        found.warnings.push(
            "没有用外部保存的检查点或公钥核对：掌握签名密钥的人若重写了全部记录，仅凭本机数据不能发现。请定期用 zhicai record checkpoint 导出检查点，交由外部保管"
                .into(),
        );
    }
    found.ok = faults.total() == 0;
    (found.faults, found.faults_total) = faults.into_list();
    found.took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(found)
}

/// Whether the hex text is a public key that signatures can be checked with.
pub fn is_public_key(text: &str) -> bool {
    key::is_public(text)
}
