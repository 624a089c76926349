//! The choice of the list: near, and not all of one kind (maximal marginal relevance).

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use super::measure::List;
use crate::domain::precedent::Precedent;

/// What makes two decisions repeat each other: their words without numbers, and who was punished.
pub struct Trait {
    pairs: HashSet<(char, char)>,
    party: String,
    uscc: Option<String>,
}

/// Branches of one house, and numbers.
static BRANCH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[（(][^）)]*[）)]|第?[\d〇零一二三四五六七八九十百]+(?:号|店|校区|分校|分部|分店|分公司)|分校|分店|分公司|校区")
        .expect("the pattern is valid")
});

impl Trait {
    pub fn of(case: &Precedent) -> Self {
        let number = |c: char| c.is_ascii_digit() || "〇零一二三四五六七八九十百千万".contains(c);
        let narrative = case.facts.narrative.as_deref().unwrap_or_default();
        let chars: Vec<char> = narrative.chars().filter(|c| c.is_alphanumeric() && !number(*c)).collect();
        let name = case.party.name.as_deref().unwrap_or_default();
        Self {
            pairs: chars.iter().copied().zip(chars.iter().copied().skip(1)).collect(),
            party: BRANCH.replace_all(name, "").trim().to_string(),
            uscc: case.party.uscc.clone().filter(|u| !u.is_empty()),
        }
    }

    /// 1 for a series against one party; else the share of common pairs of characters. Symmetric.
    pub fn like(&self, other: &Self) -> f64 {
        let party = !self.party.is_empty() && self.party == other.party;
        if party || (self.uscc.is_some() && self.uscc == other.uscc) {
            return 1.0;
        }
        let common = self.pairs.intersection(&other.pairs).count();
        let all = self.pairs.len() + other.pairs.len() - common;
        if all == 0 { 0.0 } else { common as f64 / all as f64 }
    }
}

/// The order of a list whose scores are given best first: the first places by relevance and novelty among the best, the rest
/// as they were. Every place occurs once.
pub fn order(scores: &[f64], traits: &[Trait], list: &List) -> Vec<usize> {
    let pool = list.pool.min(scores.len()).min(traits.len());
    let mut left: Vec<(usize, f64)> = (0..pool).map(|i| (i, 0.0)).collect();
    let mut out = Vec::with_capacity(scores.len());
    let score = |i: usize| scores.get(i).copied().unwrap_or_default();
    while out.len() < list.top && !left.is_empty() {
        let worth = |(i, like): &(usize, f64)| list.lambda * score(*i) - (1.0 - list.lambda) * like;
        let best = left
            .iter()
            .enumerate()
            .max_by(|(x, a), (y, b)| worth(a).total_cmp(&worth(b)).then_with(|| y.cmp(x)))
            .map(|(at, _)| at);
        let Some(at) = best else { break };
        let (chosen, _) = left.remove(at);
        out.push(chosen);
        for (i, like) in &mut left {
            if let (Some(a), Some(b)) = (traits.get(*i), traits.get(chosen)) {
                *like = like.max(a.like(b));
            }
        }
    }
    out.extend(left.into_iter().map(|(i, _)| i));
    out.extend(pool..scores.len());
    out
}
