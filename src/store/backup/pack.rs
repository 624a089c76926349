//! Writing a backup, file by file, into a folder or a zip: hashed while it is copied, on the disk when it is finished.

use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::{Entry, MANIFEST, Manifest};
use crate::store::attachments::{FOLDER, private_folder, sync_folder};
use crate::store::error::StoreError;

/// From here on a zip needs its long form.
const LARGE: u64 = 0xffff_0000;

pub(super) struct Pack {
    path: PathBuf,
    /// `None`: a folder.
    zip: Option<ZipWriter<BufWriter<File>>>,
    entries: Vec<Entry>,
}

impl Pack {
    pub fn begin(path: &Path, zipped: bool) -> Result<Self, StoreError> {
        let zip = if zipped {
            Some(ZipWriter::new(BufWriter::new(create(path)?)))
        } else {
            private_folder(path)?;
            None
        };
        Ok(Self { path: path.into(), zip, entries: vec![] })
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub fn add(&mut self, path: &str, from: &Path) -> Result<(), StoreError> {
        let mut source = File::open(from).map_err(|e| StoreError::io(from, &e))?;
        let size = source.metadata().map_err(|e| StoreError::io(from, &e))?.len();
        self.write(path, from, &mut source, size)
    }

    fn write(&mut self, path: &str, from: &Path, source: &mut dyn Read, size: u64) -> Result<(), StoreError> {
        let goal = self.path.join(path);
        let (sha256, size) = match &mut self.zip {
            Some(zip) => {
                // Pictures and recordings do not get smaller.
                let packed = path.starts_with(FOLDER);
                let method = if packed { CompressionMethod::Stored } else { CompressionMethod::Deflated };
                let options = SimpleFileOptions::default().compression_method(method).large_file(size >= LARGE);
                zip.start_file(path, options.unix_permissions(0o600)).map_err(|e| zip_error(&self.path, e))?;
                copy(source, zip).map_err(|(reading, e)| StoreError::io(if reading { from } else { &self.path }, &e))?
            }
            None => {
                if let Some(folder) = goal.parent() {
                    private_folder(folder)?;
                }
                let mut file = create(&goal)?;
                let copied = copy(source, &mut file);
                let copied = copied.map_err(|(reading, e)| StoreError::io(if reading { from } else { &goal }, &e))?;
                file.sync_all().map_err(|e| StoreError::io(&goal, &e))?;
                copied
            }
        };
        self.entries.push(Entry { path: path.into(), size, sha256 });
        Ok(())
    }

    /// Writes the manifest with all entries and brings everything to the disk.
    pub fn finish(mut self, manifest: &Manifest) -> Result<(), StoreError> {
        let manifest = Manifest { files: std::mem::take(&mut self.entries), ..manifest.clone() };
        let text = serde_json::to_vec_pretty(&manifest).map_err(|e| StoreError::Sql(e.to_string()))?;
        let size = text.len() as u64;
        self.write(MANIFEST, Path::new(MANIFEST), &mut &text[..], size)?;
        match self.zip {
            Some(zip) => {
                let io = |e: std::io::Error| StoreError::io(&self.path, &e);
                let mut written = zip.finish().map_err(|e| zip_error(&self.path, e))?;
                written.flush().map_err(io)?;
                written.get_ref().sync_all().map_err(io)
            }
            None => sync_folder(&self.path),
        }
    }
}

/// A new file for the owner only.
pub(super) fn create(path: &Path) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|e| StoreError::io(path, &e))
}

/// Copies and hashes; an error says whether it came from reading.
pub(super) fn copy(from: &mut dyn Read, to: &mut dyn Write) -> Result<(String, u64), (bool, std::io::Error)> {
    let (mut hasher, mut buffer, mut size) = (Sha256::new(), vec![0; 1 << 16], 0u64);
    loop {
        match from.read(&mut buffer).map_err(|e| (true, e))? {
            0 => return Ok((hex::encode(hasher.finalize()), size)),
            n => {
                to.write_all(&buffer[..n]).map_err(|e| (false, e))?;
                hasher.update(&buffer[..n]);
                size += n as u64;
            }
        }
    }
}

pub(super) fn zip_error(path: &Path, e: zip::result::ZipError) -> StoreError {
    match e {
        zip::result::ZipError::Io(e) => StoreError::io(path, &e),
        other => StoreError::Io { path: path.display().to_string(), why: other.to_string() },
    }
}

/// Removes a folder that was to become a data directory.
pub(super) fn discard(folder: &Path) {
    let _ = fs::remove_dir_all(folder);
}
