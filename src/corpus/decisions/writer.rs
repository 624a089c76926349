//! Filling an index from the files: whole into a new generation, or only the files that came since the last commit.

use std::collections::HashSet;
use std::path::Path;
use std::time::Instant;

use tantivy::indexer::NoMergePolicy;
use tantivy::{Index, IndexWriter, Searcher, Term};

use super::fields::{Fields, Place, hash, schema};
use super::files::{self, Line, Source};
use super::generation::{self, Hold, State, View};
use super::{DecisionError, Rebuilt, Result};
use crate::domain::precedent::Precedent;

/// More than this many bytes of records are worth several threads and large segments.
const BULK: u64 = 16 << 20;
const BULK_MEMORY: usize = 128 << 20;
const SMALL_MEMORY: usize = 20 << 20;
/// How often progress is told.
const STEP: u64 = 20_000;

/// Adds decisions to an index; of two with one id the later one stays.
struct Filler<'a> {
    writer: IndexWriter,
    fields: Fields,
    /// Hashes of the ids added so far: only these, and those of the last commit, need a deletion before they are added.
    seen: HashSet<u64>,
    base: Option<&'a Searcher>,
    reserved: HashSet<&'a str>,
    done: u64,
    progress: &'a dyn Fn(u64),
}

impl<'a> Filler<'a> {
    fn new(
        index: &Index,
        bytes: u64,
        base: Option<&'a Searcher>,
        teaching: &'a [Precedent],
        progress: &'a dyn Fn(u64),
    ) -> Result<Self> {
        let threads = std::thread::available_parallelism().map_or(1, |n| n.get().min(4));
        let writer = if bytes > BULK {
            index.writer_with_num_threads(threads, threads * BULK_MEMORY)
        } else {
            index.writer_with_num_threads(1, SMALL_MEMORY)
        };
        let reserved = teaching.iter().map(|t| t.id.as_str()).collect();
        Ok(Self { writer: writer?, fields: schema().1, seen: HashSet::new(), base, reserved, done: 0, progress })
    }

    fn drop_older(&mut self, id: &str) -> Result<()> {
        let term = Term::from_field_text(self.fields.id, id);
        let committed = match self.base {
            Some(searcher) => searcher.doc_freq(&term)? > 0,
            None => false,
        };
        if !self.seen.insert(hash(id.as_bytes())) || committed {
            self.writer.delete_term(term);
        }
        Ok(())
    }

    fn put(&mut self, decision: &Precedent, place: Place) -> Result<()> {
        self.drop_older(&decision.id)?;
        self.writer.add_document(self.fields.document(decision, place))?;
        self.done += 1;
        if self.done.is_multiple_of(STEP) {
            (self.progress)(self.done);
        }
        Ok(())
    }

    fn teaching(&mut self, teaching: &[Precedent]) -> Result<()> {
        for decision in teaching {
            self.put(decision, Place { file: 0, at: 0, length: 0, hash: hash(decision.id.as_bytes()) })?;
        }
        Ok(())
    }

    fn file(&mut self, folder: &Path, file: u64, name: &str) -> Result<()> {
        files::lines(folder, name, |at, line, number| match files::parse(line) {
            Ok(Line::Decision(decision)) if self.reserved.contains(decision.id.as_str()) => Ok(()),
            Ok(Line::Decision(decision)) => {
                self.put(&decision, Place { file, at, length: line.len() as u64, hash: hash(line) })
            }
            Ok(Line::Withdrawn(id)) if self.reserved.contains(id.as_str()) => Ok(()),
            Ok(Line::Withdrawn(id)) => self.drop_older(&id),
            Err(why) => Err(DecisionError::Line { file: name.into(), line: number, why }),
        })
    }

    fn commit(&mut self, state: &State) -> Result<()> {
        let payload = serde_json::to_string(state).map_err(|e| DecisionError::Index(e.to_string()))?;
        let mut prepared = self.writer.prepare_commit()?;
        prepared.set_payload(&payload);
        prepared.commit()?;
        Ok(())
    }
}

