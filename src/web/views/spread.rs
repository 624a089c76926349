//! The spread of a class as pictures: a bar per choice, and a strip of dots for the sums with range, benchmark and decision marked
//! once they are revealed. Positions only; every number is the engine's or the class's.

use serde::Serialize;

use super::range::span;
use super::yuan;
use crate::domain::assessment::MoneyRange;
use crate::domain::money::Fen;
use crate::domain::workshop::shown::RevealedAmount;
use crate::domain::workshop::spread::{Spread, Tally};

/// Left and right end, and the line the dots stand on.
const LEFT: f64 = 20.0;
const RIGHT: f64 = 580.0;
const FLOOR: f64 = 118.0;
/// Height of the highest pile, and the most one dot takes.
const PILE: f64 = 92.0;
const STEP: f64 = 9.0;
/// Dots nearer than this stand on one another.
const NEAR: f64 = 8.0;

/// A choice with its bar, 0..100.
#[derive(Debug, Serialize)]
pub struct Bar {
    pub label: String,
    pub count: usize,
    pub percent: usize,
    pub w: f64,
    pub right: bool,
}

/// A titled group of bars.
#[derive(Debug, Serialize)]
pub struct Bars {
    pub zh: &'static str,
    pub bars: Vec<Bar>,
}

#[derive(Debug, Serialize)]
pub struct Dot {
    pub x: f64,
    pub y: f64,
    pub sum: String,
}

/// A stretch of the strip.
#[derive(Debug, Serialize)]
pub struct Stretch {
    pub x: f64,
    pub w: f64,
    pub span: String,
}

/// A marked place.
#[derive(Debug, Serialize)]
pub struct Mark {
    pub x: f64,
    pub sum: String,
    pub anchor: &'static str,
}

#[derive(Debug, Serialize)]
pub struct Strip {
    pub dots: Vec<Dot>,
    pub r: f64,
    pub ranges: Vec<Stretch>,
    pub suggested: Option<Stretch>,
    pub actual: Option<Mark>,
    pub median: Option<Mark>,
    pub lo: String,
    pub hi: String,
    /// Sums beyond the right end.
    pub beyond: usize,
    /// The same in words, for those who do not see it.
    pub said: String,
}

fn bars(zh: &'static str, tallies: &[Tally], answered: usize) -> Option<Bars> {
    if tallies.is_empty() {
        return None;
    }
    let of = answered.max(1);
    let bar = |t: &Tally| Bar {
        label: t.label.clone(),
        count: t.count,
        percent: t.count * 100 / of,
        w: (t.count as f64 * 1000.0 / of as f64).round() / 10.0,
        right: t.right,
    };
    Some(Bars { zh, bars: tallies.iter().map(bar).collect() })
}

/// All groups of a question that has any.
pub fn groups(spread: &Spread) -> Vec<Bars> {
    [
        ("选择", &spread.options),
        ("因素", &spread.factors),
        ("条款", &spread.articles),
        ("阶次", &spread.tiers),
        ("处罚种类", &spread.kinds),
    ]
    .into_iter()
    .filter_map(|(zh, tallies)| bars(zh, tallies, spread.answered))
    .collect()
}

