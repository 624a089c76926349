//! 附件: files named by their content, `attachments/<first two of sha256>/<sha256>`, and a row for each time one was taken in.
//!
//! A file is written under a passing name, brought to the disk and renamed; only then its row is written, with its event. Whatever
//! breaks off in between leaves a file that nobody names: it harms nothing, and the same content taken in again uses it.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use sqlx::Row as _;
use tokio::io::AsyncWriteExt as _;

use super::change::{Change, Tx};
use super::error::StoreError;
use super::{Reader, sqlite};
use crate::domain::attachment::Attachment;
use crate::domain::process_record::event::legal_time;

/// In the data directory.
pub const FOLDER: &str = "attachments";
/// Where files lie while they come in.
const INCOMING: &str = ".incoming";
/// What came in and was given up is swept away after that long.
const ABANDONED: Duration = Duration::from_secs(24 * 3600);

/// Whether the text can be the name of a content.
pub fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Path of a content in the data directory; only for what [`is_digest`].
pub fn relative(sha256: &str) -> String {
    format!("{FOLDER}/{}/{sha256}", sha256.get(..2).unwrap_or_default())
}

/// Path of a content.
pub fn path(data_dir: &Path, sha256: &str) -> PathBuf {
    data_dir.join(relative(sha256))
}

/// Digest and size of a file as it is now. Blocks.
pub fn measure(path: &Path) -> std::io::Result<(String, u64)> {
    measure_open(&mut File::open(path)?)
}

/// As [`measure`], of an open file from where it stands.
pub fn measure_open(file: &mut File) -> std::io::Result<(String, u64)> {
    let (mut hasher, mut buffer, mut size) = (Sha256::new(), vec![0; 1 << 16], 0u64);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((hex::encode(hasher.finalize()), size)),
            n => {
                hasher.update(&buffer[..n]);
                size += n as u64;
            }
        }
    }
}

/// A file on its way in; gone again unless it is [kept](Incoming::keep).
pub struct Incoming {
    folder: PathBuf,
    path: PathBuf,
    file: tokio::fs::File,
    hasher: Sha256,
    size: u64,
}

impl Incoming {
    /// Begins a file in the data directory.
    pub async fn begin(data_dir: &Path) -> Result<Self, StoreError> {
        let folder = data_dir.join(FOLDER);
        let incoming = folder.join(INCOMING);
        let path = incoming.join(uuid::Uuid::new_v4().to_string());
        let made = path.clone();
        let file = blocking(move || {
            private_folder(&incoming)?;
            sweep(&incoming);
            let mut options = fs::OpenOptions::new();
            options.write(true).read(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            options.open(&made).map_err(|e| StoreError::io(&made, &e))
        });
        let file = tokio::fs::File::from_std(file.await?);
        Ok(Self { folder, path, file, hasher: Sha256::new(), size: 0 })
    }

    pub async fn write(&mut self, chunk: &[u8]) -> Result<(), StoreError> {
        self.file.write_all(chunk).await.map_err(|e| StoreError::io(&self.path, &e))?;
        self.hasher.update(chunk);
        self.size += chunk.len() as u64;
        Ok(())
    }

    /// Bytes so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Digest of what has come so far.
    pub fn sha256(&self) -> String {
        hex::encode(self.hasher.clone().finalize())
    }

    /// Hands what was written to the file system, to be looked at under its passing name.
    pub async fn written(&mut self) -> Result<&Path, StoreError> {
        self.file.flush().await.map_err(|e| StoreError::io(&self.path, &e))?;
        Ok(&self.path)
    }

    /// Brings it to the disk and gives it its name. A file of that name has the same content, or is broken: it is replaced.
    pub async fn keep(mut self) -> Result<(), StoreError> {
        let io = |e: std::io::Error| StoreError::io(&self.path, &e);
        self.file.flush().await.map_err(io)?;
        self.file.sync_all().await.map_err(io)?;
        let (from, folder, sha256) = (self.path.clone(), self.folder.clone(), self.sha256());
        blocking(move || {
            let shelf = folder.join(&sha256[..2]);
            let fresh = !shelf.exists();
            private_folder(&shelf)?;
            let to = shelf.join(&sha256);
            fs::rename(&from, &to).map_err(|e| StoreError::io(&to, &e))?;
            sync_folder(&shelf)?;
            if fresh { sync_folder(&folder) } else { Ok(()) }
        })
        .await
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        // Nothing is there any more once it was kept.
        let _ = fs::remove_file(&self.path);
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Closed)?
}

/// Makes the folder for the service's account only.
pub(super) fn private_folder(folder: &Path) -> Result<(), StoreError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|e| StoreError::io(folder, &e))
}

