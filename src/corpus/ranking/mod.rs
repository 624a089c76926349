//! Ranking of articles: the best of the lists by words and by meaning, ordered by a small learned model.
//!
//! Features are listed by [`names`], the model (boosted trees and a linear one, together) in `corpus/ranking/articles.json`; it was
//! trained on the public development questions by `benches/retrieval/train.py`, which can be run again.

mod acts;
mod features;
mod headings;
pub mod lexical;
mod model;
mod overlap;
mod pleadings;
pub mod synonyms;

use std::collections::HashMap;

pub use features::names;
pub use pleadings::Pleadings;

use self::acts::{ACTS, alike, standardised};
use self::features::{Lists, rows};
use self::lexical::{LEXICAL, Lexical};
use self::model::Model;
use super::index::FieldScores;
use crate::domain::law::LawLevel;

/// Articles taken from each list.
const DEPTH: usize = 150;
/// From this place on an article counts as not found by a list.
const LONGEST: usize = 300;

/// An article as the ranking sees it.
#[derive(Clone, Copy, Debug)]
pub struct Passage<'a> {
    /// Title without 中华人民共和国.
    pub law: &'a str,
    pub level: LawLevel,
    pub article: u32,
    /// All headings above it.
    pub chapter: &'a str,
    pub text: &'a str,
}

impl Passage<'_> {
    /// What is indexed and what an encoder reads: law, last heading, text.
    pub fn whole(&self) -> String {
        let heading = self.chapter.rsplit(' ').next().unwrap_or_default();
        format!("{} {heading} {}", self.law, self.text)
    }
}

/// What is known of an article before any question.
#[derive(Clone, Debug)]
struct Entry {
    law: usize,
    chapter: usize,
    level: LawLevel,
    length: f32,
    cues: [bool; features::CUES.len()],
    /// How often this article answers a question, as a logarithm.
    asked: f32,
    criminal: bool,
    /// Article of the Criminal Law that names a crime; none for 之一 and the like.
    crime: Option<u32>,
}

#[derive(Clone, Debug, Default)]
struct Law {
    title: String,
    articles: usize,
    /// How often other laws name it, as a logarithm.
    cited: f32,
    /// How often its articles answer a question, as a logarithm.
    asked: f32,
}

/// All articles of a collection, in the order of their keys.
pub struct Catalogue {
    entries: Vec<Entry>,
    laws: Vec<Law>,
    /// Last heading of every chapter.
    headings: Vec<String>,
    model: Option<Model>,
}

/// A place in the ranking; the score is only for comparing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranked {
    pub key: u64,
    pub score: f32,
    /// Score by words alone, 0..1 over the list.
    pub lexical: f32,
    /// Cosine with the question; 0 without an encoder.
    pub cosine: f32,
}

/// Cosine of a question with every article.
#[derive(Clone, Debug, Default)]
pub struct Similar {
    /// As the encoder put it.
    pub plain: Vec<f32>,
    /// After the learned map; the same as `plain` where there is none.
    pub moved: Vec<f32>,
    /// Whether the ranking was trained with this encoder's cosines; others are ranked by both lists half and half.
    pub learned: bool,
}

/// Learned on the same questions by `benches/retrieval/map.py`: moves the vector of a question towards its answers.
pub fn question_map() -> Option<Vec<u8>> {
    super::embedded_bytes("ranking/questions.f16")
}

/// Whether a text is a question in that sense: facts of a crime are none.
pub fn is_question(text: &str) -> bool {
    !features::is_criminal(text)
}

/// Texts that are no articles, such as past cases: both lists half and half, each scaled 0..1 over its best.
pub fn fused(scores: &FieldScores, similar: Option<&[f32]>) -> Vec<Ranked> {
    let lexical = scores.together(&LEXICAL);
    let both = features::half_and_half(&lexical, similar);
    let mut ranked: Vec<Ranked> = both
        .into_iter()
        .map(|(key, score)| Ranked {
            key: key as u64,
            score,
            lexical: lexical[key],
            cosine: similar.map_or(0.0, |s| s[key]),
        })
        .collect();
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.key.cmp(&b.key)));
    ranked
}

