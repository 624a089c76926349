//! Which of a question's character pairs an article holds, and how telling they are: among all articles, and among those of the
//! same law, where words that all its articles share tell nothing apart.

use super::Catalogue;
use crate::corpus::bm25::rarity;
use crate::corpus::index::Spread;

/// Measures of one article, in the order of [`NAMES`].
pub type Overlap = [f32; NAMES.len()];

pub const NAMES: [&str; 11] = [
    "covered",       // share of the question's pairs that the article holds, by rarity
    "local",         // sum of the held pairs' rarity within the law
    "local_share",   // of the most it could be
    "weighed",       // as local, times rarity among all articles
    "asked_covered", // the same of the last sentence, which asks
    "asked_local",
    "asked_share",
    "told_covered",  // of the sentences before it, which tell the facts
    "packed",        // rarity of the held pairs by the length of the article
    "clause",        // covered by the best clause of the article alone
    "clause_packed", // rarity of the held pairs of its densest clause by the length of that
];

/// Pairs added to every length, so that a few words do not outweigh a full clause.
const SMOOTHING: f32 = 10.0;

/// Pairs of a question with where they stand in it.
struct Pairs<'a> {
    spread: &'a [Spread],
    /// Sorted pairs with their place in `spread`.
    places: Vec<([char; 2], usize)>,
    asked: Vec<bool>,
    told: Vec<bool>,
}

pub fn neighbours(text: &str) -> impl Iterator<Item = [char; 2]> + '_ {
    let mut previous = None;
    text.chars().filter_map(move |c| {
        let next = (c.is_alphanumeric() && !c.is_ascii()).then_some(c);
        let pair = previous.zip(next).map(|(p, c)| [p, c]);
        previous = next;
        pair
    })
}

/// What tells the facts and what asks; the same twice when there is only one sentence.
pub fn sentences(text: &str) -> (&str, &str) {
    let ends = |c: char| "。？！?!；;".contains(c);
    let body = text.trim_end_matches(|c: char| ends(c) || c.is_whitespace());
    match body.rfind(ends).and_then(|at| text[at..].chars().next().map(|c| at + c.len_utf8())) {
        Some(at) => text.split_at(at),
        None => (text, text),
    }
}

impl<'a> Pairs<'a> {
    fn new(query: &str, spread: &'a [Spread]) -> Self {
        let mut places: Vec<([char; 2], usize)> = spread
            .iter()
            .enumerate()
            .filter(|(_, s)| !s.keys.is_empty())
            .filter_map(|(i, s)| neighbours(&s.pair).next().map(|pair| (pair, i)))
            .collect();
        places.sort_unstable();
        let (told, asked) = sentences(query);
        let mut pairs = Self { spread, places, asked: vec![], told: vec![] };
        (pairs.asked, pairs.told) = (pairs.held(asked), pairs.held(told));
        pairs
    }

    /// Which pairs each clause of an article holds, with the pairs it has in all: an article of many clauses is often asked
    /// for one of them.
    fn by_clause(&self, text: &str) -> Vec<(Vec<usize>, f32)> {
        let parts = text.split(['。', '；', '\n']).map(|clause| {
            let (mut held, mut count) = (Vec::new(), 0f32);
            for pair in neighbours(clause) {
                count += 1.0;
                if let Ok(at) = self.places.binary_search_by(|(p, _)| p.cmp(&pair)) {
                    held.push(self.places[at].1);
                }
            }
            held.sort_unstable();
            held.dedup();
            (held, count)
        });
        parts.filter(|(_, count)| *count > 0.0).collect()
    }

    /// Which of the pairs a text holds.
    fn held(&self, text: &str) -> Vec<bool> {
        let mut held = vec![false; self.spread.len()];
        for pair in neighbours(text) {
            if let Ok(at) = self.places.binary_search_by(|(p, _)| p.cmp(&pair)) {
                held[self.places[at].1] = true;
            }
        }
        held
    }
}

