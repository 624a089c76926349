//! 备份与恢复: a copy of one moment while the service goes on, a manifest over it, and the way back. What is installed again by
//! itself (models, index) is left out; settings and the signing key are secrets and come along only when asked for.

mod pack;
mod restore;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::pack::Pack;
pub use self::restore::{Restored, restore};
use super::error::StoreError;
use super::verify::{self, Verified, Wanted};
use super::{attachments, key, sqlite};
use crate::domain::process_record::event::legal_time;

/// Name of the manifest in a backup.
pub const MANIFEST: &str = "manifest.json";
const FORMAT: &str = "zhicai-backup-1";
/// The bureau's own data beside the database, in the data directory.
const FOLDERS: &[&str] = &["rules", "norms", "precedents", "statutes"];
/// Holds passwords of other services.
const SETTINGS: &str = "zhicai.toml";

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub format: String,
    pub made_at: String,
    /// Of the program that made it.
    pub version: String,
    /// Hash of event 1.
    pub record: String,
    pub events: i64,
    pub last_hash: String,
    pub public_key: String,
    /// The signing key and the settings came along.
    pub with_key: bool,
    pub files: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// With `/`, below the data directory.
    pub path: String,
    pub size: u64,
    pub sha256: String,
}

/// What was made.
#[derive(Clone, Debug, Serialize)]
pub struct Backup {
    pub out: PathBuf,
    pub files: usize,
    pub bytes: u64,
    pub with_key: bool,
    /// The record in the copy, verified.
    pub verified: Verified,
}

/// Copies the data directory to `out`: a zip file when the name ends in `.zip`, otherwise a folder; it must not be there yet.
/// Blocks. A copy of a record that does not hold is made all the same, and says so.
pub fn backup(data_dir: &Path, out: &Path, with_key: bool) -> Result<Backup, StoreError> {
    let database = data_dir.join(super::FILE);
    if !database.exists() {
        return Err(StoreError::NotFound(format!("数据库（{}）", database.display())));
    }
    if out.exists() {
        return Err(StoreError::Exists(format!("备份 {}", out.display())));
    }
    let beside = match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    };
    fs::create_dir_all(&beside).map_err(|e| StoreError::io(&beside, &e))?;
    // Beside the goal: a full disk shows before anything bears the name of a backup.
    let staging = tempfile::Builder::new().prefix(".zhicai-backup-").tempdir_in(&beside);
    let staging = staging.map_err(|e| StoreError::io(&beside, &e))?;
    let copy = staging.path().join(super::FILE);
    let files = snapshot(&database, &copy)?;
    let place = verify::Place { database: copy.clone(), dir: data_dir.into() };
    let verified = verify::verify(&place, &Wanted::default())?;

    let zipped = out.extension().is_some_and(|e| e.eq_ignore_ascii_case("zip"));
    let made = staging.path().join(if zipped { "backup.zip" } else { "backup" });
    let mut pack = Pack::begin(&made, zipped)?;
    pack.add(super::FILE, &copy)?;
    for sha256 in &files {
        // A missing one is told by `verified`.
        let from = attachments::path(data_dir, sha256);
        if from.exists() {
            pack.add(&attachments::relative(sha256), &from)?;
        }
    }
    for folder in FOLDERS {
        for (path, from) in files_below(data_dir, folder)? {
            pack.add(&path, &from)?;
        }
    }
    if with_key {
        for name in [key::FILE, SETTINGS] {
            let from = data_dir.join(name);
            if from.exists() {
                pack.add(name, &from)?;
            }
        }
    }
    let (files, bytes) = (pack.entries().len(), pack.entries().iter().map(|e| e.size).sum());
    pack.finish(&Manifest {
        format: FORMAT.into(),
        made_at: legal_time(Timestamp::now()),
        version: env!("CARGO_PKG_VERSION").into(),
        record: verified.record.clone(),
        events: verified.events,
        last_hash: verified.last_hash.clone(),
        public_key: verified.public_key.clone(),
        with_key,
        files: vec![],
    })?;
    fs::rename(&made, out).map_err(|e| StoreError::io(out, &e))?;
    attachments::sync_folder(&beside)?;
    Ok(Backup { out: out.into(), files, bytes, with_key, verified })
}

/// Copies the database and returns the contents its rows name. Files come before their rows and stay, so all of them are there.
fn snapshot(database: &Path, copy: &Path) -> Result<BTreeSet<String>, StoreError> {
    let io = |e: std::io::Error| StoreError::io(database, &e);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(io)?;
    runtime.block_on(async {
        let mut conn = sqlite::connect_looking(database).await?;
        let copied = sqlite::copy_into(&mut conn, copy).await;
        let _ = sqlx::Connection::close(conn).await;
        copied?;
        let mut conn = sqlite::connect_looking(copy).await?;
        let rows = sqlx::query("SELECT DISTINCT sha256 FROM attachments").fetch_all(&mut conn).await?;
        let all: Vec<String> = rows.iter().map(|r| sqlx::Row::try_get(r, 0)).collect::<Result<_, _>>()?;
        let _ = sqlx::Connection::close(conn).await;
        Ok(all.into_iter().filter(|s| attachments::is_digest(s)).collect())
    })
}

/// Plain files below a folder of the data directory, by their path with `/`.
fn files_below(data_dir: &Path, folder: &str) -> Result<Vec<(String, PathBuf)>, StoreError> {
    let (mut found, mut open) = (vec![], vec![(folder.to_string(), data_dir.join(folder))]);
    while let Some((path, dir)) = open.pop() {
        let entries = match fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
            Err(e) => return Err(StoreError::io(&dir, &e)),
        };
        for entry in entries.flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let (path, kind) = (format!("{path}/{name}"), entry.file_type());
            match kind {
                Ok(kind) if kind.is_dir() => open.push((path, entry.path())),
                // What is half written is not data; a link may lead anywhere.
                Ok(kind) if kind.is_file() && !name.starts_with('.') && is_safe(&path) => {
                    found.push((path, entry.path()));
                }
                _ => {}
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Whether the path leads to a place of the data directory that a backup may hold, on any system.
fn is_safe(path: &str) -> bool {
    let mut parts = path.split('/');
    let first = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    let plain = |part: &&str| {
        !part.is_empty()
            && !part.starts_with('.')
            && !part.ends_with(['.', ' '])
            && !part.chars().any(|c| c.is_control() || "\\:*?\"<>|".contains(c))
    };
    match (first, &rest[..]) {
        (super::FILE | key::FILE | SETTINGS, []) => true,
        (attachments::FOLDER, [shelf, name]) => attachments::is_digest(name) && name.get(..2) == Some(*shelf),
        (folder, [_, ..]) if FOLDERS.contains(&folder) => rest.iter().all(plain),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_of_a_backup_are_written_to() {
        let digest = "ab".repeat(32);
        let good = format!("attachments/ab/{digest}");
        for safe in ["zhicai.db", "record.key", "zhicai.toml", "rules/a/b.toml", "norms/办法.jsonl", &good] {
            assert!(is_safe(safe), "{safe}");
        }
        for not in [
            "",
            "/etc/passwd",
            "../zhicai.db",
            "rules/../../x",
            "rules",
            "rules/",
            "rules//x",
            "rules/a\\..\\b",
            "rules/c:x",
            "rules/.x",
            "zhicai.db/x",
            "other/x",
            "attachments/ab/cd",
            &format!("attachments/cd/{digest}"),
            &format!("attachments/ab/../{digest}"),
        ] {
            assert!(!is_safe(not), "{not}");
        }
    }
}