/// The strip, where somebody wrote a sum or a range is revealed.
pub fn strip(spread: &Spread, revealed: Option<&RevealedAmount>) -> Option<Strip> {
    let ranges: &[MoneyRange] = revealed.map_or(&[], |r| r.ranges.as_slice());
    let actual = revealed.and_then(|r| r.actual_fine_fen);
    let known: Vec<Fen> = ranges.iter().flat_map(|r| [r.lo, r.hi]).chain(actual).collect();
    if spread.amounts.is_empty() && known.is_empty() {
        return None;
    }
    // One absurd sum must not press all others into a corner.
    let usual = spread.median_fen.map_or(0, |m| m.0.saturating_mul(10));
    let bound = known.iter().map(|f| f.0.saturating_mul(3) / 2).max().unwrap_or(0).max(usual).max(100);
    let sums = || spread.amounts.iter().map(|f| f.0).filter(|f| *f <= bound);
    let low = sums().chain(known.iter().map(|f| f.0)).min().unwrap_or(0);
    let high = sums().chain(known.iter().map(|f| f.0)).max().unwrap_or(bound).max(low + 100);
    let at = |f: Fen| {
        let x = LEFT + (RIGHT - LEFT) * ((f.0 - low) as f64 / (high - low) as f64).clamp(0.0, 1.0);
        (x * 10.0).round() / 10.0
    };
    let stretch = |r: &MoneyRange| {
        let (x, end) = (at(r.lo), at(r.hi));
        Stretch { x, w: ((end - x).max(2.0) * 10.0).round() / 10.0, span: span(r) }
    };
    let mark = |f: Fen| {
        let x = at(f);
        let anchor = match x {
            x if x < 110.0 => "start",
            x if x > 490.0 => "end",
            _ => "middle",
        };
        Mark { x, sum: yuan(f), anchor }
    };
    let mut piles: Vec<(f64, usize)> = vec![];
    let mut placed = vec![];
    for sum in &spread.amounts {
        let x = at(*sum);
        match piles.last_mut().filter(|(of, _)| (x - *of).abs() < NEAR) {
            Some((of, n)) => {
                *n += 1;
                placed.push((*of, *n, *sum));
            }
            None => {
                piles.push((x, 0));
                placed.push((x, 0, *sum));
            }
        }
    }
    let highest = piles.iter().map(|(_, n)| n + 1).max().unwrap_or(1);
    let step = (PILE / highest as f64).min(STEP);
    let dots = placed
        .into_iter()
        .map(|(x, n, sum)| Dot { x, y: ((FLOOR - 6.0 - step * n as f64) * 10.0).round() / 10.0, sum: yuan(sum) })
        .collect();
    let beyond = spread.amounts.iter().filter(|f| f.0 > high).count();
    let mut said = format!("{}人写了罚款", spread.amounts.len());
    if let Some(median) = spread.median_fen {
        said.push_str(&format!("，中位数{}元", yuan(median)));
    }
    for range in ranges {
        said.push_str(&format!("；法定幅度{}", span(range)));
    }
    if let Some(band) = revealed.and_then(|r| r.suggested) {
        said.push_str(&format!("；建议幅度{}", span(&band)));
    }
    if let Some(fine) = actual {
        said.push_str(&format!("；实际决定{}元", yuan(fine)));
    }
    Some(Strip {
        dots,
        r: (step / 2.0).clamp(1.5, 4.0),
        ranges: ranges.iter().map(stretch).collect(),
        suggested: revealed.and_then(|r| r.suggested).map(|band| stretch(&band)),
        actual: actual.map(mark),
        median: spread.median_fen.map(mark),
        lo: yuan(Fen(low)),
        hi: yuan(Fen(high)),
        beyond,
        said,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_absurd_sum_does_not_press_the_others_together() {
        let amounts: Vec<Fen> = [10_000, 12_000, 14_000, 9_000_000_000].map(Fen).to_vec();
        let spread = Spread { answered: 4, median_fen: Some(Fen(13_000)), amounts, ..Spread::default() };
        let strip = strip(&spread, None).unwrap();
        assert_eq!(strip.beyond, 1);
        assert!(strip.dots[2].x - strip.dots[0].x > 300.0, "{strip:?}");
        assert!(strip.dots.iter().all(|d| (0.0..=600.0).contains(&d.x)));
        assert!(super::strip(&Spread::default(), None).is_none());
    }

    #[test]
    fn a_hundred_equal_sums_stay_in_the_picture() {
        let spread = Spread { amounts: vec![Fen(100); 100], median_fen: Some(Fen(100)), ..Spread::default() };
        let strip = strip(&spread, None).unwrap();
        assert!(strip.dots.iter().all(|d| d.y > 15.0), "{:?}", strip.dots.last());
    }
}
