//! 语料与检索: reads corpus/ and the installed statutes; answers what a text said on a day, and finds articles and cases.

mod bm25;
pub mod cases;
pub mod citation;
pub mod decisions;
pub mod import_cases;
pub mod index;
pub mod marking;
pub mod names;
pub mod norms;
pub mod precedents;
pub mod question_sets;
pub mod ranking;
pub mod reading;
pub mod rules;
pub mod search;
pub mod statutes;
pub mod tokenizer;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use jiff::civil::Date;
use rust_embed::RustEmbed;

pub use self::cases::{CaseHit, CaseQuery};
pub use self::citation::Finding as CitationFinding;
pub use self::search::{StatuteHit, StatuteQuery};

use self::cases::CaseBook;
use self::index::TextIndex;
use self::ranking::Catalogue;
use self::statutes::{LawBook, StatuteError};
use crate::domain::discretion::{ProvisionState, ProvisionTexts};
use crate::domain::law::{Provision, Validity};

#[derive(RustEmbed)]
#[folder = "corpus/"]
struct Files;

/// Everything that can be looked up.
pub struct Corpus {
    pub laws: LawBook,
    pub cases: CaseBook,
    pub norms: norms::NormBook,
    index: TextIndex,
    /// Made when the first question with an encoder comes.
    catalogue: OnceLock<Catalogue>,
}

#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    #[error(transparent)]
    Statutes(#[from] StatuteError),
    #[error("检索索引打不开（{0}）；请运行 zhicai setup 重建")]
    Index(String),
    #[error(transparent)]
    Precedents(#[from] precedents::PrecedentError),
    #[error(transparent)]
    Decisions(#[from] decisions::DecisionError),
    #[error(transparent)]
    Norms(#[from] norms::NormError),
    #[error("语料文件 {file} 有误：{why}")]
    File { file: String, why: String },
}

impl CorpusError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Statutes(e) => e.code(),
            Self::Index(_) => "corpus.index",
            Self::Precedents(e) => e.code(),
            Self::Decisions(e) => e.code(),
            Self::Norms(e) => e.code(),
            Self::File { .. } => "corpus.file",
        }
    }
}

impl From<tantivy::TantivyError> for CorpusError {
    fn from(e: tantivy::TantivyError) -> Self {
        Self::Index(e.to_string())
    }
}

/// Bumped when the index must be built anew after an update of the program.
pub const INDEX_VERSION: &str = "2";

/// Folder of the law versions in a data directory.
pub fn statutes_folder(data_dir: &Path) -> PathBuf {
    data_dir.join("statutes")
}

fn index_folder(data_dir: &Path) -> PathBuf {
    data_dir.join("index").join("statutes")
}

/// The embedded text of a file in `corpus/`.
pub fn embedded(name: &str) -> Option<String> {
    Files::get(name).map(|f| String::from_utf8_lossy(&f.data).into_owned())
}

/// The bytes of a file in `corpus/`.
pub fn embedded_bytes(name: &str) -> Option<Vec<u8>> {
    Files::get(name).map(|f| f.data.into_owned())
}

fn aliases() -> Result<Vec<(String, String)>, CorpusError> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        aliases: std::collections::BTreeMap<String, String>,
    }
    let file = "aliases.toml".to_string();
    let text = embedded(&file).unwrap_or_default();
    let parsed: File = toml::from_str(&text).map_err(|e| CorpusError::File { file, why: e.to_string() })?;
    Ok(parsed.aliases.into_iter().collect())
}

fn law_book(data_dir: &Path) -> Result<LawBook, CorpusError> {
    let aliases = aliases()?;
    let book = LawBook::open(&statutes_folder(data_dir), &aliases)?;
    tokenizer::add_words(book.all_names().into_iter().map(|(n, _)| n).filter(|n| n.chars().count() <= 20));
    Ok(book)
}

/// What an encoder reads of each article, in the order of the index's keys: law, heading, beginning of the text.
pub fn passages(data_dir: &Path) -> Result<Vec<String>, CorpusError> {
    Ok(search::texts(&law_book(data_dir)?).map(|(_, text)| text.chars().take(search::PASSAGE).collect()).collect())
}

/// Builds the statute index anew beside the old one and swaps it in; returns the number of articles.
pub fn build_index(data_dir: &Path) -> Result<u64, CorpusError> {
    let book = law_book(data_dir)?;
    let target = index_folder(data_dir);
    let fresh = target.with_extension("new");
    let io = |e: std::io::Error| CorpusError::Index(e.to_string());
    if fresh.exists() {
        std::fs::remove_dir_all(&fresh).map_err(io)?;
    }
    std::fs::create_dir_all(&fresh).map_err(io)?;
    let index = TextIndex::build(&fresh, search::texts(&book))?;
    let count = index.len();
    drop(index);
    // Two renames in a row: whoever opens the index meets the old one or the new one, not a half-removed folder. A service
    // that has the old one open keeps it.
    let old = target.with_extension("old");
    if old.exists() {
        std::fs::remove_dir_all(&old).map_err(io)?;
    }
    if target.exists() {
        std::fs::rename(&target, &old).map_err(io)?;
    }
    std::fs::rename(&fresh, &target).map_err(io)?;
    let _ = std::fs::remove_dir_all(&old);
    Ok(count)
}

impl Corpus {
    /// Opens what `setup` installed, with past decisions in the data directory.
    pub fn open(data_dir: &Path) -> Result<Self, CorpusError> {
        Self::open_with(data_dir, decisions::Engine::default())
    }

    /// [`Corpus::open`] with past decisions where the settings say.
    pub fn open_with(data_dir: &Path, engine: decisions::Engine) -> Result<Self, CorpusError> {
        let laws = law_book(data_dir)?;
        let index = TextIndex::open(&index_folder(data_dir)).map_err(|e| CorpusError::Index(e.to_string()))?;
        let expected: usize = laws.versions.iter().map(|v| v.articles.len()).sum();
        if index.len() != expected as u64 {
            return Err(CorpusError::Index(format!("索引有 {} 条，法律文本有 {expected} 条", index.len())));
        }
        Ok(Self {
            laws,
            cases: CaseBook::open(engine, data_dir)?,
            norms: norms::NormBook::new(data_dir),
            index,
            catalogue: OnceLock::new(),
        })
    }

    /// Number of articles, all versions counted.
    pub fn articles(&self) -> usize {
        self.index.len() as usize
    }

    /// What a provision said on a day, and whether it counted; unknown law → no version, validity unknown.
    pub fn lookup(&self, provision: &Provision, on: Date) -> ProvisionState {
        ProvisionTexts::lookup(&self.laws, provision, on)
    }

    /// Checks every citation in a text.
    pub fn cite_check(&self, text: &str, day: Date) -> Vec<citation::Finding> {
        citation::check(text, &self.laws, day)
    }
}

impl ProvisionTexts for LawBook {
    fn lookup(&self, provision: &Provision, on: Date) -> ProvisionState {
        match LawBook::lookup(self, provision, on) {
            Some(found) => {
                ProvisionState { version: Some(found.law.id.clone()), validity: found.validity, text: found.text }
            }
            None => ProvisionState { version: None, validity: Validity::Unknown, text: None },
        }
    }
}
