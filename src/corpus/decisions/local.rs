//! The store in the data directory.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tantivy::{DocAddress, Score, Term};

use super::fields::{Place, Places, hash, places_of};
use super::files::{self, Line, Unfinished};
use super::generation::{self, Hold, View};
use super::nearest::{self, Depth};
use super::writer;
use super::{
    Candidate, Change, Changes, DecisionError, DecisionQuery, DecisionSearch, DecisionStats, FOLDER, Rebuilt, Result,
};
use crate::domain::precedent::Precedent;

/// How long a first start waits for another process that is building the index.
const PATIENCE: Duration = Duration::from_secs(30 * 60);
/// How often a reader looks again when a generation was swapped under its hands.
const LOOKS: usize = 3;
/// More decisions than this with one and the same narrative are not compared letter by letter.
const ALIKE: usize = 16;

/// Past decisions in the files and the index of a data directory.
pub struct LocalDecisions {
    records: PathBuf,
    /// `None` for a store in memory.
    folder: Option<PathBuf>,
    teaching: Arc<[Precedent]>,
    /// Places among the teaching cases by the hash of the id.
    teaching_ids: HashMap<u64, usize>,
    teaching_state: u64,
    view: RwLock<Option<Arc<View>>>,
    parsed: AtomicU64,
}

impl LocalDecisions {
    /// Opens the store; parses nothing when the index is up to date. Otherwise brings it up to date, or, while another process
    /// does so, uses the state before, if there is one.
    pub fn open(data_dir: &Path, teaching: Arc<[Precedent]>) -> Result<Self> {
        let store = Self::unopened(data_dir, teaching);
        let folder = store.folder()?;
        let started = Instant::now();
        loop {
            let wanted = writer::wanted(&store.records, store.teaching_state)?;
            if store.fresh().is_ok_and(|view| writer::is_current(&view, &wanted)) {
                return Ok(store);
            }
            let done = generation::hold(folder).and_then(|hold| store.catch_up(&hold));
            match (done, store.fresh()) {
                (Ok(()), Ok(_)) => return Ok(store),
                (Err(why), Ok(_)) => {
                    tracing::warn!("案例索引没有更新（{why}），暂用原有索引");
                    return Ok(store);
                }
                (Err(DecisionError::Busy(_)), Err(_)) if started.elapsed() < PATIENCE => {
                    std::thread::sleep(Duration::from_millis(200));
                }
                (Err(why), Err(_)) | (Ok(()), Err(why)) => return Err(why),
            }
        }
    }

    /// The store as it lies there, for a rebuild; whatever state its index is in.
    pub fn unopened(data_dir: &Path, teaching: Arc<[Precedent]>) -> Self {
        Self {
            records: data_dir.join(FOLDER),
            folder: Some(data_dir.join("index").join("decisions")),
            teaching_state: writer::teaching_state(&teaching),
            teaching_ids: ids(&teaching),
            teaching,
            view: RwLock::new(None),
            parsed: AtomicU64::new(0),
        }
    }

    /// A store of decisions that never change, without files.
    pub fn in_memory(decisions: Vec<Precedent>) -> Result<Self> {
        let view = writer::in_memory(&decisions)?;
        Ok(Self {
            records: PathBuf::new(),
            folder: None,
            teaching_state: 0,
            teaching_ids: ids(&decisions),
            teaching: decisions.into(),
            view: RwLock::new(Some(Arc::new(view))),
            parsed: AtomicU64::new(0),
        })
    }

    fn folder(&self) -> Result<&Path> {
        self.folder.as_deref().ok_or(DecisionError::Fixed)
    }

    /// The newest commit; the one before when the newest cannot be opened.
    fn fresh(&self) -> Result<Arc<View>> {
        let known = self.view.read().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(folder) = &self.folder else {
            return known.ok_or_else(|| DecisionError::Index("没有索引".into()));
        };
        let mut failed = None;
        for _ in 0..LOOKS {
            let newer = match &known {
                Some(view) => view.newer(folder),
                None => generation::current(folder)
                    .ok_or_else(|| DecisionError::Index("没有可用的索引".into()))
                    .and_then(|name| View::open(folder, &name))
                    .map(|view| Some(Arc::new(view))),
            };
            match (newer, &known) {
                (Ok(Some(view)), _) => {
                    *self.view.write().unwrap_or_else(PoisonError::into_inner) = Some(view.clone());
                    return Ok(view);
                }
                (Ok(None), Some(view)) => return Ok(view.clone()),
                (Ok(None), None) => break,
                // Swapped between the two looks: the next look finds the new one.
                (Err(e), _) => failed = Some(e),
            }
        }
        match (known, failed) {
            (Some(view), why) => {
                tracing::warn!(
                    "案例索引的新版本打不开（{}），继续使用原有版本",
                    why.map_or(String::new(), |e| e.to_string())
                );
                Ok(view)
            }
            (None, why) => Err(why.unwrap_or_else(|| DecisionError::Index("没有索引".into()))),
        }
    }

