//! The files of decisions: in which order they count, what tells one from its former self, lines with their places.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fields::hash;
use super::{DecisionError, Result};
use crate::domain::precedent::Precedent;

/// Names of unfinished imports begin so; they are no `.jsonl` files.
const UNFINISHED: &str = ".import-";

/// A file as the index knows it. Files are only added, so length and ends tell whether one was changed by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Source {
    pub name: String,
    pub bytes: u64,
    /// Of the first and last 4 KiB.
    edges: u64,
}

/// What a line says.
pub(super) enum Line {
    Decision(Box<Precedent>),
    Withdrawn(String),
}

/// Number of a file that an import wrote.
fn number(name: &str) -> Option<u64> {
    name.strip_prefix("imported-")?.strip_suffix(".jsonl")?.parse().ok()
}

/// The files in the order they count: those put there by hand by name, then imports by number.
pub(super) fn list(folder: &Path) -> Result<Vec<Source>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(vec![]),
        Err(e) => return Err(DecisionError::io(folder)(e)),
    };
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|e| e.file_name().into_string().ok())
        .filter(|n| n.ends_with(".jsonl") && !n.starts_with('.'))
        .collect();
    names.sort_by_cached_key(|n| (number(n).unwrap_or(0), n.clone()));
    names.into_iter().map(|name| source(folder, name)).collect()
}

fn source(folder: &Path, name: String) -> Result<Source> {
    const EDGE: u64 = 4096;
    let path = folder.join(&name);
    let read = || {
        let mut file = File::open(&path)?;
        let bytes = file.metadata()?.len();
        let mut ends = Vec::new();
        (&mut file).take(EDGE).read_to_end(&mut ends)?;
        file.seek(SeekFrom::Start(bytes.saturating_sub(EDGE)))?;
        file.take(EDGE).read_to_end(&mut ends)?;
        Ok((bytes, hash(&ends)))
    };
    let (bytes, edges) = read().map_err(DecisionError::io(&path))?;
    Ok(Source { name, bytes, edges })
}

/// Goes through the lines of a file: place, bytes without the line's end, number from 1.
pub(super) fn lines(folder: &Path, name: &str, mut each: impl FnMut(u64, &[u8], u64) -> Result<()>) -> Result<()> {
    let path = folder.join(name);
    let mut file = BufReader::with_capacity(1 << 20, File::open(&path).map_err(DecisionError::io(&path))?);
    let (mut at, mut number, mut line) = (0u64, 0u64, Vec::new());
    loop {
        line.clear();
        let read = file.read_until(b'\n', &mut line).map_err(DecisionError::io(&path))?;
        if read == 0 {
            return Ok(());
        }
        number += 1;
        let text = line.trim_ascii_end();
        if !text.is_empty() {
            each(at, text, number)?;
        }
        at += read as u64;
    }
}

/// Reads a line; the reason in words when it is none of ours.
pub(super) fn parse(line: &[u8]) -> Result<Line, String> {
    if memmem(line, br#""withdrawn""#)
        && let Some(id) = withdrawal(line)
    {
        return Ok(Line::Withdrawn(id));
    }
    let decision: Precedent = serde_json::from_slice(line).map_err(|e| e.to_string())?;
    if decision.id.trim().is_empty() { Err("缺少 id".into()) } else { Ok(Line::Decision(Box::new(decision))) }
}

/// The id of a line `{"id": …, "withdrawn": true}`.
pub(in crate::corpus) fn withdrawal(line: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Withdrawal {
        id: String,
        withdrawn: bool,
    }
    serde_json::from_slice::<Withdrawal>(line).ok().filter(|w| w.withdrawn && !w.id.trim().is_empty()).map(|w| w.id)
}

fn memmem(text: &[u8], wanted: &[u8]) -> bool {
    text.windows(wanted.len()).any(|w| w == wanted)
}

/// A decision as an import writes it: one line of JSON, what is empty left out.
pub fn written(decision: &Precedent) -> Result<Vec<u8>, serde_json::Error> {
    fn strip(value: &mut Value) -> bool {
        match value {
            Value::Null => false,
            Value::Array(a) => {
                a.iter_mut().for_each(|v| {
                    strip(v);
                });
                !a.is_empty()
            }
            Value::Object(o) => {
                o.retain(|_, v| strip(v));
                !o.is_empty()
            }
            _ => true,
        }
    }
    let mut value = serde_json::to_value(decision)?;
    strip(&mut value);
    serde_json::to_vec(&value)
}

/// The file of one import while it is written; it counts once it has its name.
pub(super) struct Unfinished {
    file: std::io::BufWriter<tempfile::NamedTempFile>,
    folder: PathBuf,
}

impl Unfinished {
    /// Begins a file; what an interrupted import left is swept away. Only for the holder of the lock.
    pub fn begin(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).map_err(DecisionError::io(folder))?;
        for entry in fs::read_dir(folder).map_err(DecisionError::io(folder))?.flatten() {
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                let _ = fs::remove_file(entry.path());
            }
        }
        let file =
            tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder).map_err(DecisionError::io(folder))?;
        Ok(Self { file: std::io::BufWriter::with_capacity(1 << 20, file), folder: folder.into() })
    }

    pub fn line(&mut self, line: &[u8]) -> Result<()> {
        let written = self.file.write_all(line).and_then(|()| self.file.write_all(b"\n"));
        written.map_err(DecisionError::io(&self.folder))
    }

    /// Gives the file the next number.
    pub fn finish(self) -> Result<()> {
        let folder = self.folder;
        let file = self.file.into_inner().map_err(|e| DecisionError::io(&folder)(e.into_error()))?;
        file.as_file().sync_all().map_err(DecisionError::io(&folder))?;
        let last = list(&folder)?.iter().filter_map(|s| number(&s.name)).max().unwrap_or(0);
        let path = folder.join(format!("imported-{:06}.jsonl", last + 1));
        file.persist_noclobber(&path).map_err(|e| DecisionError::io(&path)(e.error))?;
        sync_folder(&folder);
        Ok(())
    }
}

/// Makes a rename last through a power cut, where the system can.
pub(super) fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_imports_count_after_earlier_ones_and_after_files_put_there_by_hand() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["imported-000010.jsonl", "imported.jsonl", "imported-9.jsonl", "甲.jsonl", ".import-x", "a.txt"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        let names: Vec<String> = list(dir.path()).unwrap().into_iter().map(|s| s.name).collect();
        assert_eq!(names, ["imported.jsonl", "甲.jsonl", "imported-9.jsonl", "imported-000010.jsonl"]);
    }

    #[test]
    fn a_narrative_that_speaks_of_withdrawal_is_no_withdrawal() {
        let told = r#"{"id":"a","facts":{"narrative":"他写下\"withdrawn\": true"}}"#;
        assert!(matches!(parse(told.as_bytes()), Ok(Line::Decision(_))));
        assert!(matches!(parse(br#"{"id":"a","withdrawn":true}"#), Ok(Line::Withdrawn(id)) if id == "a"));
        assert!(matches!(parse(br#"{"id":"a","withdrawn":false}"#), Ok(Line::Decision(_))));
        assert!(parse(b"{}").is_err());
    }
}
