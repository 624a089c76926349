//! One question to articles, past decisions and norms at once. Filters and counts are made over the hits that were fetched, and
//! the page says so.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::facets::{Chosen, Facet};
use super::hints::{self, Hint};
use super::rows::{self, Page, Rows};
use crate::corpus::cases::{CaseHit, CaseQuery, Shelf};
use crate::corpus::marking;
use crate::corpus::norms::{NormHit, NormQuery};
use crate::corpus::search::{StatuteHit, StatuteQuery};
use crate::domain::penalty::vocabulary;
use crate::domain::people::Actor;
use crate::error::Result;
use crate::flow::{Flow, report, today};

vocabulary! {
    /// What is looked through.
    Kind {
        Statutes = "statutes", "条文";
        Cases = "cases", "案例";
        Norms = "norms", "规范";
    }
}

/// Hits fetched of each kind.
pub const CANDIDATES: usize = 200;
/// Characters of a question that count here; whole narratives are compared in a case.
const LONGEST: usize = 2000;

/// A question as it was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub q: String,
    pub kind: Kind,
    /// Values of the filters by their names: law, level, status, region, year, violation, tier.
    pub chosen: Chosen,
    pub as_of: Option<Date>,
    /// From 1.
    pub page: usize,
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    pub rows: Rows,
    pub facets: Vec<Facet>,
    /// Hits fetched of each kind, before filters.
    pub statutes: usize,
    pub cases: usize,
    pub norms: usize,
    /// Hits that pass the filters, on all pages.
    pub total: usize,
    pub page: usize,
    pub pages: usize,
    pub hints: Vec<Hint>,
    /// The question was cut to what is searched here.
    pub cut: bool,
    pub day: Date,
}

impl Found {
    /// Nothing was asked.
    fn none(kind: Kind, day: Date) -> Self {
        let rows = match kind {
            Kind::Statutes => Rows::Statutes(vec![]),
            Kind::Cases => Rows::Cases(vec![]),
            Kind::Norms => Rows::Norms(vec![]),
        };
        let (facets, hints) = (vec![], vec![]);
        Self { rows, facets, statutes: 0, cases: 0, norms: 0, total: 0, page: 1, pages: 1, hints, cut: false, day }
    }
}

impl Flow {
    /// Articles, past decisions that `who` may see, and norms for one question. Blocks while it searches.
    pub fn find(&self, asked: &Asked, who: &Actor) -> Result<Found> {
        let text: String = asked.q.trim().chars().take(LONGEST).collect();
        let cut = asked.q.trim().chars().count() > LONGEST;
        let day = asked.as_of.unwrap_or_else(today);
        if text.is_empty() {
            return Ok(Found { cut, ..Found::none(asked.kind, day) });
        }
        let words = marking::words(&text);
        let statutes = self.articles_for(&text, asked.as_of, None)?;
        let cases = self.decisions_for(&text, day, asked.chosen.get("violation"), who)?;
        let norms = self.norms_for(&text, asked.as_of)?;
        let counts = (statutes.len(), cases.len(), norms.len());
        let Page { rows, facets, total, page, pages } = match asked.kind {
            Kind::Statutes => self.article_rows(&text, asked, statutes, day, &words)?,
            Kind::Cases => self.decision_rows(asked, cases, &words, who)?,
            Kind::Norms => rows::norm_rows(asked, norms, &words),
        };
        let hints = hints::of(&self.corpus, &text, day);
        Ok(Found {
            rows,
            facets,
            statutes: counts.0,
            cases: counts.1,
            norms: counts.2,
            total,
            page,
            pages,
            hints,
            cut,
            day,
        })
    }

    pub(super) fn articles_for(&self, text: &str, as_of: Option<Date>, law: Option<&str>) -> Result<Vec<StatuteHit>> {
        let similar = self.meaning().and_then(|m| m.similarities(text));
        let query = StatuteQuery {
            text: text.to_string(),
            as_of,
            law: law.map(str::to_string),
            limit: CANDIDATES,
            explain: false,
            similar,
        };
        self.corpus.search_statutes(&query, today()).map_err(report::corpus)
    }

    fn decisions_for(&self, text: &str, day: Date, violation: Option<&String>, who: &Actor) -> Result<Vec<CaseHit>> {
        let query = CaseQuery {
            text: text.to_string(),
            violation: violation.filter(|v| !v.is_empty()).cloned(),
            as_of: Some(day),
            shelf: Shelf::of(Some(who)),
            diverse: true,
            limit: CANDIDATES,
            ..CaseQuery::default()
        };
        self.corpus.cases.search(&query, &self.book).map_err(report::corpus)
    }

    fn norms_for(&self, text: &str, as_of: Option<Date>) -> Result<Vec<NormHit>> {
        let query = NormQuery { text: text.to_string(), as_of, title: None, limit: CANDIDATES };
        self.corpus.norms.search(&query, today()).map_err(|e| report::corpus(e.into()))
    }
}
