//! 既往案例库: past decisions in any number, kept on disk; which of them are near a text, and the record of each.
//!
//! ```text
//! <data>/precedents/*.jsonl                   the truth: one decision a line; an import adds a file and changes none
//! <data>/precedents/imported-000001.jsonl     what an import brought, in the order of the numbers; the later line counts
//! <data>/index/decisions/CURRENT              which generation is searched
//! <data>/index/decisions/g000001/             a tantivy index: words, pairs, structure, and where each record lies
//! <data>/index/decisions/.lock                held by the one process that imports or rebuilds
//! ```
//!
//! The index can be made from the files at any time. An import writes its file under another name, gives it its name, and
//! then commits the index: cut off before the name, nothing has happened; cut off after it, the next start, import or rebuild
//! finishes the work and until then the old state is searched. A rebuild fills a new generation beside the old one and then
//! replaces `CURRENT`. Readers look at `CURRENT` and at the generation's `meta.json` before every search (two small files,
//! some ten microseconds), so a service sees what another process committed with its next question and is never stopped;
//! when something new cannot be opened it goes on with what it has.
//!
//! # More than one node
//!
//! [`DecisionSearch`] is the seam; `[search] decisions` in the settings chooses who stands behind it, today only `local`.
//! What an implementation over an engine with a search API would do (none is built):
//!
//! | Here | OpenSearch 2 or later | Quickwit 0.8 or later |
//! |---|---|---|
//! | [`DecisionSearch::apply`] | `POST /_bulk` with `index` and `delete` actions, `_id` = our id, `refresh=wait_for`; unchanged lines are left out after `POST /_mget` with `_source: ["hash"]` | `POST /api/v1/{index}/ingest?commit=wait_for`; there is no update in place: a new version is a new document and the old one goes by `POST /api/v1/{index}/delete-tasks`, which is slow and approximate in time |
//! | [`DecisionSearch::search`] | `POST /_msearch`, one body per query: `bool.should` with one `term` per token on `words` and `pairs`, `minimum_should_match: 1`, `bool.filter` for the structure, `size` = limit, `_source: ["record"]` | `POST /api/v1/{index}/search` per query: `words:IN [..] OR pairs:IN [..]` with `AND violation:..`, `max_hits`, `sort_by: "_score"` |
//! | [`DecisionSearch::get`] | `GET /{index}/_doc/{id}` | a search for `id:"…"` with `max_hits: 1` |
//! | [`DecisionSearch::told_as`] | a `term` on `told`, then the narratives are compared | the same as a query |
//! | [`DecisionSearch::stats`] | `GET /{index}/_stats/docs,store` | `GET /api/v1/indexes/{index}/describe` |
//! | [`DecisionSearch::rebuild`] | a new index filled from the files, then `POST /_aliases` moves the alias | a new index; the name in the settings moves |
//!
//! Mapping (an index template for `zhicai-decisions-*`, one alias over them): `words` and `pairs` are `text` with analyser
//! `whitespace`, similarity `BM25` (k1 1.2, b 0.75, as here), `index_options: freqs`, not stored; `violation`, `article`, `tier`,
//! `region`, `id` are `keyword`; `gains_fen`, `fine_fen` are `long`; `decided_at`, `revoked_at` are `date` (`yyyy-MM-dd`);
//! `hash`, `told` are `keyword`; `record` is an `object` with `enabled: false`. In Quickwit: `text` fields with tokenizer
//! `whitespace`, `record: freq`, `fieldnorms: true`; `raw` tokenizer and `fast: true` for the structure; `record` as `json` with
//! `indexed: false`.
//!
//! Analysers: none of theirs. We send tokens joined by spaces, from the tokenizers used here (jieba words without law names,
//! pairs of Han characters), for documents and queries alike, so both sides cut alike whatever plug-ins the engine has. Tokens
//! hold no spaces. Queries send only the rarest terms ([`MOST_TERMS`] per field, as here), with a `rescore` by all; their frequencies come from the engine
//! (`POST /{index}/_termvectors` with `term_statistics`, cached) or, where it has none, the terms are sent whole and cut by length.
//!
//! What is lost: one commit for a whole import (a `_bulk` is visible piece by piece; an import would write a new index and move
//! the alias when that matters); scores that do not depend on the shard (needs `search_type=dfs_query_then_fetch`; Quickwit
//! scores per split); reading one's own writes at once (about a second); the check that the record is the line that was
//! indexed. What stays: files in `precedents` are the truth and everything can be sent again from them.

pub mod fictitious;
mod fields;
mod files;
mod generation;
mod local;
mod nearest;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use self::fields::article_key;
pub(super) use self::files::withdrawal;
pub use self::files::written as line;
pub use self::local::LocalDecisions;
pub use self::nearest::MOST_TERMS;
use crate::domain::penalty::Tier;
use crate::domain::precedent::Precedent;

/// Imported decisions live in `<data>/precedents/*.jsonl`.
pub const FOLDER: &str = "precedents";

/// Bumped when the index must be built anew after an update of the program.
pub const VERSION: &str = "1";

/// Who searches past decisions (`[search] decisions`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// The index in the data directory.
    #[default]
    Local,
}