/// Tells one set of teaching cases from another.
pub(super) fn teaching_state(teaching: &[Precedent]) -> u64 {
    hash(&serde_json::to_vec(teaching).unwrap_or_default())
}

/// Whether a view was made from what lies there now.
pub(super) fn is_current(view: &View, state: &State) -> bool {
    view.state == *state
}

/// What the index has to be made from.
pub(super) fn wanted(records: &Path, teaching: u64) -> Result<State> {
    Ok(State { teaching, files: files::list(records)? })
}

fn bytes<'a>(files: impl IntoIterator<Item = &'a Source>) -> u64 {
    files.into_iter().map(|f| f.bytes).sum()
}

/// Adds the files that came after those of the view, and the teaching cases of this program when they are others; `false`
/// when a file is not as it was and a rebuild is needed.
pub(super) fn catch_up(
    records: &Path,
    teaching: &[Precedent],
    view: &View,
    wanted: &State,
    progress: &dyn Fn(u64),
    _: &Hold,
) -> Result<bool> {
    let Some(new) = wanted.files.strip_prefix(view.state.files.as_slice()) else { return Ok(false) };
    let mut filler = Filler::new(view.index(), bytes(new), Some(&view.searcher), teaching, progress)?;
    if view.state.teaching != wanted.teaching {
        filler.writer.delete_term(Term::from_field_u64(filler.fields.file, 0));
        filler.teaching(teaching)?;
    }
    for (i, source) in new.iter().enumerate() {
        filler.file(records, (view.state.files.len() + i + 1) as u64, &source.name)?;
    }
    filler.commit(wanted)?;
    filler.writer.wait_merging_threads()?;
    Ok(true)
}

/// Fills a new generation from everything and makes it the current one.
pub(super) fn rebuild(
    records: &Path,
    folder: &Path,
    teaching: &[Precedent],
    wanted: &State,
    progress: &dyn Fn(u64),
    hold: &Hold,
) -> Result<Rebuilt> {
    let clock = Instant::now();
    let (name, path) = generation::next(folder, hold)?;
    let index = generation::create(&path)?;
    fill(&index, records, teaching, wanted, progress)?;
    generation::swap(folder, &name, hold)?;
    let decisions = index.reader()?.searcher().num_docs();
    Ok(Rebuilt { decisions, index_bytes: size(&path), seconds: clock.elapsed().as_secs_f64(), generation: name })
}

/// Fills an empty index; one segment in the end, so that a search prunes over everything at once.
pub(super) fn fill(
    index: &Index,
    records: &Path,
    teaching: &[Precedent],
    wanted: &State,
    progress: &dyn Fn(u64),
) -> Result<()> {
    let mut filler = Filler::new(index, bytes(&wanted.files), None, teaching, progress)?;
    filler.writer.set_merge_policy(Box::new(NoMergePolicy));
    filler.teaching(teaching)?;
    for (i, source) in wanted.files.iter().enumerate() {
        filler.file(records, i as u64 + 1, &source.name)?;
    }
    filler.commit(wanted)?;
    let segments = index.searchable_segment_ids()?;
    if segments.len() > 1 {
        filler.writer.merge(&segments).wait()?;
    }
    filler.writer.wait_merging_threads()?;
    Ok(())
}

/// Bytes of the files of a folder.
pub(super) fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|e| e.metadata().ok()).filter(std::fs::Metadata::is_file).map(|m| m.len()).sum()
}

/// An index in memory over decisions that never change.
pub(super) fn in_memory(decisions: &[Precedent]) -> Result<View> {
    let index = Index::create_in_ram(schema().0);
    crate::corpus::tokenizer::register(index.tokenizers());
    let state = State { teaching: teaching_state(decisions), files: vec![] };
    fill(&index, Path::new(""), decisions, &state, &|_| {})?;
    View::of(index, "memory".into(), vec![])
}
