//! The comparison of a case at hand with one decision: parts in [0, 1], their weighted mean over what is known of both, and
//! whether the decision qualifies for a statistic (discretion.md §4).

use std::collections::BTreeSet;

use serde::Serialize;

use super::kin::{Kin, kin};
use super::measure::Measure;
use super::region::{Near, Place};
use super::{CaseQuery, gains};
use crate::domain::case::GainsFacts;
use crate::domain::money::Fen;
use crate::domain::penalty::{Circumstance, Tier};
use crate::domain::precedent::Precedent;
use crate::domain::rulebook::{Effect, RuleBook};

/// Closeness by part, each in [0, 1]; absent where one side does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Parts {
    pub text: Option<f64>,
    pub violation: Option<f64>,
    pub elements: Option<f64>,
    pub factors: Option<f64>,
    pub gains: Option<f64>,
    pub tier: Option<f64>,
    pub region: Option<f64>,
    pub recency: Option<f64>,
}

impl Parts {
    /// The weighted mean of the parts that are known; 0 when none is.
    pub fn score(&self, measure: &Measure) -> f64 {
        let w = &measure.weights;
        let parts = [
            (self.text, w.text),
            (self.violation, w.violation),
            (self.elements, w.elements),
            (self.factors, w.factors),
            (self.gains, w.gains),
            (self.tier, w.tier),
            (self.region, w.region),
            (self.recency, w.recency),
        ];
        let known = parts.iter().filter_map(|(part, weight)| part.map(|p| (p * weight, *weight)));
        let (sum, total) = known.fold((0.0, 0.0), |(s, t), (part, weight)| (s + part, t + weight));
        if total > 0.0 { sum / total } else { 0.0 }
    }
}

/// When fees were given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refund {
    None,
    /// Before the case was filed.
    Before,
    /// Only after that.
    After,
}

impl Refund {
    /// Nothing when the sums are not known.
    pub fn of(facts: &GainsFacts) -> Option<Self> {
        match (facts.refunded_before_filing_fen.0 > 0, facts.refunded_after_filing_fen.0 > 0) {
            (true, _) => Some(Self::Before),
            (false, true) => Some(Self::After),
            (false, false) => facts.gross_receipts_fen.map(|_| Self::None),
        }
    }
}

/// What is compared, of the case at hand or of a decision.
#[derive(Clone, Debug, Default)]
pub struct Side {
    pub violation: Option<String>,
    /// 案由 without 涉嫌.
    pub cause: Option<String>,
    pub circumstance: Option<Circumstance>,
    pub items: BTreeSet<u32>,
    /// Factors that make the penalty lighter or heavier; absent when nobody has said which there are.
    pub factors: Option<BTreeSet<String>>,
    /// Factors that are only elements of 不予处罚.
    pub elements: BTreeSet<String>,
    pub gains: Option<Fen>,
    pub refund: Option<Refund>,
    pub tier: Option<Tier>,
    pub place: Option<Place>,
    /// By the marks of the measure; absent for a few words to search by.
    pub marks: Option<Vec<bool>>,
}

impl Side {
    pub fn of_query(query: &CaseQuery, measure: &Measure, book: &RuleBook) -> Self {
        let codes = query.factors.as_deref();
        let (elements, factors) = split(book, codes.unwrap_or_default().iter().map(String::as_str));
        Self {
            violation: query.violation.clone(),
            cause: cause(query.cause.as_deref()),
            circumstance: query.circumstance,
            items: query.items.iter().copied().collect(),
            factors: codes.map(|_| factors),
            elements,
            gains: query.gains_fen,
            refund: query.refund,
            tier: query.tier,
            place: place(query.region.as_deref(), measure),
            marks: codes.map(|_| measure.marks.iter().map(|m| m.told_in(&query.text)).collect()),
        }
    }

    pub fn of_decision(case: &Precedent, measure: &Measure, book: &RuleBook) -> Self {
        let facts = &case.facts;
        let (elements, factors) = split(book, facts.factors.iter().map(|f| f.code.as_str()));
        let narrative = facts.narrative.as_deref();
        Self {
            violation: facts.violation.clone(),
            cause: cause(case.case.cause.as_deref()),
            circumstance: facts.circumstance,
            items: facts.items.iter().copied().collect(),
            factors: Some(factors),
            elements,
            gains: gains(facts.gains.as_ref()),
            refund: facts.gains.as_ref().and_then(Refund::of),
            tier: case.disc.final_.as_ref().and_then(|f| f.tier),
            place: place(case.case.region.as_deref(), measure),
            marks: narrative.map(|n| measure.marks.iter().map(|m| m.told_in(n)).collect()),
        }
    }
}

fn cause(written: Option<&str>) -> Option<String> {
    let cause = written?.trim().trim_start_matches("涉嫌");
    (!cause.is_empty()).then(|| cause.to_string())
}

