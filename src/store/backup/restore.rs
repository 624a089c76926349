//! The way back: unpacked beside the data directory, compared with its manifest, verified as a record, and only then put in place.
//! A backup is not trusted: names, sizes and contents are those of the manifest or nothing is put in place.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;
use zip::ZipArchive;

use super::pack::{copy, create, discard, zip_error};
use super::{Entry, FORMAT, MANIFEST, Manifest, is_safe};
use crate::store::attachments::{private_folder, sync_folder};
use crate::store::error::StoreError;
use crate::store::verify::{self, Place, Verified, Wanted};
use crate::store::{FILE, key};

/// Largest manifest that is read.
const MOST_MANIFEST: u64 = 256 << 20;
/// A backup does not unpack to more than that many times its size: text packs well, but not like this.
const MOST_RATIO: u64 = 200;

/// What was put in place.
#[derive(Clone, Debug, Serialize)]
pub struct Restored {
    pub data_dir: PathBuf,
    pub files: usize,
    /// Where what was there before lies now.
    pub moved_aside: Option<PathBuf>,
    /// The signing key is there, so that the service can go on writing.
    pub has_key: bool,
    pub manifest_made_at: String,
    pub verified: Verified,
}

/// Puts a backup (zip or folder) in place as the data directory. What is there is refused, or moved aside with `force`. Blocks.
pub fn restore(from: &Path, data_dir: &Path, force: bool, wanted: &Wanted) -> Result<Restored, StoreError> {
    let occupied = fs::read_dir(data_dir).is_ok_and(|mut entries| entries.next().is_some());
    if occupied && !force {
        return Err(refused(
            "restore.not_empty",
            format!("{} 不是空目录；确要恢复请加 --force，原有内容会移到旁边保留", data_dir.display()),
        ));
    }
    let parent = match data_dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    };
    fs::create_dir_all(&parent).map_err(|e| StoreError::io(&parent, &e))?;
    let staging = tempfile::Builder::new().prefix(".zhicai-restore-").tempdir_in(&parent);
    // Kept by hand: it becomes the data directory.
    let staging = staging.map_err(|e| StoreError::io(&parent, &e))?.keep();
    match unpack_and_verify(from, &staging, wanted) {
        Ok(manifest) => put_in_place(&staging, data_dir, occupied, manifest, wanted),
        Err(e) => {
            discard(&staging);
            Err(e)
        }
    }
}

fn unpack_and_verify(from: &Path, staging: &Path, wanted: &Wanted) -> Result<Manifest, StoreError> {
    private_folder(staging)?;
    let mut source = Source::open(from)?;
    let manifest = source.manifest()?;
    for entry in &manifest.files {
        source.unpack(entry, &staging.join(&entry.path))?;
    }
    let verified = verify::verify(&Place::of(staging), wanted)?;
    if let Some(fault) = verified.faults.first() {
        let detail = format!("备份中的记录不完整，没有恢复：{}（共{}处）", fault.message, verified.faults_total);
        return Err(refused("restore.record_broken", detail));
    }
    if (&verified.record, &verified.last_hash) != (&manifest.record, &manifest.last_hash) {
        return Err(refused("restore.manifest", "备份中的记录与清单所写的不是同一份".into()));
    }
    Ok(manifest)
}

fn put_in_place(
    staging: &Path,
    data_dir: &Path,
    occupied: bool,
    manifest: Manifest,
    wanted: &Wanted,
) -> Result<Restored, StoreError> {
    let moved_aside = if occupied {
        let name = data_dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let at = Timestamp::now().strftime("%Y%m%d%H%M%S");
        let aside = data_dir.with_file_name(format!("{name}.before-restore-{at}"));
        fs::rename(data_dir, &aside).map_err(|e| StoreError::io(data_dir, &e))?;
        Some(aside)
    } else {
        if data_dir.exists() {
            fs::remove_dir(data_dir).map_err(|e| StoreError::io(data_dir, &e))?;
        }
        None
    };
    if let Err(e) = fs::rename(staging, data_dir) {
        if let Some(aside) = &moved_aside {
            let _ = fs::rename(aside, data_dir);
        }
        discard(staging);
        return Err(StoreError::io(data_dir, &e));
    }
    if let Some(parent) = data_dir.parent().filter(|p| !p.as_os_str().is_empty()) {
        sync_folder(parent)?;
    }
    let verified = verify::verify(&Place::of(data_dir), wanted)?;
    Ok(Restored {
        data_dir: data_dir.into(),
        files: manifest.files.len(),
        moved_aside,
        has_key: data_dir.join(key::FILE).exists(),
        manifest_made_at: manifest.made_at,
        verified,
    })
}

enum Source {
    Zip { archive: Box<ZipArchive<File>>, path: PathBuf, packed: u64 },
    Folder(PathBuf),
}