/// Past cases told as narratives: what acts each tells of.
pub struct Narratives {
    told: Vec<Vec<f32>>,
}

impl Narratives {
    /// None unless most of the texts tell the facts of crimes.
    pub fn new<'a>(texts: impl Iterator<Item = &'a str> + Clone) -> Option<Self> {
        let (all, criminal) = (texts.clone().count(), texts.clone().filter(|t| features::is_criminal(t)).count());
        (2 * criminal > all).then(|| Self { told: texts.map(|t| ACTS.told(t)).collect() })
    }

    /// Every text by the acts it has in common with the query, then by meaning; weights from the dev cases.
    pub fn rank(&self, query: &str, similar: Option<&[f32]>) -> Vec<Ranked> {
        let told = ACTS.told(query);
        let acts = standardised(&self.told.iter().map(|t| alike(&told, t)).collect::<Vec<_>>());
        let meaning = similar.map(standardised).unwrap_or_default();
        let near = |key: usize| meaning.get(key).copied().unwrap_or_default();
        let mut ranked: Vec<Ranked> = acts
            .iter()
            .enumerate()
            .map(|(key, act)| Ranked {
                key: key as u64,
                score: 1.09 * act + 0.35 * near(key),
                lexical: *act,
                cosine: similar.map_or(0.0, |s| s[key]),
            })
            .collect();
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.key.cmp(&b.key)));
        ranked
    }
}

