//! One question to articles, past decisions and norms at once. Filters and counts are made over the hits that were fetched, and
//! the page says so.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::facets::{Chosen, Facet, Traits, sift};
use super::hints::{self, Hint};
use crate::corpus::cases::{CaseHit, CaseQuery, Shelf};
use crate::corpus::marking::{self, Piece};
use crate::corpus::norms::{NormHit, NormQuery};
use crate::corpus::search::{StatuteHit, StatuteQuery};
use crate::corpus::statutes::Standing;
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
/// Hits on a page.
pub const PAGE: usize = 20;
/// Characters of a question that count here; whole narratives are compared in a case.
const LONGEST: usize = 2000;
/// Characters shown of a hit.
const SHOWN: usize = 150;
/// Score of an article that the question names.
const NAMED: f32 = 1000.0;

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

#[derive(Clone, Debug, Serialize)]
pub struct ArticleLine {
    #[serde(flatten)]
    pub hit: StatuteHit,
    /// Address in the reader.
    pub address: String,
    pub version: String,
    pub standing: Standing,
    pub standing_zh: &'static str,
    pub level_zh: &'static str,
    /// The question names it.
    pub named: bool,
    pub pieces: Vec<Piece>,
}

#[derive(Clone, Debug, Serialize)]
pub struct DecisionLine {
    #[serde(flatten)]
    pub hit: CaseHit,
    pub act: String,
    pub law: String,
    pub article: Option<u32>,
    pub pieces: Vec<Piece>,
    /// The whole narrative, where the excerpt is not the whole.
    pub narrative: Vec<Piece>,
    pub reasoning: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct NormLine {
    #[serde(flatten)]
    pub hit: NormHit,
    pub pieces: Vec<Piece>,
}

/// Hits of the kind that was asked for.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Rows {
    Statutes(Vec<ArticleLine>),
    Cases(Vec<DecisionLine>),
    Norms(Vec<NormLine>),
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

fn paged<T>(all: Vec<T>, asked: &Asked) -> (Vec<T>, usize, usize, usize) {
    let total = all.len();
    let pages = total.div_ceil(PAGE).max(1);
    let page = asked.page.clamp(1, pages);
    (all.into_iter().skip((page - 1) * PAGE).take(PAGE).collect(), total, page, pages)
}

impl Flow {
    /// Articles, past decisions that `who` may see, and norms for one question. Blocks while it searches.
    pub fn find(&self, asked: &Asked, who: &Actor) -> Result<Found> {
        let text: String = asked.q.trim().chars().take(LONGEST).collect();
        let cut = asked.q.trim().chars().count() > LONGEST;
        let day = asked.as_of.unwrap_or_else(today);
        if text.is_empty() {
            let rows = match asked.kind {
                Kind::Statutes => Rows::Statutes(vec![]),
                Kind::Cases => Rows::Cases(vec![]),
                Kind::Norms => Rows::Norms(vec![]),
            };
            let none = Found {
                rows,
                facets: vec![],
                statutes: 0,
                cases: 0,
                norms: 0,
                total: 0,
                page: 1,
                pages: 1,
                hints: vec![],
                cut,
                day,
            };
            return Ok(none);
        }
        let words = marking::words(&text);
        let statutes = self.articles_for(&text, asked.as_of, None)?;
        let cases = self.decisions_for(&text, day, asked.chosen.get("violation"), who)?;
        let norms = self.norms_for(&text, asked.as_of)?;
        let counts = (statutes.len(), cases.len(), norms.len());
        let (rows, facets, (total, page, pages)) = match asked.kind {
            Kind::Statutes => self.article_rows(&text, asked, statutes, day, &words)?,
            Kind::Cases => self.decision_rows(asked, cases, &words, who)?,
            Kind::Norms => norm_rows(asked, norms, &words),
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

    fn articles_for(&self, text: &str, as_of: Option<Date>, law: Option<&str>) -> Result<Vec<StatuteHit>> {
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

    fn decisions_for(
        &self,
        text: &str,
        day: Date,
        violation: Option<&String>,
        who: &Actor,
    ) -> Result<Vec<CaseHit>> {
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

    /// A law may be rare among the hits of a question, so its articles are asked for by themselves.
    fn article_rows(
        &self,
        text: &str,
        asked: &Asked,
        all: Vec<StatuteHit>,
        day: Date,
        words: &[String],
    ) -> Result<(Rows, Vec<Facet>, (usize, usize, usize))> {
        let filters = [("law", "法律"), ("status", "效力"), ("level", "层级")];
        let traits = |hit: &StatuteHit| -> Traits {
            let standing = self.standing_of(hit, day);
            let level = serde_json::to_value(hit.level).ok().and_then(|v| v.as_str().map(str::to_string));
            vec![
                ("law", hit.law.clone(), short(&hit.law).to_string()),
                ("status", standing.code().into(), standing.zh().into()),
                ("level", level.unwrap_or_default(), hit.level.zh().into()),
            ]
        };
        let with = |hits: Vec<StatuteHit>| hits.into_iter().map(|h| (traits(&h), h)).map(|(t, h)| (h, t)).collect();
        let mut chosen = asked.chosen.clone();
        let named = chosen.get("law").filter(|l| !l.is_empty()).cloned();
        if let Some(title) = named.as_deref().and_then(|l| self.corpus.laws.title_of(l)) {
            chosen.insert("law", title.to_string());
        }
        let (mut kept, mut facets) = sift(with(all), &filters, &chosen);
        if let Some(law) = &named {
            let (deep, of_law) = sift(with(self.articles_for(text, asked.as_of, Some(law))?), &filters, &chosen);
            kept = deep;
            for facet in &mut facets {
                if let Some(other) = of_law.iter().find(|f| f.name == facet.name && f.name != "law") {
                    facet.values = other.values.clone();
                }
            }
        }
        let (page, total, at, pages) = paged(kept, asked);
        let rows = page.into_iter().filter_map(|hit| self.article_line(hit, day, words)).collect();
        Ok((Rows::Statutes(rows), facets, (total, at, pages)))
    }

    fn standing_of(&self, hit: &StatuteHit, day: Date) -> Standing {
        let id = hit.id.split('#').next().unwrap_or_default();
        self.corpus.laws.version(id).map_or(Standing::Unknown, |law| self.corpus.laws.standing(law, day))
    }

    fn article_line(&self, hit: StatuteHit, day: Date, words: &[String]) -> Option<ArticleLine> {
        let (id, place) = hit.id.split_once('#')?;
        let law = self.corpus.laws.version(id)?;
        let article = law.place(place).and_then(|i| law.articles.get(i))?;
        let standing = self.corpus.laws.standing(law, day);
        Some(ArticleLine {
            address: article.address(),
            version: law.id.clone(),
            standing,
            standing_zh: standing.zh(),
            level_zh: law.level.zh(),
            named: hit.score >= NAMED,
            pieces: marking::excerpt(&article.text, words, SHOWN),
            hit,
        })
    }

    fn decision_rows(
        &self,
        asked: &Asked,
        all: Vec<CaseHit>,
        words: &[String],
        who: &Actor,
    ) -> Result<(Rows, Vec<Facet>, (usize, usize, usize))> {
        let filters = [("violation", "违法行为"), ("tier", "阶次"), ("region", "地区"), ("year", "年份")];
        let hits = all.into_iter().map(|hit| {
            let mut traits: Traits = vec![];
            if !hit.violation.is_empty() {
                traits.push(("violation", hit.violation.clone(), self.act_of(&hit.violation)));
            }
            traits.extend(hit.tier.map(|t| ("tier", t.code().to_string(), t.zh().to_string())));
            if !hit.region.is_empty() {
                traits.push(("region", hit.region.clone(), hit.region.clone()));
            }
            traits.extend(hit.decided_at.map(|d| ("year", d.year().to_string(), format!("{}年", d.year()))));
            (hit, traits)
        });
        let (kept, facets) = sift(hits.collect(), &filters, &asked.chosen);
        let (page, total, at, pages) = paged(kept, asked);
        let shelf = self.corpus.cases.on(Shelf::of(Some(who))).map_err(|e| report::corpus(e.into()))?;
        let mut rows = vec![];
        for hit in page {
            let rule = self.book.violation(&hit.violation);
            let whole = shelf.get(&hit.id).map_err(|e| report::corpus(e.into()))?;
            let narrative = whole.as_ref().and_then(|c| c.facts.narrative.clone()).unwrap_or_default();
            let more = narrative.chars().count() > SHOWN;
            rows.push(DecisionLine {
                act: self.act_of(&hit.violation),
                law: rule.map(|v| v.law.clone()).unwrap_or_default(),
                article: rule.map(|v| v.article).filter(|n| *n > 0),
                pieces: marking::excerpt(&narrative, words, SHOWN),
                narrative: if more { marking::marked(&narrative, words) } else { vec![] },
                reasoning: whole.and_then(|c| c.reasoning).unwrap_or_default(),
                hit,
            });
        }
        Ok((Rows::Cases(rows), facets, (total, at, pages)))
    }

    /// 违法行为 in the table's words; the code where it is not in the table.
    fn act_of(&self, id: &str) -> String {
        self.book.violation(id).map_or_else(|| id.to_string(), |v| v.act.clone())
    }
}

fn short(title: &str) -> &str {
    title.strip_prefix("中华人民共和国").unwrap_or(title)
}

fn norm_rows(asked: &Asked, all: Vec<NormHit>, words: &[String]) -> (Rows, Vec<Facet>, (usize, usize, usize)) {
    let filters = [("law", "文件"), ("status", "效力")];
    let standing = |hit: &NormHit| match hit.status {
        crate::domain::law::Validity::InForce => Standing::InForce,
        crate::domain::law::Validity::Repealed => Standing::Repealed,
        crate::domain::law::Validity::NotYetInForce => Standing::NotYet,
        crate::domain::law::Validity::Unknown => Standing::Unknown,
    };
    let hits = all.into_iter().map(|hit| {
        let state = standing(&hit);
        let traits = vec![
            ("law", hit.law.clone(), hit.law.clone()),
            ("status", state.code().to_string(), state.zh().to_string()),
        ];
        (hit, traits)
    });
    let (kept, facets) = sift(hits.collect(), &filters, &asked.chosen);
    let (page, total, at, pages) = paged(kept, asked);
    let line = |hit: NormHit| NormLine { pieces: marking::excerpt(&hit.snippet, words, SHOWN), hit };
    (Rows::Norms(page.into_iter().map(line).collect()), facets, (total, at, pages))
}