impl Source {
    fn open(from: &Path) -> Result<Self, StoreError> {
        if from.is_dir() {
            return Ok(Self::Folder(from.into()));
        }
        let file = File::open(from).map_err(|e| StoreError::io(from, &e))?;
        let packed = file.metadata().map_err(|e| StoreError::io(from, &e))?.len();
        let archive = ZipArchive::new(file);
        let archive =
            archive.map_err(|_| refused("restore.not_a_backup", format!("{} 不是备份文件", from.display())))?;
        Ok(Self::Zip { archive: Box::new(archive), path: from.into(), packed })
    }

    /// The manifest, after it was found to name nothing but what may be there and what is there.
    fn manifest(&mut self) -> Result<Manifest, StoreError> {
        let none = || refused("restore.not_a_backup", format!("没有清单（{MANIFEST}），不是本系统的备份"));
        let mut text = String::new();
        match self {
            Self::Zip { archive, .. } => {
                let member = archive.by_name(MANIFEST).map_err(|_| none())?;
                member.take(MOST_MANIFEST).read_to_string(&mut text).map_err(|_| none())?;
            }
            Self::Folder(folder) => {
                let file = File::open(folder.join(MANIFEST)).map_err(|_| none())?;
                file.take(MOST_MANIFEST).read_to_string(&mut text).map_err(|_| none())?;
            }
        }
        let manifest: Manifest = serde_json::from_str(&text)
            .map_err(|e| refused("restore.manifest", format!("清单无法读取：第{}行第{}列", e.line(), e.column())))?;
        if manifest.format != FORMAT {
            return Err(refused(
                "restore.manifest",
                format!("清单格式 {} 不认识，请使用更新版本的程序", manifest.format),
            ));
        }
        let mut named = HashMap::new();
        for entry in &manifest.files {
            if !is_safe(&entry.path) {
                return Err(refused("restore.unsafe_name", format!("清单中有不允许的文件名 {:?}", entry.path)));
            }
            if named.insert(entry.path.clone(), entry.size).is_some() {
                return Err(refused("restore.manifest", format!("清单中 {} 出现两次", entry.path)));
            }
        }
        if !named.contains_key(FILE) {
            return Err(refused("restore.manifest", "清单中没有数据库".into()));
        }
        if let Self::Zip { archive, packed, .. } = self {
            let total = manifest.files.iter().fold(0u64, |sum, e| sum.saturating_add(e.size));
            if total > packed.saturating_mul(MOST_RATIO) {
                let detail = format!("{packed} 字节的备份声称有 {total} 字节内容");
                return Err(refused("restore.bomb", detail));
            }
            for name in archive.file_names() {
                let name = name.map_err(|_| refused("restore.unsafe_name", "备份中有无法读取的文件名".into()))?;
                if name != MANIFEST && !named.contains_key(name.as_ref()) {
                    return Err(refused("restore.manifest", format!("备份中有清单以外的文件 {name:?}")));
                }
            }
        }
        Ok(manifest)
    }

    /// Writes the entry and compares it; never more than its size, whatever the file says of itself.
    fn unpack(&mut self, entry: &Entry, to: &Path) -> Result<(), StoreError> {
        if let Some(folder) = to.parent() {
            private_folder(folder)?;
        }
        let mut goal = create(to)?;
        let limit = entry.size.saturating_add(1);
        let missing = || refused("restore.missing", format!("备份中缺少 {}", entry.path));
        let (shown, copied) = match self {
            Self::Zip { archive, path, .. } => {
                let member = match archive.by_name(&entry.path) {
                    Ok(member) => member,
                    Err(zip::result::ZipError::FileNotFound) => return Err(missing()),
                    Err(e) => return Err(zip_error(path, e)),
                };
                (path.clone(), copy(&mut member.take(limit), &mut goal))
            }
            Self::Folder(folder) => {
                let path = folder.join(&entry.path);
                if !fs::symlink_metadata(&path).is_ok_and(|m| m.is_file()) {
                    return Err(missing());
                }
                let file = File::open(&path).map_err(|e| StoreError::io(&path, &e))?;
                (path, copy(&mut file.take(limit), &mut goal))
            }
        };
        let changed = || refused("restore.changed", format!("{} 与清单不符（备份损坏或被改动）", entry.path));
        let (sha256, size) = copied.map_err(|(reading, e)| match e.kind() {
            // What a broken zip gives while it is read.
            std::io::ErrorKind::InvalidData | std::io::ErrorKind::InvalidInput if reading => changed(),
            _ => StoreError::io(if reading { &shown } else { to }, &e),
        })?;
        if size != entry.size || sha256 != entry.sha256 {
            return Err(changed());
        }
        goal.sync_all().map_err(|e| StoreError::io(to, &e))
    }
}

fn refused(code: &'static str, message: String) -> StoreError {
    StoreError::Refused { code, message }
}