impl Catalogue {
    pub fn new<'a>(passages: impl Iterator<Item = Passage<'a>> + Clone) -> Self {
        Self::with(passages, Model::shipped())
    }

    /// With the ranking model in `text` instead of the shipped one; none when it does not fit this program's features.
    pub fn ranked_by<'a>(passages: impl Iterator<Item = Passage<'a>> + Clone, text: &str) -> Option<Self> {
        Model::read(text).map(|model| Self::with(passages, Some(model)))
    }

    fn with<'a>(passages: impl Iterator<Item = Passage<'a>> + Clone, model: Option<Model>) -> Self {
        let (mut laws, mut numbers) = (Vec::<Law>::new(), HashMap::new());
        let (mut chapters, mut headings) = (HashMap::new(), Vec::new());
        let mut last = None;
        let mut entries: Vec<Entry> = Vec::new();
        for p in passages.clone() {
            let law = *numbers.entry(p.law.to_string()).or_insert_with(|| {
                laws.push(Law { title: p.law.to_string(), ..Law::default() });
                laws.len() - 1
            });
            laws[law].articles += 1;
            let next = chapters.len();
            let chapter = *chapters.entry((law, p.chapter)).or_insert(next);
            if chapter == headings.len() {
                headings.push(p.chapter.rsplit(' ').next().unwrap_or_default().to_string());
            }
            entries.push(Entry {
                law,
                chapter,
                level: p.level,
                length: (p.text.chars().count().max(1) as f32).ln(),
                cues: features::cues(p.article, p.text),
                asked: model.as_ref().map_or(0.0, |m| m.article_asked(p.law, p.article)),
                criminal: p.law == "刑法" && p.article > features::GENERAL_PART,
                crime: (p.law == "刑法" && p.article > features::GENERAL_PART && last != Some((law, p.article)))
                    .then_some(p.article),
            });
            last = Some((law, p.article));
        }
        let mut cited = vec![0u32; laws.len()];
        for p in passages {
            let mut named: Vec<usize> = features::titles(p.text).filter_map(|t| numbers.get(t).copied()).collect();
            named.sort_unstable();
            named.dedup();
            let own = numbers.get(p.law).copied();
            named.into_iter().filter(|n| Some(*n) != own).for_each(|n| cited[n] += 1);
        }
        for (law, cited) in laws.iter_mut().zip(cited) {
            law.cited = (cited as f32).ln_1p();
            law.asked = model.as_ref().map_or(0.0, |m| m.law_asked(&law.title));
        }
        Self { entries, laws, headings, model }
    }

    /// The candidates of both lists with their features, best list place first.
    pub fn features<'a>(
        &self,
        query: &str,
        scores: &FieldScores,
        similar: &Similar,
        text: &dyn Fn(usize) -> &'a str,
        allowed: &dyn Fn(usize) -> bool,
    ) -> Vec<(usize, Vec<f32>)> {
        let special = features::is_criminal(query) && self.entries.iter().any(|e| e.criminal);
        let allowed = |i: usize| allowed(i) && (!special || self.entries[i].criminal);
        let lists = Lists::new(self, scores, similar, &allowed);
        rows(self, query, &lists, &scores.spread, text)
    }

    /// The best by words alone, weighed by level, best first.
    pub fn by_words(&self, scores: &FieldScores, limit: usize, with: &Lexical) -> Vec<Ranked> {
        let weighed = |(key, score): (usize, f32)| {
            let score = score * with.prior(self.entries.get(key)?.level);
            (score > 0.0).then_some(Ranked { key: key as u64, score, lexical: score, cosine: 0.0 })
        };
        let mut ranked: Vec<Ranked> = scores.together(with).into_iter().enumerate().filter_map(weighed).collect();
        let better = |a: &Ranked, b: &Ranked| b.score.total_cmp(&a.score).then(a.key.cmp(&b.key));
        if ranked.len() > limit.max(1) {
            ranked.select_nth_unstable_by(limit.max(1), better);
            ranked.truncate(limit.max(1));
        }
        ranked.sort_unstable_by(better);
        ranked
    }

    /// Articles that name crimes, by the act told of, then by words and meaning (weights from the dev facts).
    fn crimes(
        &self,
        query: &str,
        scores: &FieldScores,
        similar: &Similar,
        allowed: &dyn Fn(usize) -> bool,
    ) -> Vec<Ranked> {
        let told = ACTS.told(query);
        let keys: Vec<usize> = (0..self.entries.len()).filter(|i| self.entries[*i].criminal && allowed(*i)).collect();
        let nothing = told.iter().copied().fold(0f32, f32::min);
        let act = |i: &usize| self.entries[*i].crime.map_or(nothing, |n| ACTS.of_article(&told, n));
        let acts: Vec<f32> = keys.iter().map(act).collect();
        let pairs = standardised(&keys.iter().map(|i| scores.pairs[*i]).collect::<Vec<_>>());
        let meaning = standardised(&keys.iter().map(|i| similar.plain[*i]).collect::<Vec<_>>());
        let mut ranked: Vec<Ranked> = keys
            .iter()
            .enumerate()
            .map(|(at, i)| {
                let sum = acts[at] + 0.5 * pairs[at] + 0.7 * meaning[at];
                let score = 1.0 / (1.0 + (-sum).exp());
                Ranked { key: *i as u64, score, lexical: pairs[at], cosine: similar.plain[*i] }
            })
            .collect();
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.key.cmp(&b.key)));
        ranked
    }

    /// The best of the `allowed` articles of both lists together, best first; scores are 0..1. `text` gives an article's text.
    pub fn rank<'a>(
        &self,
        query: &str,
        scores: &FieldScores,
        similar: &Similar,
        text: &dyn Fn(usize) -> &'a str,
        allowed: &dyn Fn(usize) -> bool,
    ) -> Vec<Ranked> {
        // Facts of a crime are answered by the special part of the Criminal Law, and first by what act they tell of.
        if features::is_criminal(query) && self.entries.iter().any(|e| e.criminal) {
            return self.crimes(query, scores, similar, allowed);
        }
        let rows = self.features(query, scores, similar, text, allowed);
        let fused = || rows.iter().map(|(_, row)| row[features::FUSED]).collect();
        let model = self.model.as_ref().filter(|_| similar.learned);
        let learned = model.map_or_else(fused, |m| m.scores(rows.iter().map(|(_, row)| &row[..])));
        let mut ranked: Vec<Ranked> = rows
            .iter()
            .zip(learned)
            .map(|((key, row), score)| {
                let (lexical, cosine) = (row[features::BY_WORDS], row[features::COSINE]);
                Ranked { key: *key as u64, score, lexical, cosine }
            })
            .collect();
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.key.cmp(&b.key)));
        ranked
    }
}
