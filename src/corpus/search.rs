//! Statute search: words or a citation → articles with version, validity and an explained score.

use std::borrow::Cow;

use jiff::civil::Date;
use serde::Serialize;

use super::citation;
use super::index::Explanation;
use super::statutes::{Article, LawBook, LawVersion, paragraphs};
use super::{Corpus, CorpusError};
use crate::domain::law::{LawLevel, Validity};

/// What to look for.
#[derive(Clone, Debug, Default)]
pub struct StatuteQuery {
    pub text: String,
    /// Only versions in force that day; without it every version, today's validity shown.
    pub as_of: Option<Date>,
    /// Only this law, in any form of its name.
    pub law: Option<String>,
    pub limit: usize,
    pub explain: bool,
}

/// One article found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StatuteHit {
    /// Version id and article: `民办教育促进法@2018-12-29#64`.
    pub id: String,
    /// `《中华人民共和国民办教育促进法》第六十四条`.
    pub title: String,
    pub law: String,
    pub article: u32,
    /// Numbers of the 款 that hold query words; all when the article has one.
    pub paragraphs: Vec<u32>,
    pub status: Validity,
    pub effective_from: Option<Date>,
    pub effective_to: Option<Date>,
    pub score: f32,
    pub snippet: String,
    pub chapter: String,
    pub level: LawLevel,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explanation>,
}

/// 效力层级 prior, chosen on the STARD dev questions.
pub fn prior(level: LawLevel) -> f32 {
    match level {
        LawLevel::Statute => 1.0,
        LawLevel::JudicialInterpretation => 0.95,
        LawLevel::Constitution => 0.7,
        _ => 0.8,
    }
}

/// Characters of an article that an encoder is shown.
pub const PASSAGE: usize = 460;

/// The indexed text of an article: law, last heading, text. Keys count articles through all versions.
pub fn texts(book: &LawBook) -> impl Iterator<Item = (u64, Cow<'_, str>)> {
    book.versions.iter().flat_map(|v| v.articles.iter().map(move |a| (v, a))).enumerate().map(
        |(key, (law, article))| {
            let heading = article.chapter.rsplit(' ').next().unwrap_or_default();
            (key as u64, Cow::Owned(format!("{} {heading} {}", law.short_title(), article.text)))
        },
    )
}

impl Corpus {
    fn at(&self, key: u64) -> Option<(&LawVersion, &Article)> {
        let mut left = key as usize;
        for law in &self.laws.versions {
            match law.articles.get(left) {
                Some(article) => return Some((law, article)),
                None => left -= law.articles.len(),
            }
        }
        None
    }

    /// Articles for a query. A query that is a citation gives that article first. Repealed texts are shown as such, after
    /// those in force.
    pub fn search_statutes(&self, query: &StatuteQuery, today: Date) -> Result<Vec<StatuteHit>, CorpusError> {
        let day = query.as_of.unwrap_or(today);
        let limit = query.limit.clamp(1, 200);
        let only = match &query.law {
            Some(name) => match self.laws.title_of(name) {
                Some(title) => Some(title.to_string()),
                None => return Ok(vec![]),
            },
            None => None,
        };
        let mut hits = self.cited(query, day);
        // A named law may be rare among the hits, so the list goes deep; a date excludes little.
        let depth = if only.is_some() { 2000 } else { limit.max(100) * 4 };
        let found = self.index.search(&query.text, depth)?;
        let mut scored: Vec<(f32, usize)> = Vec::new();
        for (i, hit) in found.iter().enumerate() {
            let Some((law, _)) = self.at(hit.key) else { continue };
            let valid = law.validity_on(day);
            if only.as_ref().is_some_and(|t| *t != law.title)
                || (query.as_of.is_some() && !matches!(valid, Validity::InForce | Validity::Unknown))
            {
                continue;
            }
            let validity = if valid == Validity::InForce { 1.0 } else { 0.6 };
            scored.push((hit.score * prior(law.level) * validity, i));
        }
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (score, i) in scored {
            if hits.len() >= limit {
                break;
            }
            let Some((law, article)) = self.at(found[i].key) else { continue };
            let mut hit = make(law, article, &query.text, score, day);
            if hits.iter().any(|h| h.id == hit.id) {
                continue;
            }
            if query.explain {
                let bm25 = self.index.explain(&query.text, &found[i])?;
                hit.explanation = Some(Explanation {
                    value: score,
                    description: format!(
                        "词与字对各半的 BM25 × 层级系数 {}（{}） × 效力系数（{}）",
                        prior(law.level),
                        law.level.zh(),
                        hit.status.zh()
                    ),
                    details: bm25.into_iter().collect(),
                });
            }
            hits.push(hit);
        }
        Ok(hits)
    }

    fn cited(&self, query: &StatuteQuery, day: Date) -> Vec<StatuteHit> {
        let Some(citation) = citation::as_query(&query.text, &self.laws) else { return vec![] };
        let (Some(title), Some(provision)) = (citation.title, citation.provision) else { return vec![] };
        let Some((law, _)) = self.laws.on(&title, day) else { return vec![] };
        let Some(article) = law.article(provision.article, citation.suffix) else { return vec![] };
        let mut hit = make(law, article, &query.text, 1000.0, day);
        if let Some(part) = article.part(provision.paragraph, &provision.items) {
            hit.snippet = part;
        }
        if provision.paragraph > 0 {
            hit.paragraphs = vec![provision.paragraph];
        }
        if query.explain {
            hit.explanation =
                Some(Explanation {
                    value: 1000.0, description: "查询就是这一条的引用".into(), details: vec![]
                });
        }
        vec![hit]
    }
}

fn make(law: &LawVersion, article: &Article, query: &str, score: f32, day: Date) -> StatuteHit {
    let words: Vec<String> =
        super::tokenizer::words(query).into_iter().map(|w| w.2).filter(|w| w.chars().count() > 1).collect();
    let parts = paragraphs(&article.text);
    let hits_in = |from: usize, to: usize| words.iter().filter(|w| article.text[from..to].contains(w.as_str())).count();
    let mut held: Vec<u32> = parts.iter().filter(|p| hits_in(p.start, p.end) > 0).map(|p| p.number).collect();
    if held.is_empty() || parts.len() == 1 {
        held = parts.iter().map(|p| p.number).collect();
    }
    let best = parts.iter().max_by_key(|p| (hits_in(p.start, p.end), std::cmp::Reverse(p.number)));
    let snippet: String =
        best.map_or(article.text.as_str(), |p| &article.text[p.start..p.end]).chars().take(160).collect();
    let suffix = if article.suffix > 0 { format!("之{}", article.suffix) } else { String::new() };
    StatuteHit {
        id: format!("{}#{}{suffix}", law.id, article.number),
        title: format!("《{}》{}", law.title, article.label),
        law: law.title.clone(),
        article: article.number,
        paragraphs: held,
        status: law.validity_on(day),
        effective_from: law.effective_from,
        effective_to: law.effective_to,
        score,
        snippet,
        chapter: article.chapter.clone(),
        level: law.level,
        explanation: None,
    }
}
