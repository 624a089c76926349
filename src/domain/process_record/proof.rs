//! Proofs over the Merkle tree (RFC 6962 §2.1): that an event is in the record, and that a later record continues an earlier one.
//! What a proof is made of are roots of parts of the tree, and no two parts overlap: one pass over the leaves gives them all.

use std::ops::Range;

use super::merkle::{Frontier, Hash, leaf, node};

/// Parts of the tree whose roots make a proof, in the order in which they are handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts(Vec<Range<u64>>);

impl Parts {
    /// For the leaf `index` (from 0) in a tree of `size` leaves; `None` when there is no such leaf.
    pub fn inclusion(index: u64, size: u64) -> Option<Self> {
        if index >= size {
            return None;
        }
        let (mut parts, mut within) = (vec![], 0..size);
        while within.end - within.start > 1 {
            let middle = within.start + split(within.end - within.start);
            let other = if index < middle { middle..within.end } else { within.start..middle };
            within = if index < middle { within.start..middle } else { middle..within.end };
            parts.push(other);
        }
        parts.reverse();
        Some(Self(parts))
    }

    /// For the tree of `size` leaves as the continuation of its first `old` ones; `None` unless `0 < old <= size`.
    pub fn consistency(old: u64, size: u64) -> Option<Self> {
        if old == 0 || old > size {
            return None;
        }
        let (mut parts, mut within) = (vec![], 0..size);
        // Until the part in hand ends where the old tree ended.
        while within.end != old {
            let middle = within.start + split(within.end - within.start);
            if old <= middle {
                parts.push(middle..within.end);
                within = within.start..middle;
            } else {
                parts.push(within.start..middle);
                within = middle..within.end;
            }
        }
        // The old root itself is known to whoever checks.
        if within.start > 0 {
            parts.push(within);
        }
        parts.reverse();
        Some(Self(parts))
    }
}

/// Largest power of two below `size`, which is at least 2.
fn split(size: u64) -> u64 {
    1 << (u64::BITS - 1 - (size - 1).leading_zeros())
}

/// Gathers the roots while the leaves go by, from the first to the last.
pub struct Gatherer {
    parts: Vec<(Range<u64>, Frontier)>,
    at: u64,
}

impl Gatherer {
    pub fn new(parts: &Parts) -> Self {
        Self { parts: parts.0.iter().map(|range| (range.clone(), Frontier::default())).collect(), at: 0 }
    }

    /// The next leaf.
    pub fn push(&mut self, event_hash: &Hash) {
        if let Some((_, frontier)) = self.parts.iter_mut().find(|(range, _)| range.contains(&self.at)) {
            frontier.push(event_hash);
        }
        self.at += 1;
    }

    /// The proof; `None` when leaves were missing.
    pub fn finish(self) -> Option<Vec<Hash>> {
        let whole = |(range, frontier): (Range<u64>, Frontier)| {
            (frontier.size() == range.end - range.start).then(|| frontier.root())
        };
        self.parts.into_iter().map(whole).collect()
    }
}

/// Whether the path leads from the event hash at `index` to the root of the tree of `size` leaves.
pub fn includes(event_hash: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, leaf(event_hash));
    for step in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node(step, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node(&hash, step);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether the tree of `size` leaves with root `root` begins with the tree of `old` leaves with root `old_root`.
pub fn continues((old, old_root): (u64, &Hash), (size, root): (u64, &Hash), path: &[Hash]) -> bool {
    if old == 0 || old > size {
        return false;
    }
    if old == size {
        return path.is_empty() && old_root == root;
    }
    let mut path = path.iter();
    let first = if old.is_power_of_two() { Some(old_root) } else { path.next() };
    let Some(first) = first else { return false };
    let (mut at, mut last) = (old - 1, size - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (mut before, mut now) = (*first, *first);
    for step in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            before = node(step, &before);
            now = node(step, &now);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            now = node(&now, step);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && before == *old_root && now == *root
}
