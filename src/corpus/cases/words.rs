//! What is alike and what differs, in words. Written by code from the compared fields only; no model has a hand in it.

use std::collections::BTreeSet;

use super::compare::{Parts, Refund, Side, decades};
use super::kin::{Kin, kin};
use super::measure::{Mark, Measure};
use super::region::Near;
use crate::domain::money::Fen;
use crate::domain::penalty::Tier;
use crate::domain::rulebook::{Effect, RuleBook};

/// Texts of this closeness to the nearest are called alike.
const ALIKE: f64 = 0.5;
/// Differences beyond this many are not told: the list is for reading at a glance.
const MOST: usize = 5;

/// `3.2万元`, `800元`: for a comparison of sizes.
pub fn short(fen: Fen) -> String {
    if fen.0 < 1_000_000 {
        return fen.plain_yuan();
    }
    let tenths = fen.0.saturating_add(50_000) / 100_000;
    match tenths % 10 {
        0 => format!("{}万元", tenths / 10),
        rest => format!("{}.{rest}万元", tenths / 10),
    }
}

/// A tier as it is called beside others: `从轻`.
fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::NoPenalty => tier.zh(),
        Tier::General => "一般阶次",
        _ => tier.zh().trim_end_matches("处罚"),
    }
}

/// What a comparison is told from.
pub struct Told<'a> {
    pub ours: &'a Side,
    pub theirs: &'a Side,
    pub parts: &'a Parts,
    pub measure: &'a Measure,
    pub book: &'a RuleBook,
    /// Days since the decision; absent when undated or when no day was asked for.
    pub days: Option<i64>,
    pub dated: bool,
}