fn place(region: Option<&str>, measure: &Measure) -> Option<Place> {
    region.filter(|r| !r.trim().is_empty()).map(|r| Place::read(r, &measure.places))
}

/// Elements, and factors with an effect of their own. Codes that the rules do not know, or without effect, say nothing.
fn split<'a>(book: &RuleBook, codes: impl Iterator<Item = &'a str>) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut elements, mut factors) = (BTreeSet::new(), BTreeSet::new());
    for code in codes {
        match book.factor(code).map(|f| f.effect) {
            Some(Effect::Element) => elements.insert(code.to_string()),
            Some(Effect::None) | None => false,
            Some(_) => factors.insert(code.to_string()),
        };
    }
    (elements, factors)
}

fn yuan(fen: Fen) -> f64 {
    fen.0.max(0) as f64 / 100.0
}

/// Distance of two sums in powers of ten; sums of nothing are a power below one yuan.
pub fn decades(a: Fen, b: Fen) -> f64 {
    ((1.0 + yuan(a)).log10() - (1.0 + yuan(b)).log10()).abs()
}

/// Closeness of two sums: 1 for equal ones, falling with the logarithm.
pub fn near_in_gains(a: Fen, b: Fen, measure: &Measure) -> f64 {
    (1.0 - decades(a, b) / measure.gains.decades).max(0.0)
}

/// Closeness in time: halves with every half-life; a day to come counts as today.
pub fn recency(days: i64, measure: &Measure) -> f64 {
    0.5f64.powf(days.max(0) as f64 / measure.recency.half_life_days)
}

/// The parts but text and time.
pub fn parts(ours: &Side, theirs: &Side, measure: &Measure, book: &RuleBook) -> Parts {
    let violation = ours.violation.as_deref().zip(theirs.violation.as_deref()).map(|(a, b)| match kin(book, a, b) {
        Kin::Same => 1.0,
        Kin::Article | Kin::Linked => measure.violation.family,
        Kin::Law => measure.violation.law,
        Kin::Apart => 0.0,
    });
    Parts {
        text: None,
        violation,
        elements: elements(ours, theirs),
        factors: ours.factors.as_ref().zip(theirs.factors.as_ref()).and_then(|(a, b)| jaccard([counts(a, b)])),
        gains: ours.gains.zip(theirs.gains).map(|(a, b)| near_in_gains(a, b, measure)),
        tier: ours.tier.zip(theirs.tier).map(|(a, b)| f64::from(u8::from(a == b))),
        region: ours.place.as_ref().zip(theirs.place.as_ref()).map(|(a, b)| match a.near(b) {
            Near::Same => measure.region.county,
            Near::City => measure.region.city,
            Near::Province => measure.region.province,
            Near::Apart => 0.0,
        }),
        recency: None,
    }
}

/// In common, and in all.
fn counts<T: Ord>(a: &BTreeSet<T>, b: &BTreeSet<T>) -> (usize, usize) {
    (a.intersection(b).count(), a.union(b).count())
}

/// Jaccard over several sets together. Two empty sets say nothing: nobody wrote anything down.
fn jaccard<const N: usize>(sets: [(usize, usize); N]) -> Option<f64> {
    let (common, all) = sets.into_iter().fold((0, 0), |(c, a), (common, all)| (c + common, a + all));
    (all > 0).then(|| common as f64 / all as f64)
}

/// 情节, 项, elements of 不予处罚 and what the narratives tell, as far as both sides say something of it.
fn elements(ours: &Side, theirs: &Side) -> Option<f64> {
    let circumstance = match (ours.circumstance, theirs.circumstance) {
        (Some(a), Some(b)) if a == b => (1, 1),
        (Some(_), Some(_)) => (0, 1),
        _ => (0, 0),
    };
    // Items are those of one clause.
    let items = if ours.items.is_empty() || theirs.items.is_empty() || ours.violation != theirs.violation {
        (0, 0)
    } else {
        counts(&ours.items, &theirs.items)
    };
    let codes = if ours.factors.is_some() { counts(&ours.elements, &theirs.elements) } else { (0, 0) };
    let marks = ours
        .marks
        .iter()
        .flatten()
        .zip(theirs.marks.iter().flatten())
        .fold((0, 0), |(c, a), (x, y)| (c + usize::from(*x && *y), a + usize::from(*x || *y)));
    jaccard([circumstance, items, codes, marks])
}

/// Whether a decision may stand in a statistic beside the case: the same clause, the same 情节 and 阶次, a region of the same
/// level. That it is in force and dated is for the caller.
pub fn qualifies(ours: &Side, theirs: &Side) -> bool {
    ours.violation.is_some()
        && ours.violation == theirs.violation
        && ours.tier.is_some()
        && ours.tier == theirs.tier
        && ours.circumstance.zip(theirs.circumstance).is_none_or(|(a, b)| a == b)
        && ours.place.as_ref().zip(theirs.place.as_ref()).is_none_or(|(a, b)| a.may_be_level_with(b))
}
