//! Generations of the index: which one is current, a view of it that stays as it is, and the lock of the one who writes.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fs4::fs_std::FileExt;
use serde::{Deserialize, Serialize};
use tantivy::directory::MmapDirectory;
use tantivy::{Index, IndexReader, ReloadPolicy, Searcher};

use super::fields::{Fields, schema};
use super::files::{Source, sync_folder};
use super::{DecisionError, Result, VERSION};
use crate::corpus::tokenizer;

const CURRENT: &str = "CURRENT";
const META: &str = "meta.json";

/// The one generation that is searched.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Pointer {
    generation: String,
    version: String,
}

/// What an index was made from; committed together with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    pub teaching: u64,
    /// File `n` of a place is the `n - 1`th.
    pub files: Vec<Source>,
}

/// An index at one commit.
pub(super) struct View {
    pub name: String,
    pub searcher: Searcher,
    pub fields: Fields,
    pub state: State,
    index: Index,
    reader: IndexReader,
    /// The commit as it was written, to tell the next one from it.
    meta: Vec<u8>,
}

/// Held while the files or the index are written; the operating system drops it with the process.
pub(super) struct Hold {
    _file: File,
}

/// Takes the lock, or says at once that someone else has it.
pub(super) fn hold(folder: &Path) -> Result<Hold> {
    fs::create_dir_all(folder).map_err(DecisionError::io(folder))?;
    let path = folder.join(".lock");
    let open = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = open.map_err(DecisionError::io(&path))?;
    match FileExt::try_lock_exclusive(&file) {
        Ok(true) => Ok(Hold { _file: file }),
        Ok(false) => Err(DecisionError::Busy(folder.into())),
        Err(e) => Err(DecisionError::io(&path)(e)),
    }
}

/// Name of the current generation, when this program can read it.
pub(super) fn current(folder: &Path) -> Option<String> {
    let pointer: Pointer = serde_json::from_slice(&fs::read(folder.join(CURRENT)).ok()?).ok()?;
    // A name, never a path.
    let plain = pointer.generation.chars().all(|c| c.is_ascii_alphanumeric());
    (plain && pointer.version == VERSION).then_some(pointer.generation)
}

/// An empty folder for the next generation; those that never became current are removed.
pub(super) fn next(folder: &Path, _: &Hold) -> Result<(String, PathBuf)> {
    sweep(folder, current(folder).as_deref());
    let last = names(folder).iter().filter_map(|n| n.strip_prefix('g')?.parse::<u64>().ok()).max().unwrap_or(0);
    let name = format!("g{:06}", last + 1);
    let path = folder.join(&name);
    fs::create_dir_all(&path).map_err(DecisionError::io(&path))?;
    Ok((name, path))
}

/// Makes a whole generation the current one and removes the others. Readers keep what they have open.
pub(super) fn swap(folder: &Path, name: &str, _: &Hold) -> Result<()> {
    let pointer = Pointer { generation: name.into(), version: VERSION.into() };
    let path = folder.join(CURRENT);
    let write = || {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&serde_json::to_vec(&pointer)?)?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|e| e.error)?;
        Ok(())
    };
    write().map_err(DecisionError::io(&path))?;
    sync_folder(folder);
    sweep(folder, Some(name));
    Ok(())
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|e| e.file_name().into_string().ok()).filter(|n| n.starts_with('g')).collect()
}

/// What cannot be removed now (a system that keeps open files) is removed the next time.
fn sweep(folder: &Path, keep: Option<&str>) {
    for name in names(folder).iter().filter(|n| Some(n.as_str()) != keep) {
        let _ = fs::remove_dir_all(folder.join(name));
    }
}

/// An empty index in a folder.
pub(super) fn create(path: &Path) -> Result<Index> {
    let directory = MmapDirectory::open(path).map_err(tantivy::TantivyError::from)?;
    let index = Index::create(directory, schema().0, tantivy::IndexSettings::default())?;
    tokenizer::register(index.tokenizers());
    Ok(index)
}

impl View {
    /// Opens a generation at its last commit.
    pub fn open(folder: &Path, name: &str) -> Result<Self> {
        let path = folder.join(name);
        let index = Index::open_in_dir(&path)?;
        let meta = fs::read(path.join(META)).map_err(DecisionError::io(&path))?;
        Self::of(index, name.into(), meta)
    }

    pub fn of(index: Index, name: String, meta: Vec<u8>) -> Result<Self> {
        tokenizer::register(index.tokenizers());
        // Looked at before every search instead of watched: a commit is seen by the next question, not half a second later.
        let reader: IndexReader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Self::at(index, reader, name, meta)
    }

    fn at(index: Index, reader: IndexReader, name: String, meta: Vec<u8>) -> Result<Self> {
        let searcher = reader.searcher();
        // Read after the searcher: the list of files only grows, so it covers every place the searcher knows.
        let payload = index.load_metas()?.payload.unwrap_or_default();
        let state = serde_json::from_str(&payload).map_err(|e| DecisionError::Index(e.to_string()))?;
        Ok(Self { name, searcher, fields: schema().1, state, index, reader, meta })
    }

    /// The view after this one, or nothing when nothing was committed since.
    pub fn newer(&self, folder: &Path) -> Result<Option<Arc<Self>>> {
        let name = current(folder).ok_or_else(|| DecisionError::Index("没有可用的索引".into()))?;
        if name != self.name {
            return Self::open(folder, &name).map(|v| Some(Arc::new(v)));
        }
        let path = folder.join(&name).join(META);
        let meta = fs::read(&path).map_err(DecisionError::io(&path))?;
        if meta == self.meta {
            return Ok(None);
        }
        self.reader.reload()?;
        Self::at(self.index.clone(), self.reader.clone(), name, meta).map(|v| Some(Arc::new(v)))
    }

    pub fn index(&self) -> &Index {
        &self.index
    }
}
