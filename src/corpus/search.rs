//! Statute search: words or a citation → articles with version, validity and an explained score.

use std::borrow::Cow;

use jiff::civil::Date;
use serde::Serialize;

use super::citation;
use super::index::{Explanation, Scored};
use super::ranking::lexical::LEXICAL;
use super::ranking::{Catalogue, Passage, Ranked, Similar};
use super::statutes::{Article, LawBook, LawVersion, Successor, paragraphs};
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
    /// Cosine of the question with each article, by key, where there is an encoder.
    pub similar: Option<Similar>,
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
    /// Where to look instead, for a text that no longer counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successor: Option<Successor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explanation>,
}

/// Characters of an article that an encoder is shown.
pub const PASSAGE: usize = 460;

/// Every article of every version as the ranking sees it. Keys count them in this order.
pub fn passages(book: &LawBook) -> impl Iterator<Item = Passage<'_>> + Clone {
    book.versions.iter().flat_map(|law| {
        law.articles.iter().map(move |a| Passage {
            law: law.short_title(),
            level: law.level,
            article: a.number,
            chapter: &a.chapter,
            text: &a.text,
        })
    })
}

/// The indexed texts under their keys.
pub fn texts(book: &LawBook) -> impl Iterator<Item = (u64, Cow<'_, str>)> {
    passages(book).enumerate().map(|(key, passage)| (key as u64, Cow::Owned(passage.whole())))
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

    /// Whether a text was in force that day, or may have been: not known, and no other text of the law is known to have been.
    fn may_count(&self, law: &LawVersion, day: Date) -> bool {
        match law.validity_on(day) {
            Validity::InForce => true,
            Validity::Unknown => self.laws.versions_of(&law.title).all(|v| v.validity_on(day) != Validity::InForce),
            Validity::Repealed | Validity::NotYetInForce => false,
        }
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
        let wanted = |law: &LawVersion| {
            only.as_ref().is_none_or(|t| *t == law.title) && (query.as_of.is_none() || self.may_count(law, day))
        };
        let found = match &query.similar {
            Some(similar) => self.by_words_and_meaning(&query.text, similar, &wanted)?,
            // A named law may be rare among the hits, so the list goes deep; a date excludes little.
            None => self.by_words(&query.text, if only.is_some() { 2000 } else { limit.max(100) * 4 })?,
        };
        let mut scored: Vec<(f32, Ranked)> = Vec::new();
        for hit in found {
            let Some((law, _)) = self.at(hit.key) else { continue };
            if !wanted(law) {
                continue;
            }
            let validity = if law.validity_on(day) == Validity::InForce { 1.0 } else { 0.6 };
            scored.push((hit.score * validity, hit));
        }
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (score, ranked) in scored {
            if hits.len() >= limit {
                break;
            }
            let Some((law, article)) = self.at(ranked.key) else { continue };
            let mut hit = make(&self.laws, law, article, &query.text, score, day);
            if hits.iter().any(|h| h.id == hit.id) {
                continue;
            }
            if query.explain {
                hit.explanation = Some(self.explain(query, &ranked, law.level, &hit)?);
            }
            hits.push(hit);
        }
        Ok(hits)
    }

    /// BM25, half by words and half by pairs, weighed by level.
    fn by_words(&self, text: &str, depth: usize) -> Result<Vec<Ranked>, CorpusError> {
        let weighed = |hit: Scored| {
            let score = hit.score * LEXICAL.prior(self.at(hit.key)?.0.level);
            Some(Ranked { key: hit.key, score, lexical: score, cosine: 0.0 })
        };
        Ok(self.index.search(text, depth)?.into_iter().filter_map(weighed).collect())
    }

    /// Both lists and the learned order.
    fn by_words_and_meaning(
        &self,
        text: &str,
        similar: &Similar,
        wanted: &dyn Fn(&LawVersion) -> bool,
    ) -> Result<Vec<Ranked>, CorpusError> {
        let catalogue = self.catalogue.get_or_init(|| Catalogue::new(passages(&self.laws)));
        let scores = self.index.scores(text)?;
        let article = |key: usize| self.at(key as u64).map_or("", |(_, article)| article.text.as_str());
        // Law by law, not article by article.
        let allowed: Vec<bool> =
            self.laws.versions.iter().flat_map(|law| std::iter::repeat_n(wanted(law), law.articles.len())).collect();
        Ok(catalogue.rank(text, &scores, similar, &article, &|key| allowed.get(key).copied().unwrap_or(false)))
    }

    fn explain(
        &self,
        query: &StatuteQuery,
        ranked: &Ranked,
        level: LawLevel,
        hit: &StatuteHit,
    ) -> Result<Explanation, CorpusError> {
        let part =
            |value: f32, description: &str| Explanation { value, description: description.into(), details: vec![] };
        if query.similar.is_some() {
            let details = vec![
                part(ranked.lexical, "字词得分（词与字对的 BM25 × 层级系数，以最高者为 1）"),
                part(ranked.cosine, "语义相近程度（向量夹角余弦）"),
            ];
            let description =
                format!("由字词、语义、所在法律和相邻条文等特征学得的次序 × 效力系数（{}）", hit.status.zh());
            return Ok(Explanation { value: hit.score, description, details });
        }
        let bm25 = self.index.explain(&query.text, ranked.key)?;
        Ok(Explanation {
            value: hit.score,
            description: format!(
                "词与字对的 BM25 × 层级系数 {}（{}） × 效力系数（{}）",
                LEXICAL.prior(level),
                level.zh(),
                hit.status.zh()
            ),
            details: bm25.into_iter().collect(),
        })
    }

    fn cited(&self, query: &StatuteQuery, day: Date) -> Vec<StatuteHit> {
        let Some(citation) = citation::as_query(&query.text, &self.laws) else { return vec![] };
        let (Some(title), Some(provision)) = (citation.title, citation.provision) else { return vec![] };
        let Some((law, _)) = self.laws.on(&title, day) else { return vec![] };
        let Some(article) = law.article(provision.article, citation.suffix) else { return vec![] };
        let mut hit = make(&self.laws, law, article, &query.text, 1000.0, day);
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

fn make(book: &LawBook, law: &LawVersion, article: &Article, query: &str, score: f32, day: Date) -> StatuteHit {
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
        successor: book.successor(law, article, day),
        explanation: None,
    }
}
