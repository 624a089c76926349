//! Distributions of a few comparable decisions: quantiles, and how uncertain their median is. Pure: the seed comes with the call.

use serde::{Deserialize, Serialize};

/// An interval for the median.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    pub lo: f64,
    pub hi: f64,
    /// Nominal coverage, e.g. 0.95.
    pub level: f64,
    /// Resamples of the bootstrap.
    pub resamples: usize,
}

/// Whether enough decisions can be compared, in numbers and in words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparable {
    /// Decisions that meet every condition of the comparison.
    pub qualify: usize,
    /// Fewer than this are not compared.
    pub needed: usize,
    pub enough: bool,
    pub note: String,
}

impl Comparable {
    pub fn of(qualify: usize, needed: usize) -> Self {
        let enough = qualify >= needed;
        let note = if enough {
            format!("可比案例{qualify}件，不少于{needed}件")
        } else if qualify == 0 {
            format!("没有可比案例（须有{needed}件），不作比较")
        } else {
            format!("可比案例仅{qualify}件，少于{needed}件，不作比较")
        };
        Self { qualify, needed, enough, note }
    }
}

/// The bootstrap to be used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bootstrap {
    pub level: f64,
    pub resamples: usize,
    pub seed: u64,
}

/// Quantiles of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distribution {
    pub sample: usize,
    pub q1: f64,
    pub median: f64,
    pub q3: f64,
    /// Absent for a sample that is too small to support the level at all.
    pub interval: Option<Interval>,
}

/// The quantile of sorted values, linear between neighbours; nothing for none.
pub fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let at = q.clamp(0.0, 1.0) * last as f64;
    let (low, high) = (sorted.get(at.floor() as usize)?, sorted.get(at.ceil() as usize)?);
    Some(low + (high - low) * at.fract())
}

/// The fewest values whose span covers the median at a level: all of n values lie on one side of it with probability
/// 2^(1−n), so whatever is computed from fewer cannot reach the level.
pub fn fewest(level: f64) -> usize {
    (2..64).find(|n| 1.0 - 0.5f64.powi(n - 1) >= level).map_or(64, |n| n as usize)
}

impl Distribution {
    /// Of finite values, in any order; the same values give the same answer. Nothing for none.
    pub fn of(values: &[f64], bootstrap: Bootstrap) -> Option<Self> {
        let mut sorted: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        Some(Self {
            sample: sorted.len(),
            q1: quantile(&sorted, 0.25)?,
            median: quantile(&sorted, 0.5)?,
            q3: quantile(&sorted, 0.75)?,
            interval: median_interval(&sorted, bootstrap),
        })
    }

    /// `共12件可比案例，罚款倍数中位数1.50倍，95%区间1.20–2.00倍（自助法1000次）`.
    pub fn sentence(&self, what: &str, unit: &str, level: f64) -> String {
        let head = format!("共{}件可比案例，{what}中位数{:.2}{unit}", self.sample, self.median);
        match self.interval {
            Some(i) => {
                format!("{head}，{}%区间{:.2}–{:.2}{unit}（自助法{}次）", percent(i.level), i.lo, i.hi, i.resamples)
            }
            None => {
                format!("{head}；少于{}件，不足以给出{}%区间", fewest(level), percent(level))
            }
        }
    }
}

fn percent(level: f64) -> f64 {
    (level * 1000.0).round() / 10.0
}

/// Percentile-bootstrap interval for the median; nothing for fewer values than [`fewest`] or a level that is none.
pub fn median_interval(values: &[f64], bootstrap: Bootstrap) -> Option<Interval> {
    let Bootstrap { level, resamples, seed } = bootstrap;
    let mut sorted: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    // The order of the values must not decide which of them a draw means.
    sorted.sort_by(f64::total_cmp);
    if resamples == 0 || !(level > 0.0 && level < 1.0) || sorted.len() < fewest(level) {
        return None;
    }
    let mut draws = Draws(seed);
    let mut medians: Vec<f64> = Vec::with_capacity(resamples);
    let mut sample = Vec::with_capacity(sorted.len());
    for _ in 0..resamples {
        sample.clear();
        sample.extend((0..sorted.len()).filter_map(|_| sorted.get(draws.below(sorted.len())).copied()));
        sample.sort_by(f64::total_cmp);
        medians.extend(quantile(&sample, 0.5));
    }
    medians.sort_by(f64::total_cmp);
    let tail = (1.0 - level) / 2.0;
    Some(Interval { lo: quantile(&medians, tail)?, hi: quantile(&medians, 1.0 - tail)?, level, resamples })
}

/// SplitMix64: the same numbers everywhere for one seed.
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `n`, by the high bits; the bias for a sample of thousands is below 10⁻¹⁵.
    fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: Bootstrap = Bootstrap { level: 0.95, resamples: 1000, seed: 7 };

    #[test]
    fn quantiles_lie_between_neighbours() {
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[3.0], 0.9), Some(3.0));
        assert_eq!(quantile(&[1.0, 2.0, 3.0, 4.0], 0.5), Some(2.5));
        assert_eq!(quantile(&[1.0, 2.0, 3.0, 4.0], 0.25), Some(1.75));
        assert_eq!(quantile(&[1.0, 2.0], 7.0), Some(2.0));
    }

    #[test]
    fn a_level_needs_its_number_of_values() {
        assert_eq!((fewest(0.9), fewest(0.95), fewest(0.99)), (5, 6, 8));
        assert_eq!(median_interval(&[1.0, 2.0, 3.0, 4.0, 5.0], USUAL), None);
        assert!(median_interval(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], USUAL).is_some());
        let nonsense = Bootstrap { level: f64::NAN, ..USUAL };
        assert_eq!(median_interval(&[1.0; 9], nonsense), None);
        assert_eq!(median_interval(&[1.0; 9], Bootstrap { resamples: 0, ..USUAL }), None);
    }

    #[test]
    fn the_sentence_says_how_many() {
        let values: Vec<f64> = (1..=12).map(f64::from).collect();
        let d = Distribution::of(&values, USUAL).unwrap();
        let said = d.sentence("罚款倍数", "倍", 0.95);
        assert!(said.starts_with("共12件可比案例，罚款倍数中位数6.50倍，95%区间"), "{said}");
        assert!(said.ends_with("（自助法1000次）"), "{said}");
        let few = Distribution::of(&values[..5], USUAL).unwrap().sentence("罚款倍数", "倍", 0.95);
        assert_eq!(few, "共5件可比案例，罚款倍数中位数3.00倍；少于6件，不足以给出95%区间");
        assert_eq!(Distribution::of(&[f64::NAN], USUAL), None);
    }
}