    /// Brings the index up to date with the files.
    fn catch_up(&self, hold: &Hold) -> Result<()> {
        let wanted = writer::wanted(&self.records, self.teaching_state)?;
        if let Ok(view) = self.fresh() {
            if writer::is_current(&view, &wanted)
                || writer::catch_up(&self.records, &self.teaching, &view, &wanted, &|_| {}, hold)?
            {
                return Ok(());
            }
            tracing::warn!("案例文件有改动，正在重建案例索引……");
        }
        writer::rebuild(&self.records, self.folder()?, &self.teaching, &wanted, &|_| {}, hold)?;
        Ok(())
    }

    /// Where the best documents of some queries lie, with the best score each got; best first.
    fn hits(&self, view: &View, queries: &[DecisionQuery]) -> Result<Vec<(Place, Score)>> {
        let mut best: HashMap<DocAddress, Score> = HashMap::new();
        for query in queries {
            for (address, score) in nearest::find(&view.searcher, &view.fields, query, Depth::USUAL)? {
                let slot = best.entry(address).or_insert(score);
                *slot = slot.max(score);
            }
        }
        let mut hits: Vec<_> = best.into_iter().collect();
        hits.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let columns: Vec<Places> = view.searcher.segment_readers().iter().map(Places::of).collect::<Result<_>>()?;
        let place = |address: DocAddress| columns.get(address.segment_ord as usize)?.get(address.doc_id);
        Ok(hits.into_iter().filter_map(|(address, score)| Some((place(address)?, score))).collect())
    }

    /// Reads records in the order asked for; each file is opened once. Nothing for a teaching case that only another version
    /// of the program has.
    fn load(&self, view: &View, places: &[Place]) -> Result<Vec<Option<Precedent>>> {
        let mut open: HashMap<u64, (PathBuf, File)> = HashMap::new();
        let mut out = Vec::with_capacity(places.len());
        for place in places {
            let moved = |file: &Path| DecisionError::Moved { file: file.display().to_string() };
            if place.file == 0 {
                let at = self.teaching_ids.get(&place.hash);
                out.push(at.and_then(|at| self.teaching.get(*at)).cloned());
                continue;
            }
            let (path, file) = match open.entry(place.file) {
                std::collections::hash_map::Entry::Occupied(e) => e.into_mut(),
                std::collections::hash_map::Entry::Vacant(e) => {
                    let source = view.state.files.get(place.file as usize - 1);
                    let source = source.ok_or_else(|| DecisionError::Index("索引中的文件编号有误".into()))?;
                    let path = self.records.join(&source.name);
                    let file = File::open(&path).map_err(DecisionError::io(&path))?;
                    e.insert((path, file))
                }
            };
            let mut line = vec![0; place.length as usize];
            let read = file.seek(SeekFrom::Start(place.at)).and_then(|_| file.read_exact(&mut line));
            self.parsed.fetch_add(1, Ordering::Relaxed);
            match read.ok().filter(|()| hash(&line) == place.hash).map(|()| files::parse(&line)) {
                Some(Ok(Line::Decision(decision))) => out.push(Some(*decision)),
                _ => return Err(moved(path)),
            }
        }
        Ok(out)
    }

    /// How many decisions a search finds, without reading their records: for measuring.
    pub fn near(&self, queries: &[DecisionQuery]) -> Result<usize> {
        let view = self.fresh()?;
        Ok(self.hits(&view, queries)?.len())
    }

    /// Of the `top` best by every term of a query, the share that a search finds, and the share among its own `top` best: for
    /// measuring.
    pub fn agreement(&self, query: &DecisionQuery, top: usize) -> Result<(f64, f64)> {
        let view = self.fresh()?;
        let best = DecisionQuery { limit: top, ..query.clone() };
        let best = nearest::find(&view.searcher, &view.fields, &best, Depth::WHOLE)?;
        let found = nearest::find(&view.searcher, &view.fields, query, Depth::USUAL)?;
        let share = |found: &[(DocAddress, Score)]| {
            let found: HashSet<DocAddress> = found.iter().map(|(address, _)| *address).collect();
            let kept = best.iter().filter(|(address, _)| found.contains(address)).count();
            kept as f64 / best.len().max(1) as f64
        };
        Ok((share(&found), share(&found[..top.min(found.len())])))
    }

