//! 裁量: case JSON → assessment with the texts of the day and the similar cases.

use jiff::civil::Date;

use super::{Flow, report, today};
use crate::corpus::cases::{CaseHit, CaseQuery, Comparison, Refund, Shelf};
use crate::domain::assessment::{Assessment, Notice, Similar, SimilarCase};
use crate::domain::case::Case;
use crate::domain::discretion;
use crate::domain::distribution::{Bootstrap, Comparable, Distribution};
use crate::domain::dossier::Dossier;
use crate::domain::intake;
use crate::domain::legal_review::ExcludedCase;
use crate::domain::penalty::PenaltyKind;
use crate::domain::people::Actor;
use crate::error::Result;

const SHOWN: usize = 6;

/// Past decisions that are not compared with.
#[derive(Clone, Copy, Default)]
pub(super) struct Leave<'a> {
    /// The decision the case itself comes from.
    pub own: Option<&'a str>,
    /// What the reviewer left out.
    pub excluded: &'a [ExcludedCase],
}

impl<'a> Leave<'a> {
    /// What the newest round of review leaves out.
    pub fn of(dossier: &'a Dossier) -> Self {
        Self { own: None, excluded: dossier.review().map_or(&[], |r| &r.excluded) }
    }
}

impl Flow {
    /// Reads outside JSON into a case; notices are for the officer's eye.
    pub fn read_case(&self, json: &str) -> Result<(Case, Vec<Notice>)> {
        intake::accept(json, &self.book, today()).map_err(report::rejected)
    }

    pub fn assess(&self, case: &Case) -> Result<Assessment> {
        self.assess_on(case, today(), None)
    }

    /// With similar cases of those that `who` may see.
    pub fn assess_for(&self, case: &Case, who: Option<&Actor>) -> Result<Assessment> {
        self.assessed(case, today(), Leave::default(), Shelf::of(who))
    }

    /// `exclude` leaves a past decision out of its own comparison.
    pub fn assess_on(&self, case: &Case, day: Date, exclude: Option<&str>) -> Result<Assessment> {
        self.assessed(case, day, Leave { own: exclude, excluded: &[] }, Shelf::All)
    }

    pub(super) fn assessed(&self, case: &Case, day: Date, leave: Leave<'_>, shelf: Shelf) -> Result<Assessment> {
        let mut assessment = discretion::assess(&self.book, &self.corpus.laws, case, day);
        assessment.similar = self.similar(case, &assessment, day, leave, shelf)?;
        Ok(assessment)
    }

    fn similar(
        &self,
        case: &Case,
        assessment: &Assessment,
        day: Date,
        leave: Leave<'_>,
        shelf: Shelf,
    ) -> Result<Similar> {
        // A past decision that is looked at again is not its own precedent.
        let exclude = match (leave.own, &case.facts.narrative) {
            (Some(id), _) => Some(id.to_string()),
            (None, Some(narrative)) => {
                let decisions = self.corpus.cases.on(shelf).map_err(|e| report::corpus(e.into()))?;
                decisions.told_as(narrative).map_err(|e| report::corpus(e.into()))?
            }
            (None, None) => None,
        };
        let query = CaseQuery {
            text: case.facts.narrative.clone().unwrap_or_else(|| assessment.act.clone()),
            violation: case.facts.violation.clone(),
            cause: case.case.cause.clone(),
            tier: assessment.tier,
            gains_fen: assessment.gains_fen,
            region: case.case.region.clone(),
            circumstance: case.facts.circumstance,
            items: case.facts.items.clone(),
            refund: case.facts.gains.as_ref().and_then(Refund::of),
            factors: Some(case.facts.factors.iter().map(|f| f.code.clone()).collect()),
            as_of: Some(day),
            exclude_id: exclude,
            shelf,
            diverse: true,
            limit: 200,
        };
        let mut found = self.corpus.cases.compare(&query, &self.book).map_err(report::corpus)?;
        for hits in [&mut found.hits, &mut found.comparable] {
            hits.retain(|h| !leave.excluded.iter().any(|x| x.precedent == h.id));
        }
        // Only decisions under the same clause can be compared (discretion.md §4).
        let same: Vec<CaseHit> =
            found.hits.into_iter().filter(|h| query.violation.as_deref() == Some(h.violation.as_str())).collect();
        let by_gains = assessment.penalties.iter().any(|p| p.kind == PenaltyKind::Fine && p.multiple.is_some());
        let top =
            assessment.penalties.iter().find_map(|p| p.range_fen.filter(|_| p.kind == PenaltyKind::Fine)).map(|r| r.hi);
        let ratio = |hit: &CaseHit| {
            let base = if by_gains { hit.gains_fen } else { top }.filter(|b| b.0 > 0)?;
            hit.fine_fen.map(|fine| fine.0 as f64 / base.0 as f64)
        };
        let ratios: Vec<f64> = found.comparable.iter().filter_map(ratio).collect();
        let Comparison { needed, level, resamples, seed } = self.corpus.cases.measure().comparison;
        let comparable = Comparable::of(ratios.len(), needed);
        let bootstrap = Bootstrap { level, resamples, seed };
        let distribution = comparable.enough.then(|| Distribution::of(&ratios, bootstrap)).flatten();
        let (what, unit) = if by_gains { ("罚款倍数", "倍") } else { ("罚款占法定上限之比", "") };
        let fictitious = found.comparable.iter().filter(|h| h.label.contains("虚构") && ratio(h).is_some()).count();
        let note = match &distribution {
            // Whoever reads a median must know that nobody was fined that.
            Some(d) if fictitious > 0 => format!("{}；其中{fictitious}件为虚构案例", d.sentence(what, unit, level)),
            Some(d) => d.sentence(what, unit, level),
            None => comparable.note.clone(),
        };
        Ok(Similar {
            n: same.len(),
            same_tier_n: same.iter().filter(|h| h.tier.is_some() && h.tier == assessment.tier).count(),
            median_ratio: distribution.map(|d| d.median),
            q1: distribution.map(|d| d.q1),
            q3: distribution.map(|d| d.q3),
            sample: distribution.map_or(0, |d| d.sample),
            interval: distribution.and_then(|d| d.interval),
            comparable,
            note,
            cases: same
                .iter()
                .take(SHOWN)
                .map(|h| SimilarCase {
                    id: h.id.clone(),
                    title: h.title.clone(),
                    label: h.label.clone(),
                    region: h.region.clone(),
                    decided_at: h.decided_at,
                    tier: h.tier,
                    fine_fen: h.fine_fen,
                    ratio: ratio(h),
                    why: h.why.clone(),
                    differs: h.differs.clone(),
                    facts: h.facts.clone(),
                    factors: h.factors.clone(),
                    reasons: h.reasons.clone(),
                    score: h.score,
                })
                .collect(),
        })
    }
}
