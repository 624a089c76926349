//! 违法行为识别, in the two steps an officer takes: which act do the facts tell of, by the table of acts and by past decisions;
//! then which penalty and duty articles follow, from the act's row.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Flow, report};
use crate::corpus::cases::{CaseQuery, Shelf};
use crate::corpus::index::TextIndex;
use crate::corpus::{Corpus, CorpusError};
use crate::domain::discretion::table::RowStatus;
use crate::domain::rulebook::RuleBook;
use crate::error::Result;

/// Past decisions that vote.
const VOTERS: usize = 8;
/// Share of the table beside the past decisions, and how sharply it prefers its best row: chosen on the teaching cases
/// (`zhicai eval acts`), so that an act on which nothing was decided yet is still found.
const TABLE: f64 = 0.5;
const SHARPNESS: f64 = 0.7;
/// Characters of a narrative that are compared.
const HEAD: usize = 3000;

/// An act that facts resemble.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Candidate {
    pub violation: String,
    pub act: String,
    pub law: String,
    pub article: u32,
    /// Share of the votes, 0..1.
    pub score: f64,
}

/// What must not vote: for measuring.
#[derive(Clone, Copy, Debug, Default)]
pub struct Without<'a> {
    /// A past decision.
    pub case: Option<&'a str>,
    /// All past decisions on an act.
    pub decisions_on: Option<&'a str>,
    pub table: bool,
    /// Past decisions that the caller may not see are left out before any is looked at.
    pub shelf: Shelf,
}

/// The table of acts as texts to be found.
pub struct Acts {
    index: TextIndex,
    ids: Vec<String>,
}

impl Acts {
    /// Each act by its row: how it is told there, who commits it, and what the penalty article says of it where it is installed.
    pub fn new(book: &RuleBook, corpus: &Corpus) -> std::result::Result<Self, CorpusError> {
        let (mut ids, mut texts) = (Vec::new(), Vec::new());
        for row in &book.violations {
            if matches!(row.status, RowStatus::Superseded | RowStatus::OutOfJurisdiction) {
                continue;
            }
            let said = corpus.laws.lookup(&row.provision(), super::today()).and_then(|l| l.text).unwrap_or_default();
            texts.push(format!("{} {} {said}", row.subject, row.act));
            ids.push(row.id.clone());
        }
        let numbered = texts.into_iter().enumerate().map(|(i, text)| (i as u64, text.into()));
        Ok(Self { index: TextIndex::in_memory(numbered)?, ids })
    }

    /// Every act with its share: `exp(z / sharpness)` of its score, standardised over the table.
    fn votes(&self, text: &str) -> std::result::Result<BTreeMap<String, f64>, CorpusError> {
        // Pairs alone: the words of so few and short texts add nothing.
        let scores: Vec<f64> = self.index.scores(text)?.pairs.into_iter().map(f64::from).collect();
        let count = scores.len().max(1) as f64;
        let mean = scores.iter().sum::<f64>() / count;
        let deviation = (scores.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / count).sqrt().max(1e-9);
        let vote = |s: &f64| ((s - mean) / deviation / SHARPNESS).exp();
        Ok(shares(self.ids.iter().cloned().zip(scores.iter().map(vote)).collect()))
    }
}

fn shares(mut votes: BTreeMap<String, f64>) -> BTreeMap<String, f64> {
    let total: f64 = votes.values().sum();
    votes.values_mut().for_each(|v| *v /= total.max(f64::EPSILON));
    votes
}

impl Flow {
    fn acts(&self) -> Result<&Acts> {
        if self.acts.get().is_none() {
            let _ = self.acts.set(Acts::new(&self.book, &self.corpus).map_err(report::corpus)?);
        }
        self.acts.get().ok_or_else(|| report::corpus(CorpusError::Index("违法行为表没有建成索引".into())))
    }

    /// The acts that a narrative resembles, best first, at most five; only rows of the table are proposed.
    pub fn acts_told(&self, text: &str, without: Without<'_>) -> Result<Vec<Candidate>> {
        let head: String = text.chars().take(HEAD).collect();
        let query = CaseQuery {
            text: head.clone(),
            limit: if without.decisions_on.is_some() { 200 } else { VOTERS },
            exclude_id: without.case.map(str::to_string),
            shelf: without.shelf,
            ..CaseQuery::default()
        };
        let hits = self.corpus.cases.search(&query, &self.book).map_err(report::corpus)?;
        let mut decided: BTreeMap<String, f64> = BTreeMap::new();
        let heard = hits.iter().filter(|h| without.decisions_on != Some(h.violation.as_str()));
        for hit in heard.take(VOTERS) {
            *decided.entry(hit.violation.clone()).or_default() += hit.score * hit.score;
        }
        let decided = shares(decided);
        let mut votes = decided;
        if !without.table {
            votes.values_mut().for_each(|v| *v *= 1.0 - TABLE);
            for (id, share) in self.acts()?.votes(&head).map_err(report::corpus)? {
                *votes.entry(id).or_default() += TABLE * share;
            }
        }
        let mut out: Vec<Candidate> = votes
            .into_iter()
            .filter_map(|(id, score)| {
                let row = self.book.violation(&id)?;
                let (act, law) = (row.act.clone(), row.law.clone());
                Some(Candidate { violation: id, act, law, article: row.article, score })
            })
            .collect();
        out.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.violation.cmp(&b.violation)));
        out.truncate(5);
        Ok(out)
    }
}