    fn place(&self, view: &View, id: &str) -> Result<Option<Place>> {
        Ok(places_of(&view.searcher, &Term::from_field_text(view.fields.id, id), 1)?.pop())
    }
}

fn ids(teaching: &[Precedent]) -> HashMap<u64, usize> {
    teaching.iter().enumerate().map(|(at, t)| (hash(t.id.as_bytes()), at)).collect()
}

impl DecisionSearch for LocalDecisions {
    fn apply(&self, changes: &mut dyn Iterator<Item = Change>) -> Result<Changes> {
        let hold = generation::hold(self.folder()?)?;
        self.catch_up(&hold)?;
        let view = self.fresh()?;
        let mut report = Changes::default();
        let mut file = Unfinished::begin(&self.records)?;
        // What this import has written of an id: the hash of its line, or that it is withdrawn.
        let mut written: HashMap<u64, Option<u64>> = HashMap::new();
        for change in changes {
            let id = match &change {
                Change::Put(decision) => &decision.id,
                Change::Withdraw(id) => id,
            };
            let key = hash(id.as_bytes());
            if self.teaching_ids.contains_key(&key) {
                report.reserved.push(id.clone());
                continue;
            }
            let before = match written.get(&key) {
                Some(state) => *state,
                None => self.place(&view, id)?.map(|p| p.hash),
            };
            match change {
                Change::Put(decision) => {
                    let line = files::written(&decision).map_err(|e| DecisionError::Index(e.to_string()))?;
                    let now = hash(&line);
                    match before {
                        Some(was) if was == now => {
                            report.unchanged += 1;
                            continue;
                        }
                        Some(_) => report.changed += 1,
                        None => report.added += 1,
                    }
                    file.line(&line)?;
                    written.insert(key, Some(now));
                }
                Change::Withdraw(id) if before.is_none() => report.unknown.push(id),
                Change::Withdraw(id) => {
                    file.line(serde_json::json!({ "id": id, "withdrawn": true }).to_string().as_bytes())?;
                    report.withdrawn += 1;
                    written.insert(key, None);
                }
            }
        }
        if !written.is_empty() {
            file.finish()?;
            self.catch_up(&hold)?;
        }
        Ok(report)
    }

    fn search(&self, queries: &[DecisionQuery]) -> Result<Vec<Candidate>> {
        let view = self.fresh()?;
        let hits = self.hits(&view, queries)?;
        let places: Vec<Place> = hits.iter().map(|(place, _)| *place).collect();
        let decisions = self.load(&view, &places)?;
        let whole = decisions.into_iter().zip(hits);
        Ok(whole.filter_map(|(decision, (_, text))| Some(Candidate { decision: decision?, text })).collect())
    }

    fn get(&self, id: &str) -> Result<Option<Precedent>> {
        let view = self.fresh()?;
        let Some(place) = self.place(&view, id)? else { return Ok(None) };
        Ok(self.load(&view, &[place])?.pop().flatten())
    }

    fn told_as(&self, narrative: &str) -> Result<Option<String>> {
        let view = self.fresh()?;
        let term = Term::from_field_u64(view.fields.told, hash(narrative.as_bytes()));
        let places = places_of(&view.searcher, &term, ALIKE)?;
        let mut alike = self.load(&view, &places)?.into_iter().flatten();
        Ok(alike.find(|d| d.facts.narrative.as_deref() == Some(narrative)).map(|d| d.id))
    }

    fn count(&self) -> Result<u64> {
        Ok(self.fresh()?.searcher.num_docs())
    }

    fn stats(&self) -> Result<DecisionStats> {
        let view = self.fresh()?;
        Ok(DecisionStats {
            decisions: view.searcher.num_docs(),
            index_bytes: self.folder.as_ref().map_or(0, |f| writer::size(&f.join(&view.name))),
            record_bytes: view.state.files.iter().map(|f| f.bytes).sum(),
            segments: view.searcher.segment_readers().len(),
            parsed: self.parsed.load(Ordering::Relaxed),
            generation: view.name.clone(),
        })
    }

    fn rebuild(&self, progress: &dyn Fn(u64)) -> Result<Rebuilt> {
        let folder = self.folder()?;
        let hold = generation::hold(folder)?;
        let wanted = writer::wanted(&self.records, self.teaching_state)?;
        writer::rebuild(&self.records, folder, &self.teaching, &wanted, progress, &hold)
    }
}
