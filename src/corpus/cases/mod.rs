//! 相似案例: past decisions found by the words of their facts and by their structure, each with the reason in words. Revoked
//! decisions and those of later days never.

mod compare;
mod diverse;
mod kin;
mod measure;
mod region;
mod words;

use std::path::Path;
use std::sync::{Arc, OnceLock};

use jiff::civil::Date;
use serde::Serialize;

pub use self::compare::{Parts, Refund, Side, near_in_gains, parts, qualifies, recency};
pub use self::kin::{Kin, kin};
pub use self::measure::{Comparison, Measure};
pub use self::region::{Near, Place};
use self::words::Told;
use super::decisions::{self, DecisionError, DecisionQuery, DecisionSearch, Engine, Filter, LocalDecisions};
use super::{CorpusError, precedents};
use crate::domain::case::GainsFacts;
use crate::domain::money::Fen;
use crate::domain::penalty::{Circumstance, Tier};
use crate::domain::people::Actor;
use crate::domain::precedent::Precedent;
use crate::domain::rulebook::RuleBook;

/// Decisions that are looked at whole, for each way of being near.
const NEAREST: usize = 200;
/// Decisions of each other row of the family.
const OF_KIN: usize = 40;
/// Other rows of the family that are asked for.
const MOST_KIN: usize = 4;

/// All past decisions, teaching and imported.
pub struct CaseBook {
    teaching: Arc<[Precedent]>,
    decisions: Box<dyn DecisionSearch>,
    /// The teaching cases alone, for those who may see no others; made when first asked for.
    lessons: OnceLock<LocalDecisions>,
    measure: Measure,
}

/// Which past decisions a question may reach. Decides what is searched, not what is shown of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shelf {
    /// Teaching cases and imported decisions.
    #[default]
    All,
    /// Teaching cases only.
    Teaching,
}

impl Shelf {
    /// What somebody may see; without sign-in the service serves the machine's own user.
    pub fn of(who: Option<&Actor>) -> Self {
        if who.is_none_or(Actor::sees_real_cases) { Self::All } else { Self::Teaching }
    }
}

/// What to compare with. Fields that are absent do not count.
#[derive(Clone, Debug, Default)]
pub struct CaseQuery {
    pub text: String,
    pub violation: Option<String>,
    /// 案由, with or without 涉嫌; only for the words.
    pub cause: Option<String>,
    pub tier: Option<Tier>,
    pub gains_fen: Option<Fen>,
    pub region: Option<String>,
    pub circumstance: Option<Circumstance>,
    /// 项 of the clause.
    pub items: Vec<u32>,
    pub refund: Option<Refund>,
    /// Factor codes of a case at hand, which may have none; absent for words to search by.
    pub factors: Option<Vec<String>>,
    /// Decisions of later days do not count; age is measured from here.
    pub as_of: Option<Date>,
    pub exclude_id: Option<String>,
    pub shelf: Shelf,
    /// Decisions that repeat each other go down in the list.
    pub diverse: bool,
    pub limit: usize,
}

/// One comparable decision.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CaseHit {
    pub id: String,
    pub title: String,
    pub label: String,
    pub region: String,
    pub violation: String,
    pub tier: Option<Tier>,
    pub fine_fen: Option<Fen>,
    pub gains_fen: Option<Fen>,
    pub decided_at: Option<Date>,
    pub score: f64,
    pub parts: Parts,
    /// May stand in a statistic beside the case at hand: same clause, 情节 and 阶次, level of region, and dated.
    pub comparable: bool,
    /// 为什么相似.
    pub why: String,
    /// 主要不同; empty where nothing is known to differ.
    pub differs: String,
    pub snippet: String,
    /// The beginning of its facts, for reading beside the case at hand.
    pub facts: String,
    /// Factors that were found, in words.
    pub factors: Vec<String>,
    /// The beginning of its 裁量说理.
    pub reasons: String,
}

