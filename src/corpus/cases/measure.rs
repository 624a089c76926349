//! The numbers of the comparison (`corpus/ranking/cases.toml`), checked when they are read.

use std::collections::BTreeMap;

use regex::Regex;
use serde::Deserialize;

use crate::corpus::{CorpusError, embedded};

/// The data file, for error messages and `embedded`.
const FILE: &str = "ranking/cases.toml";

/// How decisions are compared and how many must be comparable.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// When, from what and by whom the numbers were set.
    pub about: String,
    pub weights: Weights,
    pub violation: Violation,
    pub gains: Gains,
    pub region: Region,
    pub recency: Recency,
    pub comparison: Comparison,
    pub list: List,
    #[serde(rename = "mark")]
    pub marks: Vec<Mark>,
    /// Place names without their superiors → in full.
    pub places: BTreeMap<String, String>,
}

/// What each part counts, relative to the others that are known.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    pub text: f64,
    pub violation: f64,
    pub elements: f64,
    pub factors: f64,
    pub gains: f64,
    pub tier: f64,
    pub region: f64,
    pub recency: f64,
}

/// Closeness of two rows of the violation tables that are not the same.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Violation {
    pub family: f64,
    pub law: f64,
}

/// Distances of log10(1 + yuan).
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gains {
    pub decades: f64,
    pub near: f64,
    pub far: f64,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    pub county: f64,
    pub city: f64,
    pub province: f64,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recency {
    pub half_life_days: f64,
}

/// When a distribution is shown, and how its interval is computed.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    pub needed: usize,
    pub level: f64,
    pub resamples: usize,
    pub seed: u64,
}

/// Maximal marginal relevance: the first `top` places, chosen among the `pool` best.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    pub lambda: f64,
    pub top: usize,
    pub pool: usize,
}

/// A circumstance that is read from the narrative: in one sentence `pattern` and not `without`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    #[serde(deserialize_with = "regex")]
    pattern: Regex,
    #[serde(deserialize_with = "regex")]
    without: Regex,
    pub both: String,
    pub theirs: String,
    pub ours: String,
}

fn regex<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Regex, D::Error> {
    Regex::new(&String::deserialize(from)?).map_err(serde::de::Error::custom)
}

impl Mark {
    /// Whether a narrative tells of it.
    pub fn told_in(&self, narrative: &str) -> bool {
        narrative.split(['。', '；', '\n']).any(|s| self.pattern.is_match(s) && !self.without.is_match(s))
    }
}

impl Measure {
    /// The embedded numbers.
    pub fn load() -> Result<Self, CorpusError> {
        Self::parse(&embedded(FILE).unwrap_or_default())
    }

    /// Numbers in the form of the data file.
    pub fn parse(text: &str) -> Result<Self, CorpusError> {
        let fail = |why: String| CorpusError::File { file: FILE.into(), why };
        let read: Self = toml::from_str(text).map_err(|e| fail(e.to_string()))?;
        let Weights { text, violation, elements, factors, gains, tier, region, recency } = read.weights;
        let weights = [text, violation, elements, factors, gains, tier, region, recency];
        let share = |x: f64| (0.0..=1.0).contains(&x);
        let v = read.violation;
        let r = read.region;
        for (good, why) in [
            (weights.iter().all(|w| share(*w)) && text > 0.0, "权重应在 0 与 1 之间，text 应大于 0"),
            (share(v.family) && share(v.law) && v.law <= v.family, "violation 应有 0 ≤ law ≤ family ≤ 1"),
            (
                [r.county, r.city, r.province].iter().all(|x| share(*x)) && r.province <= r.city && r.city <= r.county,
                "region 应有 0 ≤ province ≤ city ≤ county ≤ 1",
            ),
            (read.gains.decades > 0.0 && 0.0 < read.gains.near && read.gains.near <= read.gains.far, "gains 应为正数"),
            (read.recency.half_life_days >= 1.0, "half_life_days 应不小于 1"),
            (read.comparison.needed >= 2, "needed 应不小于 2"),
            (read.comparison.level > 0.5 && read.comparison.level < 1.0, "level 应在 0.5 与 1 之间"),
            ((100..=100_000).contains(&read.comparison.resamples), "resamples 应在 100 与 100000 之间"),
            (
                share(read.list.lambda) && (1..=1000).contains(&read.list.pool),
                "lambda 应在 0 与 1 之间，pool 在 1 与 1000 之间",
            ),
        ] {
            if !good {
                return Err(fail(why.into()));
            }
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_told_and_not_denied_in_one_sentence() {
        let measure = Measure::load().unwrap();
        let told = |s: &str| measure.marks.iter().map(|m| m.told_in(s)).collect::<Vec<_>>();
        assert_eq!(told("此处去年曾因无证办班被口头劝止。没有人员受伤。"), [true, false]);
        assert_eq!(told("从未曾因此被处罚；两名学生骨折。"), [false, true]);
        assert_eq!(told("经查询，此前未发现其有同类处罚记录。学生未受伤。"), [false, false]);
    }

    #[test]
    fn numbers_out_of_order_are_refused_with_the_reason() {
        let good = embedded(FILE).unwrap();
        for (from, to) in [
            ("family = 0.6", "family = 0.1"),
            ("needed = 5", "needed = 1"),
            ("city = 0.7", "city = 0.3"),
            ("level = 0.95", "level = 1.0"),
            ("text = 0.30", "text = nan"),
            ("near = 0.2", "near = -1.0"),
            ("pattern = '受伤", "pattern = '(受伤"),
        ] {
            assert!(good.contains(from), "{from}");
            let error = Measure::parse(&good.replace(from, to)).map(|_| to).unwrap_err();
            assert_eq!(error.code(), "corpus.file");
        }
    }
}
