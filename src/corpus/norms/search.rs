//! Finding sections of 办案规范 by the same analysis as articles. Documents imported while the service runs are seen by the next
//! question.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use jiff::civil::Date;
use serde::Serialize;

use super::{Norm, NormError, Section, load, store};
use crate::corpus::index::TextIndex;
use crate::corpus::statutes::paragraphs;
use crate::corpus::tokenizer;
use crate::domain::law::Validity;

/// Said with every hit.
pub const USE: &str = "办案规范，供办案参考，不是法律依据，不得写入处罚依据";

#[derive(Clone, Debug, Default)]
pub struct NormQuery {
    pub text: String,
    /// Only what counted that day, or may have.
    pub as_of: Option<Date>,
    /// Only documents whose title holds this.
    pub title: Option<String>,
    pub limit: usize,
}

/// One section found. `law` is the title of the document, so that one reader serves all kinds of hits.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NormHit {
    /// Document version and place: `某某办案指引@2024-01-01#3`, counted from 1.
    pub id: String,
    pub title: String,
    pub law: String,
    pub article: u32,
    pub paragraphs: Vec<u32>,
    pub status: Validity,
    pub effective_from: Option<Date>,
    pub effective_to: Option<Date>,
    pub score: f32,
    pub snippet: String,
    /// Always `norm`.
    pub kind: &'static str,
    /// Always false: a norm is no basis of a decision.
    pub legal_basis: bool,
    pub note: &'static str,
    pub section: String,
    pub path: String,
    pub issuer: Option<String>,
    pub doc_no: Option<String>,
    pub source: String,
    pub source_sha256: String,
}

/// State of the stored file that tells one import from the next.
type Stamp = Option<(SystemTime, u64)>;

struct Loaded {
    stamp: Stamp,
    norms: Vec<Norm>,
    index: TextIndex,
}

/// The imported documents, read when they are first asked for and again after each import.
pub struct NormBook {
    data_dir: PathBuf,
    loaded: RwLock<Option<Arc<Loaded>>>,
}

impl NormBook {
    pub fn new(data_dir: &Path) -> Self {
        Self { data_dir: data_dir.into(), loaded: RwLock::new(None) }
    }

    fn current(&self) -> Result<Arc<Loaded>, NormError> {
        let stamp = std::fs::metadata(store(&self.data_dir)).ok().and_then(|m| Some((m.modified().ok()?, m.len())));
        if let Some(held) = self.loaded.read().unwrap_or_else(PoisonError::into_inner).as_ref()
            && held.stamp == stamp
        {
            return Ok(held.clone());
        }
        let norms = load(&self.data_dir)?;
        let texts = norms.iter().flat_map(|n| n.sections.iter().map(move |s| (n, s)));
        let texts = texts
            .enumerate()
            .map(|(key, (n, s))| (key as u64, Cow::Owned(format!("{} {} {}\n{}", n.title, s.label, s.path, s.text))));
        let index = TextIndex::in_memory(texts).map_err(|e| NormError::Index(e.to_string()))?;
        let fresh = Arc::new(Loaded { stamp, norms, index });
        *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = Some(fresh.clone());
        Ok(fresh)
    }

    /// The best sections; what no longer counts comes after what does.
    pub fn search(&self, query: &NormQuery, today: Date) -> Result<Vec<NormHit>, NormError> {
        let held = self.current()?;
        let day = query.as_of.unwrap_or(today);
        let sections: Vec<(&Norm, usize, &Section)> =
            held.norms.iter().flat_map(|n| n.sections.iter().enumerate().map(move |(i, s)| (n, i, s))).collect();
        let found = held.index.search(&query.text, sections.len().max(1));
        let mut hits: Vec<NormHit> = vec![];
        for hit in found.map_err(|e| NormError::Index(e.to_string()))? {
            let Some((norm, at, section)) = sections.get(hit.key as usize) else { continue };
            let status = norm.validity_on(day);
            if query.title.as_ref().is_some_and(|t| !norm.title.contains(t.trim()))
                || (query.as_of.is_some() && !matches!(status, Validity::InForce | Validity::Unknown))
            {
                continue;
            }
            let weight = if status == Validity::InForce { 1.0 } else { 0.6 };
            hits.push(make(norm, *at, section, &query.text, hit.score * weight, status));
        }
        hits.sort_by(|a, b| b.score.total_cmp(&a.score));
        hits.truncate(query.limit);
        Ok(hits)
    }
}

fn make(norm: &Norm, at: usize, section: &Section, query: &str, score: f32, status: Validity) -> NormHit {
    let words: Vec<String> =
        tokenizer::words(query).into_iter().map(|w| w.2).filter(|w| w.chars().count() > 1).collect();
    let parts = paragraphs(&section.text);
    let text = |from: usize, to: usize| section.text.get(from..to).unwrap_or_default();
    let held = |from, to| words.iter().filter(|w| text(from, to).contains(w.as_str())).count();
    let mut numbers: Vec<u32> = parts.iter().filter(|p| held(p.start, p.end) > 0).map(|p| p.number).collect();
    if numbers.is_empty() {
        numbers = parts.iter().map(|p| p.number).collect();
    }
    // 消防通道 is one word, and meets 通道 by its pairs only.
    let pairs: Vec<String> = tokenizer::pairs(query).into_iter().map(|p| p.2).collect();
    let near = |from, to| pairs.iter().filter(|w| text(from, to).contains(w.as_str())).count();
    let best = parts.iter().max_by_key(|p| (held(p.start, p.end), near(p.start, p.end), std::cmp::Reverse(p.number)));
    NormHit {
        id: format!("{}#{}", norm.id, at + 1),
        title: format!("《{}》{}", norm.title, section.label),
        law: norm.title.clone(),
        article: section.article,
        paragraphs: numbers,
        status,
        effective_from: norm.effective_from,
        effective_to: norm.effective_to,
        score,
        snippet: best.map_or("", |p| text(p.start, p.end)).chars().take(160).collect(),
        kind: "norm",
        legal_basis: false,
        note: USE,
        section: section.label.clone(),
        path: section.path.clone(),
        issuer: norm.issuer.clone(),
        doc_no: norm.doc_no.clone(),
        source: norm.source.clone(),
        source_sha256: norm.source_sha256.clone(),
    }
}