/// A name is on the disk only once its folder is.
pub(super) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    File::open(folder).and_then(|f| f.sync_all()).map_err(|e| StoreError::io(folder, &e))?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// Takes away what came in and was given up long ago.
fn sweep(incoming: &Path) {
    let Ok(entries) = fs::read_dir(incoming) else { return };
    for entry in entries.flatten() {
        let changed = entry.metadata().and_then(|m| m.modified()).unwrap_or_else(|_| SystemTime::now());
        if changed.elapsed().is_ok_and(|age| age > ABANDONED) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The row of a file that is already in its place.
pub struct Attach {
    pub attachment: Attachment,
    pub at: Timestamp,
    /// Bytes all files of the case may have together.
    pub case_limit: u64,
}

impl Change for Attach {
    type Output = Attachment;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Attachment, StoreError> {
        let Self { attachment: a, at, case_limit } = self;
        let size = i64::try_from(a.size).unwrap_or(i64::MAX);
        let row = sqlx::query("SELECT COALESCE(SUM(size), 0) FROM attachments WHERE case_no = ?");
        let total: i64 = row.bind(&a.case_no).fetch_one(tx.conn()).await?.try_get(0)?;
        if u64::try_from(total.saturating_add(size)).unwrap_or(u64::MAX) > case_limit {
            let message = format!("本案附件合计不得超过 {} MB", case_limit >> 20);
            return Err(StoreError::Refused { code: "attachment.case_full", message });
        }
        sqlx::query(
            "INSERT INTO attachments (id, sha256, size, media_type, name, kind, case_no, uploaded_by, uploaded_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&a.id)
        .bind(&a.sha256)
        .bind(size)
        .bind(&a.media_type)
        .bind(&a.name)
        .bind(a.kind.code())
        .bind(&a.case_no)
        .bind(&a.uploaded_by)
        .bind(legal_time(at))
        .execute(tx.conn())
        .await?;
        tx.seal("attachments", &a.id);
        if let Some(no) = a.evidence_no {
            sqlx::query("INSERT INTO attachment_evidence (id, evidence_no) VALUES (?, ?)")
                .bind(&a.id)
                .bind(i64::from(no))
                .execute(tx.conn())
                .await?;
            tx.seal("attachment_evidence", &a.id);
        }
        Ok(Attachment { uploaded_at: legal_time(at), ..a })
    }
}

const SELECT: &str = "SELECT a.id, a.sha256, a.size, a.media_type, a.name, a.kind, a.case_no, a.uploaded_by, a.uploaded_at, e.evidence_no \
     FROM attachments a LEFT JOIN attachment_evidence e ON e.id = a.id";

impl Reader {
    /// The files of a case, oldest first.
    pub async fn attachments_of(&self, case_no: &str) -> Result<Vec<Attachment>, StoreError> {
        let sql = format!("{SELECT} WHERE a.case_no = ? ORDER BY a.uploaded_at, a.id");
        sqlx::query(&sql).bind(case_no).fetch_all(self.pool()).await?.iter().map(attachment).collect()
    }

    /// A file of a case.
    pub async fn attachment(&self, case_no: &str, id: &str) -> Result<Option<Attachment>, StoreError> {
        let sql = format!("{SELECT} WHERE a.case_no = ? AND a.id = ?");
        sqlx::query(&sql).bind(case_no).bind(id).fetch_optional(self.pool()).await?.as_ref().map(attachment).transpose()
    }
}

fn attachment(r: &sqlite::Row) -> Result<Attachment, StoreError> {
    let kind: String = r.try_get(5)?;
    Ok(Attachment {
        id: r.try_get(0)?,
        sha256: r.try_get(1)?,
        size: u64::try_from(r.try_get::<i64, _>(2)?).unwrap_or_default(),
        media_type: r.try_get(3)?,
        name: r.try_get(4)?,
        kind: crate::domain::attachment::AttachmentKind::from_code(&kind)
            .ok_or_else(|| StoreError::Corrupt(format!("附件种类 {kind} 不认识")))?,
        case_no: r.try_get::<Option<String>, _>(6)?.unwrap_or_default(),
        uploaded_by: r.try_get(7)?,
        uploaded_at: r.try_get(8)?,
        evidence_no: r.try_get::<Option<i64>, _>(9)?.and_then(|n| u32::try_from(n).ok()),
    })
}