/// Characters of facts and of reasons in a hit.
const TOLD: usize = 240;

/// The beginning of a text; what is cut off shows.
fn beginning(text: Option<&str>) -> String {
    let text = text.unwrap_or_default().trim();
    let mut out: String = text.chars().take(TOLD).collect();
    if text.chars().nth(TOLD).is_some() {
        out.push('…');
    }
    out
}

/// What a search found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// For reading, best first.
    pub hits: Vec<CaseHit>,
    /// All that qualify for a statistic, best first; at most the 200 nearest.
    pub comparable: Vec<CaseHit>,
}

/// 违法所得 of a past decision by its line items.
pub fn gains(facts: Option<&GainsFacts>) -> Option<Fen> {
    let g = facts?;
    let deductions: i64 = g.other_deductions_fen.iter().map(|f| f.0).sum();
    let gross = g.gross_receipts_fen?;
    Some(Fen(gross.0.saturating_sub(g.refunded_before_filing_fen.0).saturating_sub(deductions)))
}

impl CaseBook {
    /// The teaching cases, and the imported decisions of a data directory.
    pub fn open(engine: Engine, data_dir: &Path) -> Result<Self, CorpusError> {
        let teaching: Arc<[Precedent]> = precedents::teaching()?.into();
        let decisions = decisions::open(engine, data_dir, teaching.clone())?;
        Ok(Self { teaching, decisions, lessons: OnceLock::new(), measure: Measure::load()? })
    }

    /// Only these, in memory.
    pub fn new(cases: Vec<Precedent>) -> Result<Self, CorpusError> {
        let teaching: Arc<[Precedent]> = cases.clone().into();
        let decisions = Box::new(LocalDecisions::in_memory(cases)?);
        Ok(Self { teaching, decisions, lessons: OnceLock::new(), measure: Measure::load()? })
    }

    /// The teaching cases, in order of file and place.
    pub fn teaching(&self) -> &[Precedent] {
        &self.teaching
    }

    /// Where past decisions are kept and searched.
    pub fn decisions(&self) -> &dyn DecisionSearch {
        self.decisions.as_ref()
    }

    /// What of it a question may reach.
    pub fn on(&self, shelf: Shelf) -> Result<&dyn DecisionSearch, DecisionError> {
        if shelf == Shelf::All {
            return Ok(self.decisions());
        }
        if self.lessons.get().is_none() {
            let _ = self.lessons.set(LocalDecisions::in_memory(self.teaching.to_vec())?);
        }
        match self.lessons.get() {
            Some(lessons) => Ok(lessons),
            None => Err(DecisionError::Index("教学案例没有建成索引".into())),
        }
    }

    /// How decisions are compared, and how many must be comparable.
    pub fn measure(&self) -> &Measure {
        &self.measure
    }

    /// The decisions worth comparing, with the closeness of their words (1 for the nearest): the nearest of all, and the
    /// nearest under the same 违法行为, the same 阶次 of it, and the other rows of its family.
    fn candidates(&self, query: &CaseQuery, book: &RuleBook) -> Result<Vec<(Precedent, f64)>, CorpusError> {
        // Undated decisions are for reading, so the widest query has no day; the others would be crowded by later decisions.
        let before = query.as_of.and_then(|d| d.tomorrow().ok());
        let near = |filter: Filter, limit| DecisionQuery { text: query.text.clone(), filter, limit };
        let under =
            |v: &str, tier| Filter { violation: Some(v.into()), tier, decided_before: before, ..Filter::default() };
        let mut queries = vec![near(Filter::default(), NEAREST)];
        if before.is_some() {
            queries.push(near(Filter { decided_before: before, ..Filter::default() }, NEAREST));
        }
        if let Some(violation) = &query.violation {
            queries.push(near(under(violation, None), NEAREST));
            queries.extend(query.tier.map(|t| near(under(violation, Some(t)), NEAREST)));
            queries.extend(kin::family(book, violation).take(MOST_KIN).map(|v| near(under(v, None), OF_KIN)));
        }
        let mut found = self.on(query.shelf)?.search(&queries)?;
        found.retain(|c| {
            let decided = c.decision.procedure.decided_at;
            c.decision.revoked_at.is_none()
                && query.as_of.zip(decided).is_none_or(|(day, decided)| decided <= day)
                && query.exclude_id.as_deref() != Some(c.decision.id.as_str())
        });
        let top = found.iter().map(|c| c.text).fold(f32::EPSILON, f32::max);
        Ok(found.into_iter().map(|c| (c.decision, f64::from(c.text / top))).collect())
    }

