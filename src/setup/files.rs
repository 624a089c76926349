//! Files that are either whole and verified under their final name, or not there.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::SetupError;

const BLOCK: usize = 1 << 20;

/// What set-up asks of the disk; a test puts a small or full disk in its place.
pub trait Disk {
    /// Bytes this user may still write in the file system of `dir`.
    fn available(&self, dir: &Path) -> io::Result<u64>;
    /// Creates or empties a file for writing.
    fn create(&self, path: &Path) -> io::Result<File>;
}

/// The machine's own disk.
pub struct RealDisk;

impl Disk for RealDisk {
    fn available(&self, dir: &Path) -> io::Result<u64> {
        // The folder may not exist yet: its nearest existing ancestor lies on the same file system.
        let existing = dir.ancestors().find(|d| d.exists()).unwrap_or(Path::new("."));
        fs4::available_space(existing)
    }

    fn create(&self, path: &Path) -> io::Result<File> {
        File::create(path)
    }
}

/// Size and hash a file must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    pub size: u64,
    /// Lower-case hex.
    pub sha256: String,
}

impl Pin {
    /// Says whether content of this size and hash is the pinned one; `what` names it in the message.
    pub fn check(&self, what: &str, size: u64, sha256: &str) -> Result<(), SetupError> {
        if size < self.size {
            return Err(SetupError::Truncated { what: what.into(), expected: self.size, actual: size });
        }
        if size != self.size || sha256 != self.sha256 {
            let (expected, actual) = (self.sha256.clone(), sha256.to_string());
            return Err(SetupError::WrongHash { what: what.into(), expected, actual });
        }
        Ok(())
    }
}

/// Refuses to start what cannot fit.
pub fn require_space(disk: &dyn Disk, dir: &Path, needed: u64) -> Result<(), SetupError> {
    let available = disk.available(dir).map_err(|e| SetupError::io(dir, e))?;
    if available >= needed {
        return Ok(());
    }
    Err(SetupError::NoSpace { path: dir.into(), needed: human(needed), available: human(available) })
}

/// Bytes for people: MiB below 1 GiB, GiB above, one decimal.
pub fn human(bytes: u64) -> String {
    const MIB: f64 = 1024.0 * 1024.0;
    let mib = bytes as f64 / MIB;
    if mib >= 1024.0 { format!("{:.1} GiB", mib / 1024.0) } else { format!("{mib:.1} MiB") }
}

/// Size and sha256 of a file; `on` hears how many bytes have been read so far.
pub fn hash_file(path: &Path, on: &mut dyn FnMut(u64)) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let (mut hasher, mut block, mut size) = (Sha256::new(), vec![0; BLOCK], 0);
    loop {
        let n = read_some(&mut file, &mut block)?;
        if n == 0 {
            return Ok((size, hex::encode(hasher.finalize())));
        }
        hasher.update(&block[..n]);
        size += n as u64;
        on(size);
    }
}