impl<'de> Deserialize<'de> for Engine {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let written = String::deserialize(from)?;
        match written.as_str() {
            "local" => Ok(Self::Local),
            other => Err(serde::de::Error::custom(format!(
                "[search] decisions = \"{other}\" 尚不支持；目前只支持 \"local\"（本机索引）"
            ))),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum DecisionError {
    #[error("另一个导入或重建正在使用案例库（{}），请等它完成后再试", .0.display())]
    Busy(PathBuf),
    #[error("无法读写 {}：{source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("案例索引有误（{0}）；请运行 zhicai index rebuild")]
    Index(String),
    #[error("案例文件 {file} 第 {line} 行有误：{why}")]
    Line { file: String, line: u64, why: String },
    #[error("案例文件 {file} 在建立索引之后被改动；请运行 zhicai index rebuild")]
    Moved { file: String },
    #[error("内存中的案例库不能改动")]
    Fixed,
}

impl DecisionError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Busy(_) => "decisions.busy",
            Self::Io { .. } => "decisions.io",
            Self::Index(_) => "decisions.index",
            Self::Line { .. } => "decisions.bad_line",
            Self::Moved { .. } => "decisions.moved",
            Self::Fixed => "decisions.fixed",
        }
    }

    fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { path: path.into(), source }
    }
}

impl From<tantivy::TantivyError> for DecisionError {
    fn from(e: tantivy::TantivyError) -> Self {
        Self::Index(e.to_string())
    }
}

pub type Result<T, E = DecisionError> = std::result::Result<T, E>;

/// Which decisions count. What is absent does not narrow.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub violation: Option<String>,
    /// As [`article_key`] writes it; cited in the decision's own reasons.
    pub article: Option<String>,
    pub tier: Option<Tier>,
    pub region: Option<String>,
    /// Decided before that day; a decision without a date does not count then.
    pub decided_before: Option<Date>,
    /// Revoked decisions, too.
    pub with_revoked: bool,
}

/// The decisions nearest to a text.
#[derive(Clone, Debug, Default)]
pub struct DecisionQuery {
    pub text: String,
    pub filter: Filter,
    pub limit: usize,
}

/// A decision to compare with, whole.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub decision: Precedent,
    /// BM25 of the text, words and pairs together; 0 when only the structure matched. Comparable within one answer.
    pub text: f32,
}

/// One step of an import.
#[derive(Clone, Debug)]
pub enum Change {
    /// Added, or put in place of the one with the same id.
    Put(Box<Precedent>),
    /// Taken out: imported by mistake, or not to be used any more. One that was revoked stays, with `revoked_at`.
    Withdraw(String),
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    pub added: usize,
    pub changed: usize,
    /// Already here, word for word.
    pub unchanged: usize,
    pub withdrawn: usize,
    /// To be withdrawn, but not here.
    pub unknown: Vec<String>,
    /// Not taken: the ids of teaching cases.
    pub reserved: Vec<String>,
}

/// How large the store is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DecisionStats {
    /// Teaching cases and imported decisions, those revoked counted.
    pub decisions: u64,
    pub index_bytes: u64,
    pub record_bytes: u64,
    pub segments: usize,
    /// Records read and parsed by this process since it opened the store.
    pub parsed: u64,
    /// Which build of the index is searched.
    pub generation: String,
}

/// What a rebuild did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Rebuilt {
    pub decisions: u64,
    pub index_bytes: u64,
    pub seconds: f64,
    pub generation: String,
}

/// A store of past decisions that can be searched; the seam to an engine on other machines (see the module's text).
/// Every call may be made from any thread. Answers hold what was committed when the call began, by whichever process.
pub trait DecisionSearch: Send + Sync {
    /// Makes all changes, or none: an answer sees the state before or after, never between. A decision that is already here
    /// word for word costs nothing. Refused as [`DecisionError::Busy`] while another process writes.
    fn apply(&self, changes: &mut dyn Iterator<Item = Change>) -> Result<Changes>;

    /// [`DecisionSearch::apply`] of decisions only.
    fn add(&self, decisions: &mut dyn Iterator<Item = Precedent>) -> Result<Changes> {
        self.apply(&mut decisions.map(|d| Change::Put(Box::new(d))))
    }

    /// Withdraws the decisions of these ids.
    fn remove(&self, ids: &mut dyn Iterator<Item = String>) -> Result<Changes> {
        self.apply(&mut ids.map(Change::Withdraw))
    }

    /// The nearest of each query, every decision once, best first. With a 违法行为 in the filter, decisions under it follow
    /// even when no word matches, up to the limit.
    fn search(&self, queries: &[DecisionQuery]) -> Result<Vec<Candidate>>;

    fn get(&self, id: &str) -> Result<Option<Precedent>>;

    /// The id of a decision with exactly this narrative.
    fn told_as(&self, narrative: &str) -> Result<Option<String>>;

    /// Number of decisions, cheap enough for a probe.
    fn count(&self) -> Result<u64>;

    fn stats(&self) -> Result<DecisionStats>;

    /// Makes the index anew from the records beside the old one and swaps it in; told how many are done from time to time.
    fn rebuild(&self, progress: &dyn Fn(u64)) -> Result<Rebuilt>;
}

/// Opens the store that the settings name; brings its index up to date first when it is not.
pub fn open(engine: Engine, data_dir: &Path, teaching: Arc<[Precedent]>) -> Result<Box<dyn DecisionSearch>> {
    match engine {
        Engine::Local => Ok(Box::new(LocalDecisions::open(data_dir, teaching)?)),
    }
}

/// Rebuilds the index of a store that need not be in a state to be opened.
pub fn rebuild(engine: Engine, data_dir: &Path, teaching: Arc<[Precedent]>, progress: &dyn Fn(u64)) -> Result<Rebuilt> {
    match engine {
        Engine::Local => LocalDecisions::unopened(data_dir, teaching).rebuild(progress),
    }
}
