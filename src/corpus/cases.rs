//! 相似案例: past decisions found by the words of their facts and by their structure, each with the reason in words.

use std::path::Path;
use std::sync::Arc;

use jiff::civil::Date;
use serde::Serialize;

use super::decisions::{self, DecisionQuery, DecisionSearch, Engine, Filter, LocalDecisions};
use super::{CorpusError, precedents};
use crate::domain::case::GainsFacts;
use crate::domain::money::Fen;
use crate::domain::penalty::Tier;
use crate::domain::precedent::Precedent;

/// Decisions that are looked at whole, for each of the two ways of being near.
const NEAREST: usize = 200;

/// All past decisions, teaching and imported.
pub struct CaseBook {
    teaching: Arc<[Precedent]>,
    decisions: Box<dyn DecisionSearch>,
}

/// What to compare with. Fields that are absent do not count.
#[derive(Clone, Debug, Default)]
pub struct CaseQuery {
    pub text: String,
    pub violation: Option<String>,
    pub tier: Option<Tier>,
    pub gains_fen: Option<Fen>,
    pub region: Option<String>,
    /// Factor codes of the case at hand.
    pub factors: Vec<String>,
    pub exclude_id: Option<String>,
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
    /// 为什么相似.
    pub why: String,
    pub snippet: String,
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
        Ok(Self { teaching, decisions })
    }

    /// Only these, in memory.
    pub fn new(cases: Vec<Precedent>) -> Result<Self, CorpusError> {
        let teaching: Arc<[Precedent]> = cases.clone().into();
        Ok(Self { teaching, decisions: Box::new(LocalDecisions::in_memory(cases)?) })
    }

    /// The teaching cases, in order of file and place.
    pub fn teaching(&self) -> &[Precedent] {
        &self.teaching
    }

    /// Where past decisions are kept and searched.
    pub fn decisions(&self) -> &dyn DecisionSearch {
        self.decisions.as_ref()
    }

    /// The decisions worth comparing, with the closeness of their words (1 for the nearest): the nearest of all, and the
    /// nearest under the same 违法行为.
    fn candidates(&self, query: &CaseQuery) -> Result<Vec<(Precedent, f64)>, CorpusError> {
        let near = |violation: Option<String>| DecisionQuery {
            text: query.text.clone(),
            filter: Filter { violation, ..Filter::default() },
            limit: NEAREST,
        };
        let mut queries = vec![near(None)];
        queries.extend(query.violation.clone().map(|v| near(Some(v))));
        let found = self.decisions.search(&queries)?;
        let top = found.first().map_or(1.0, |c| c.text.max(f32::EPSILON));
        Ok(found.into_iter().map(|c| (c.decision, f64::from(c.text / top))).collect())
    }

    /// The most similar decisions, best first.
    pub fn search(&self, query: &CaseQuery) -> Result<Vec<CaseHit>, CorpusError> {
        let mut hits: Vec<CaseHit> = self
            .candidates(query)?
            .iter()
            .filter(|(c, _)| query.exclude_id.as_deref() != Some(c.id.as_str()))
            .filter_map(|(c, text)| compare(query, c, *text))
            .collect();
        hits.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
        hits.truncate(query.limit.clamp(1, 200));
        Ok(hits)
    }
}

/// Weights of the parts; they sum to 1. The same 违法行为 counts most: 同案同罚 means the same clause first.
const TEXT: f64 = 0.35;
const VIOLATION: f64 = 0.35;
const TIER: f64 = 0.08;
const GAINS: f64 = 0.10;
const FACTORS: f64 = 0.08;
const REGION: f64 = 0.04;

fn compare(query: &CaseQuery, case: &Precedent, text: f64) -> Option<CaseHit> {
    let last = case.disc.final_.as_ref();
    let own_gains = gains(case.facts.gains.as_ref());
    let violation = case.facts.violation.clone().unwrap_or_default();
    let (mut score, mut why) = (TEXT * text, Vec::new());
    let same = query.violation.as_ref().is_some_and(|v| *v == violation);
    if same {
        score += VIOLATION;
        let name = case.case.cause.as_deref().unwrap_or_default().trim_start_matches("涉嫌");
        why.push(format!("同为{}", if name.is_empty() { "同一违法行为" } else { name }));
    }
    let tier = last.and_then(|f| f.tier);
    if query.tier.is_some() && query.tier == tier {
        score += TIER;
        why.push(format!("同为{}", query.tier.map_or("", Tier::zh)));
    }
    if let (Some(a), Some(b)) = (query.gains_fen.filter(|g| g.0 > 0), own_gains.filter(|g| g.0 > 0)) {
        // A factor of ten apart counts nothing.
        let distance = ((a.0 as f64).log10() - (b.0 as f64).log10()).abs();
        score += GAINS * (1.0 - distance).max(0.0);
        if distance < 0.3 {
            why.push(format!("违法所得规模相近（{}）", b.plain_yuan()));
        }
    }
    let codes: Vec<&str> = case.facts.factors.iter().map(|f| f.code.as_str()).collect();
    let shared: Vec<&str> = query.factors.iter().map(String::as_str).filter(|f| codes.contains(f)).collect();
    if !shared.is_empty() {
        score += FACTORS * shared.len() as f64 / query.factors.len().max(codes.len()) as f64;
        let notes: Vec<&str> = case
            .facts
            .factors
            .iter()
            .filter(|f| shared.contains(&f.code.as_str()))
            .filter_map(|f| f.text.as_deref())
            .take(1)
            .collect();
        if let Some(note) = notes.first() {
            why.push(format!("有相同情节（{}）", note.chars().take(24).collect::<String>()));
        }
    }
    if query.region.is_some() && query.region == case.case.region {
        score += REGION;
        why.push("同一地区".into());
    }
    if text > 0.5 {
        why.push("事实表述相近".into());
    }
    let narrative = case.facts.narrative.as_deref().unwrap_or_default();
    (score > 0.0).then(|| CaseHit {
        id: case.id.clone(),
        title: case.title.clone(),
        label: case.label.clone(),
        region: case.case.region.clone().unwrap_or_default(),
        violation,
        tier,
        fine_fen: last.and_then(|f| f.fine_fen),
        gains_fen: own_gains,
        decided_at: case.procedure.decided_at,
        score,
        why: if why.is_empty() { "事实有相同用语".into() } else { why.join("；") },
        snippet: narrative.chars().take(120).collect(),
    })
}