/// Bytes in all files below `dir`; files that vanish meanwhile count as nothing.
pub(super) fn size_of(dir: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(dir) else { return 0 };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => size_of(&entry.path()),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

/// Writes `source` to `target` through `<target>.partial`: hashed while written, synced, checked against the pin, renamed.
/// On any failure the partial file is removed and `target` is as before. `bad_source` words a failure to read.
pub fn write_verified(
    disk: &dyn Disk,
    target: &Path,
    what: &str,
    pin: &Pin,
    source: &mut dyn Read,
    bad_source: &dyn Fn(io::Error) -> SetupError,
    on: &mut dyn FnMut(u64),
) -> Result<(), SetupError> {
    let partial = Partial { path: partial_path(target) };
    let failed = |e| SetupError::io(&partial.path, e);
    let mut file = disk.create(&partial.path).map_err(failed)?;
    let (mut hasher, mut block, mut size) = (Sha256::new(), vec![0; BLOCK], 0_u64);
    // One byte too many is enough to know that it is the wrong file; an endless source must not fill the disk.
    while size <= pin.size {
        let n = read_some(source, &mut block).map_err(bad_source)?;
        if n == 0 {
            break;
        }
        file.write_all(&block[..n]).map_err(failed)?;
        hasher.update(&block[..n]);
        size += n as u64;
        on(size);
    }
    pin.check(what, size, &hex::encode(hasher.finalize()))?;
    file.sync_all().map_err(failed)?;
    drop(file);
    publish(&partial.path, target)
}

/// Renames a finished file to its final name and makes the rename itself durable.
pub fn publish(finished: &Path, target: &Path) -> Result<(), SetupError> {
    fs::rename(finished, target).map_err(|e| SetupError::io(target, e))?;
    sync_dir(target);
    Ok(())
}

/// Small file written whole or not at all.
pub fn write_small(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    // Readable by the others who share the folder, as far as the umask allows; temporary files are private otherwise.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(dir)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    sync_dir(path);
    Ok(())
}

/// Folders can be synced only on some systems; where they cannot, the rename still is atomic.
fn sync_dir(path: &Path) {
    if let Some(dir) = path.parent()
        && let Ok(dir) = File::open(dir)
    {
        let _ = dir.sync_all();
    }
}

/// Removes a half-written file unless it was renamed away.
struct Partial {
    path: PathBuf,
}

impl Drop for Partial {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn partial_path(target: &Path) -> PathBuf {
    with_suffix(target, ".partial")
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn read_some(source: &mut dyn Read, block: &mut [u8]) -> io::Result<usize> {
    loop {
        match source.read(block) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            done => return done,
        }
    }
}

/// `<file>.verified.json`: remembers that this very file (size and time of change) had this hash, so that a second start
/// need not read it again. A copied file has another time and is read once more.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    size: u64,
    /// Nanoseconds since 1970 as text, since JSON numbers are not wide enough everywhere.
    modified_ns: String,
    sha256: String,
}

/// How a file on disk compares with its pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Not there.
    Missing,
    /// The stamp vouches for it; it was not read.
    Stamped,
    /// Read and found right.
    Verified,
}

/// Compares `path` with its pin, by stamp when there is a valid one and `reread` is false. Content that differs is an error.
pub fn examine(path: &Path, what: &str, pin: &Pin, reread: bool, on: &mut dyn FnMut(u64)) -> Result<Found, SetupError> {
    let Some(now) = stamp_of(path, pin)? else { return Ok(Found::Missing) };
    if !reread && now.size == pin.size && read_stamp(path).is_some_and(|then| then == now) {
        return Ok(Found::Stamped);
    }
    // The size alone tells a truncated file; there is no need to read it.
    if now.size < pin.size {
        pin.check(what, now.size, "")?;
    }
    let (size, sha256) = hash_file(path, on).map_err(|e| SetupError::io(path, e))?;
    pin.check(what, size, &sha256)?;
    remember(path, pin);
    Ok(Found::Verified)
}

/// Writes the stamp of a file just verified. Failing to (a read-only copy of the cache) costs only time at the next start.
pub fn remember(path: &Path, pin: &Pin) {
    let Ok(Some(stamp)) = stamp_of(path, pin) else { return };
    let Ok(bytes) = serde_json::to_vec(&stamp) else { return };
    if let Err(e) = write_small(&stamp_path(path), &bytes) {
        tracing::debug!(path = %path.display(), error = %e, "verification stamp not written");
    }
}

/// Removes a file together with its stamp.
pub fn discard(path: &Path) -> Result<(), SetupError> {
    let _ = fs::remove_file(stamp_path(path));
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(SetupError::io(path, e)),
        _ => Ok(()),
    }
}

fn stamp_of(path: &Path, pin: &Pin) -> Result<Option<Stamp>, SetupError> {
    let meta = match fs::metadata(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(|e| SetupError::io(path, e))?,
    };
    let modified = meta.modified().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok());
    let modified_ns = modified.map_or_else(String::new, |d| d.as_nanos().to_string());
    Ok(Some(Stamp { size: meta.len(), modified_ns, sha256: pin.sha256.clone() }))
}

fn read_stamp(path: &Path) -> Option<Stamp> {
    serde_json::from_slice(&fs::read(stamp_path(path)).ok()?).ok()
}

fn stamp_path(path: &Path) -> PathBuf {
    with_suffix(path, ".verified.json")
}