/// A pair's rarity within each law that has a candidate: `[law's place][pair]`.
fn within_laws(of: &Catalogue, spread: &[Spread], slot: &[Option<usize>], laws: usize) -> Vec<Vec<f32>> {
    let mut counts = vec![vec![0u32; spread.len()]; laws];
    for (pair, s) in spread.iter().enumerate() {
        for key in &s.keys {
            if let Some(slot) = of.entries.get(*key as usize).and_then(|e| slot[e.law]) {
                counts[slot][pair] += 1;
            }
        }
    }
    let mut sizes = vec![0u64; laws];
    for (law, slot) in slot.iter().enumerate() {
        if let Some(slot) = slot {
            sizes[*slot] = of.laws[law].articles as u64;
        }
    }
    let rare = |counts: Vec<u32>, size: u64| counts.into_iter().map(|c| rarity(u64::from(c).min(size), size)).collect();
    counts.into_iter().zip(sizes).map(|(counts, size)| rare(counts, size)).collect()
}

/// The measures of every candidate.
pub fn overlaps<'t>(
    of: &Catalogue,
    query: &str,
    spread: &[Spread],
    candidates: &[usize],
    text: &dyn Fn(usize) -> &'t str,
) -> Vec<Overlap> {
    let pairs = Pairs::new(query, spread);
    let mut slot: Vec<Option<usize>> = vec![None; of.laws.len()];
    let mut laws = 0;
    for i in candidates {
        slot[of.entries[*i].law].get_or_insert_with(|| {
            laws += 1;
            laws - 1
        });
    }
    let local = within_laws(of, spread, &slot, laws);
    let all: Vec<bool> = spread.iter().map(|s| !s.keys.is_empty()).collect();
    let whole = spread.iter().filter(|s| !s.keys.is_empty()).map(|s| s.rarity).sum::<f32>().max(1e-6);
    candidates
        .iter()
        .map(|i| {
            let clauses = pairs.by_clause(text(*i));
            let mut held = vec![false; spread.len()];
            clauses.iter().flat_map(|(h, _)| h).for_each(|p| held[*p] = true);
            let own = slot[of.entries[*i].law].map_or(&[][..], |s| &local[s]);
            let sum = |which: &[bool], held: &[bool], weight: &dyn Fn(usize) -> f32| -> f32 {
                (0..which.len()).filter(|p| which[*p] && held[*p]).map(weight).sum()
            };
            let global = |p: usize| spread[p].rarity;
            let local = |p: usize| own.get(p).copied().unwrap_or_default();
            let rarities = |held: &[usize]| held.iter().map(|p| global(*p)).sum::<f32>();
            let best = |measure: &dyn Fn(&[usize], f32) -> f32| {
                clauses.iter().map(|(held, count)| measure(held, *count)).fold(0.0, f32::max)
            };
            let share = |which: &[bool], weight: &dyn Fn(usize) -> f32| {
                sum(which, &held, weight) / sum(which, &all, weight).max(1e-6)
            };
            [
                share(&all, &global),
                sum(&all, &held, &local),
                share(&all, &local),
                sum(&all, &held, &|p| global(p) * local(p)),
                share(&pairs.asked, &global),
                sum(&pairs.asked, &held, &local),
                share(&pairs.asked, &local),
                share(&pairs.told, &global),
                sum(&all, &held, &global) / (SMOOTHING + clauses.iter().map(|c| c.1).sum::<f32>()),
                best(&|held, _| rarities(held) / whole),
                best(&|held, count| rarities(held) / (SMOOTHING + count).sqrt()),
            ]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_sentence_asks() {
        assert_eq!(sentences("甲打了乙。乙伤了。怎么办？"), ("甲打了乙。乙伤了。", "怎么办？"));
        assert_eq!(sentences("怎么办？"), ("怎么办？", "怎么办？"));
        assert_eq!(sentences(""), ("", ""));
        assert_eq!(sentences("。。"), ("。。", "。。"));
    }

    #[test]
    fn pairs_do_not_cross_marks_or_letters() {
        assert_eq!(neighbours("罚款，a元整").collect::<Vec<_>>(), vec![['罚', '款'], ['元', '整']]);
    }
}