impl Told<'_> {
    /// `同为无证办学；违法所得相近（3.2万元与2.9万元）；均在立案前退费；同为从轻`.
    pub fn why(&self) -> String {
        let mut out = vec![];
        out.extend(self.same_act());
        if let Some((a, b)) = self.ours.gains.zip(self.theirs.gains) {
            match (a.0 > 0, b.0 > 0) {
                (true, true) if decades(a, b) <= self.measure.gains.near => {
                    out.push(format!("违法所得相近（{}与{}）", short(a), short(b)));
                }
                (false, false) => out.push("均无违法所得".into()),
                _ => {}
            }
        }
        let corrected = |side: &Side| side.factors.as_ref().is_some_and(|f| f.contains("active_correction"));
        let refunds = match (self.ours.refund, self.theirs.refund) {
            // Who corrected the harm unasked and paid back before the case was filed paid back unasked.
            (Some(Refund::Before), Some(Refund::Before)) if corrected(self.ours) && corrected(self.theirs) => {
                Some("均主动退费")
            }
            (Some(Refund::Before), Some(Refund::Before)) => Some("均在立案前退费"),
            (Some(Refund::After), Some(Refund::After)) => Some("均在立案后退费"),
            (Some(Refund::Before | Refund::After), Some(Refund::Before | Refund::After)) => Some("均有退费"),
            (Some(Refund::None), Some(Refund::None)) => Some("均未退费"),
            _ => None,
        };
        out.extend(refunds.map(String::from));
        let shared: Vec<&str> = self.codes(|ours, theirs| ours && theirs);
        if !shared.is_empty() {
            out.push(format!("均有情节：{}", shared.join("、")));
        }
        out.extend(self.marks(|ours, theirs| ours && theirs).map(|m| m.both.clone()));
        if let (Some(a), Some(b)) = (self.ours.tier, self.theirs.tier)
            && a == b
        {
            out.push(format!("同为{}", tier(a)));
        }
        out.extend(match self.ours.place.as_ref().zip(self.theirs.place.as_ref()).map(|(a, b)| a.near(b)) {
            Some(Near::Same) => Some("同一地区".into()),
            Some(Near::City) => Some("同一市州".into()),
            Some(Near::Province) => Some("同一省份".into()),
            _ => None,
        });
        if self.parts.text.is_some_and(|t| t > ALIKE) {
            out.push("事实表述相近".into());
        }
        if out.is_empty() { "事实有相同用语".into() } else { out.join("；") }
    }

    fn same_act(&self) -> Option<String> {
        let (a, b) = self.ours.violation.as_deref().zip(self.theirs.violation.as_deref())?;
        let row = self.book.violation(b);
        let law =
            row.map_or("同一部法", |r| self.book.laws.get(&r.law).map_or(r.law.as_str(), |l| l.short.as_str()));
        match kin(self.book, a, b) {
            Kin::Same => Some(match &self.theirs.cause {
                None => "同一条款".into(),
                Some(cause) if self.one_act() => format!("同为{cause}"),
                Some(cause) => format!("同一条款（该案为{cause}）"),
            }),
            Kin::Article => Some(format!("同属{law}第{}条", row.map_or(0, |r| r.article))),
            Kin::Linked => Some("所依条款有引致或者取代关系".into()),
            Kin::Law => Some(format!("同属{law}")),
            Kin::Apart => None,
        }
    }

    /// Of two cases under one row, whether the act is the same: a clause with several 项 has several acts.
    fn one_act(&self) -> bool {
        let (ours, theirs) = (self.ours, self.theirs);
        let row = ours.violation.as_deref().and_then(|id| self.book.violation(id));
        row.is_some_and(|r| r.items.is_empty())
            || (!ours.items.is_empty() && ours.items == theirs.items)
            || (ours.cause.is_some() && ours.cause == theirs.cause)
    }

    /// `该案曾被查处或者劝止；该案未退费`; empty where nothing is known to differ.
    pub fn differs(&self) -> String {
        let (ours, theirs) = (self.ours, self.theirs);
        let mut out: Vec<String> = vec![];
        if let (Some(a), Some(b)) = (&ours.violation, &theirs.violation)
            && a != b
        {
            out.push(theirs.cause.as_ref().map_or("该案违法行为不同".into(), |cause| format!("该案为{cause}")));
        }
        if let (Some(a), Some(b)) = (ours.circumstance, theirs.circumstance)
            && a != b
        {
            out.push(format!("该案为{}", b.zh()));
        }
        if let (Some(a), Some(b)) = (ours.tier, theirs.tier)
            && a != b
        {
            out.push(format!("该案为{}", tier(b)));
        }
        out.extend(self.marks(|ours, theirs| theirs && !ours).map(|m| m.theirs.clone()));
        out.extend(self.marks(|ours, theirs| ours && !theirs).map(|m| m.ours.clone()));
        let refund = match (ours.refund, theirs.refund) {
            (Some(Refund::Before | Refund::After), Some(Refund::None)) => Some("该案未退费"),
            (Some(Refund::None), Some(Refund::Before)) => Some("该案在立案前退费"),
            (Some(Refund::None | Refund::Before), Some(Refund::After)) => Some("该案在立案后才退费"),
            (Some(Refund::After), Some(Refund::Before)) => Some("该案在立案前已退费"),
            _ => None,
        };
        out.extend(refund.map(String::from));
        if let Some((a, b)) = ours.gains.zip(theirs.gains) {
            match (a.0 > 0, b.0 > 0) {
                (true, true) if decades(a, b) > self.measure.gains.far => out.push(format!(
                    "该案违法所得较{}（{}，本案{}）",
                    if b > a { "多" } else { "少" },
                    short(b),
                    short(a)
                )),
                (true, false) => out.push("该案没有违法所得".into()),
                (false, true) => out.push(format!("该案有违法所得（{}）", short(b))),
                _ => {}
            }
        }
        for (said, codes) in [
            ("该案另有情节", self.codes(|ours, theirs| theirs && !ours)),
            ("该案未认定情节", self.codes(|ours, theirs| ours && !theirs)),
        ] {
            if !codes.is_empty() {
                out.push(format!("{said}：{}", codes.join("、")));
            }
        }
        if let (Some(a), Some(b)) = (&ours.place, &theirs.place)
            && !a.may_be_level_with(b)
        {
            out.push("该案地区级别不同".into());
        }
        match self.days {
            _ if !self.dated => out.push("该案未注明决定日期".into()),
            Some(days) if days as f64 > 2.0 * self.measure.recency.half_life_days => {
                out.push(format!("该案作出已逾{}年", days / 365));
            }
            _ => {}
        }
        out.truncate(MOST);
        out.join("；")
    }

    /// Factors chosen by who has them; elements, too. Nothing when those of the case at hand are not known.
    fn codes(&self, chosen: impl Fn(bool, bool) -> bool) -> Vec<&str> {
        let (Some(ours), Some(theirs)) = (&self.ours.factors, &self.theirs.factors) else { return vec![] };
        let has = |factors: &BTreeSet<String>, side: &Side, code: &str| {
            factors.contains(code) || side.elements.contains(code)
        };
        let rules = self.book.factors.iter().filter(|f| f.effect != Effect::None);
        rules
            .filter(|f| chosen(has(ours, self.ours, &f.code), has(theirs, self.theirs, &f.code)))
            .map(|f| f.zh.as_str())
            .collect()
    }

    fn marks(&self, chosen: impl Fn(bool, bool) -> bool) -> impl Iterator<Item = &Mark> {
        let sides = self.ours.marks.iter().flatten().zip(self.theirs.marks.iter().flatten());
        self.measure.marks.iter().zip(sides).filter(move |(_, (a, b))| chosen(**a, **b)).map(|(m, _)| m)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_told_at_a_glance() {
        for (fen, said) in [
            (3_200_000, "3.2万元"),
            (3_249_900, "3.2万元"),
            (3_000_000, "3万元"),
            (999_900, "9999元"),
            (1_000_000, "1万元"),
            (9_996_000_000, "9996万元"),
        ] {
            assert_eq!(short(Fen(fen)), said);
        }
    }
}
