//! Hits as the page shows them, filtered and cut into pages. Only the hits of one page are looked at whole.

use jiff::civil::Date;
use serde::Serialize;

use super::facets::{Facet, Traits, sift};
use super::find::Asked;
use crate::corpus::cases::{CaseHit, Shelf};
use crate::corpus::marking::{self, Piece};
use crate::corpus::norms::NormHit;
use crate::corpus::search::StatuteHit;
use crate::corpus::statutes::Standing;
use crate::domain::law::Validity;
use crate::domain::people::Actor;
use crate::error::Result;
use crate::flow::{Flow, report};

/// Hits on a page.
const PAGE: usize = 20;
/// Characters shown of a hit.
const SHOWN: usize = 150;
/// Score of an article that the question names.
const NAMED: f32 = 1000.0;

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

/// One page of the hits that pass the filters.
pub struct Page {
    pub rows: Rows,
    pub facets: Vec<Facet>,
    /// Hits on all pages.
    pub total: usize,
    pub page: usize,
    pub pages: usize,
}

/// The hits of the page that was asked for, with their number, the number of the page and of all pages.
fn paged<T>(all: Vec<T>, asked: &Asked) -> (Vec<T>, usize, usize, usize) {
    let total = all.len();
    let pages = total.div_ceil(PAGE).max(1);
    let page = asked.page.clamp(1, pages);
    (all.into_iter().skip((page - 1) * PAGE).take(PAGE).collect(), total, page, pages)
}

impl Flow {
    /// A law may be rare among the hits of a question, so its articles are asked for by themselves.
    pub(super) fn article_rows(
        &self,
        text: &str,
        asked: &Asked,
        all: Vec<StatuteHit>,
        day: Date,
        words: &[String],
    ) -> Result<Page> {
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
        let (hits, total, page, pages) = paged(kept, asked);
        let rows = hits.into_iter().filter_map(|hit| self.article_line(hit, day, words)).collect();
        Ok(Page { rows: Rows::Statutes(rows), facets, total, page, pages })
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

    pub(super) fn decision_rows(
        &self,
        asked: &Asked,
        all: Vec<CaseHit>,
        words: &[String],
        who: &Actor,
    ) -> Result<Page> {
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
        let (hits, total, page, pages) = paged(kept, asked);
        let shelf = self.corpus.cases.on(Shelf::of(Some(who))).map_err(|e| report::corpus(e.into()))?;
        let mut rows = vec![];
        for hit in hits {
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
        Ok(Page { rows: Rows::Cases(rows), facets, total, page, pages })
    }

    /// 违法行为 in the table's words; the code where it is not in the table.
    fn act_of(&self, id: &str) -> String {
        self.book.violation(id).map_or_else(|| id.to_string(), |v| v.act.clone())
    }
}

fn short(title: &str) -> &str {
    title.strip_prefix("中华人民共和国").unwrap_or(title)
}

pub(super) fn norm_rows(asked: &Asked, all: Vec<NormHit>, words: &[String]) -> Page {
    let filters = [("law", "文件"), ("status", "效力")];
    let standing = |hit: &NormHit| match hit.status {
        Validity::InForce => Standing::InForce,
        Validity::Repealed => Standing::Repealed,
        Validity::NotYetInForce => Standing::NotYet,
        Validity::Unknown => Standing::Unknown,
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
    let (hits, total, page, pages) = paged(kept, asked);
    let line = |hit: NormHit| NormLine { pieces: marking::excerpt(&hit.snippet, words, SHOWN), hit };
    Page { rows: Rows::Norms(hits.into_iter().map(line).collect()), facets, total, page, pages }
}