    /// The most similar decisions, best first.
    pub fn search(&self, query: &CaseQuery, book: &RuleBook) -> Result<Vec<CaseHit>, CorpusError> {
        Ok(self.compare(query, book)?.hits)
    }

    /// The most similar decisions, and all that a statistic may be made of.
    pub fn compare(&self, query: &CaseQuery, book: &RuleBook) -> Result<Found, CorpusError> {
        let ours = Side::of_query(query, &self.measure, book);
        let mut all: Vec<(CaseHit, Precedent)> = self
            .candidates(query, book)?
            .into_iter()
            .map(|(case, text)| (self.hit(query, &ours, &case, text, book), case))
            .filter(|(hit, _)| hit.score > 0.0)
            .collect();
        all.sort_by(|(a, _), (b, _)| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
        let comparable = all.iter().filter(|(h, _)| h.comparable).take(NEAREST).map(|(h, _)| h.clone()).collect();
        let limit = query.limit.clamp(1, 200);
        let hits = if query.diverse {
            let scores: Vec<f64> = all.iter().map(|(h, _)| h.score).collect();
            let pool =
                all.iter().take(self.measure.list.pool).map(|(_, case)| diverse::Trait::of(case)).collect::<Vec<_>>();
            let order = diverse::order(&scores, &pool, &self.measure.list);
            order.into_iter().take(limit).filter_map(|i| all.get(i)).map(|(h, _)| h.clone()).collect()
        } else {
            all.into_iter().take(limit).map(|(h, _)| h).collect()
        };
        Ok(Found { hits, comparable })
    }

    fn hit(&self, query: &CaseQuery, ours: &Side, case: &Precedent, text: f64, book: &RuleBook) -> CaseHit {
        let theirs = Side::of_decision(case, &self.measure, book);
        let decided = case.procedure.decided_at;
        let days = query.as_of.zip(decided).map(|(day, decided)| i64::from((day - decided).get_days()));
        let parts = Parts {
            text: Some(text),
            recency: days.map(|d| recency(d, &self.measure)),
            ..parts(ours, &theirs, &self.measure, book)
        };
        let told =
            Told { ours, theirs: &theirs, parts: &parts, measure: &self.measure, book, days, dated: decided.is_some() };
        let last = case.disc.final_.as_ref();
        CaseHit {
            id: case.id.clone(),
            title: case.title.clone(),
            label: case.label.clone(),
            region: case.case.region.clone().unwrap_or_default(),
            violation: case.facts.violation.clone().unwrap_or_default(),
            tier: theirs.tier,
            fine_fen: last.and_then(|f| f.fine_fen),
            gains_fen: theirs.gains,
            decided_at: decided,
            score: parts.score(&self.measure),
            parts,
            comparable: decided.is_some() && qualifies(ours, &theirs),
            why: told.why(),
            differs: told.differs(),
            snippet: case.facts.narrative.as_deref().unwrap_or_default().chars().take(120).collect(),
            facts: beginning(case.facts.narrative.as_deref()),
            factors: case.facts.factors.iter().map(|f| book.factor_zh(&f.code).to_string()).collect(),
            reasons: beginning(case.reasoning.as_deref().or(last.and_then(|f| f.reason.as_deref()))),
        }
    }
}
