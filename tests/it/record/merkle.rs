//! Proofs against a tree built the naive way, straight from the text of RFC 6962.

use proptest::prelude::*;
use sha2::{Digest, Sha256};
use zhicai::domain::process_record::merkle::{Frontier, Hash, leaf, node};
use zhicai::domain::process_record::proof::{Gatherer, Parts, continues, includes};

fn leaves(n: u64) -> Vec<Hash> {
    (0..n).map(|i| Sha256::digest(i.to_be_bytes()).into()).collect()
}

/// k: the largest power of two smaller than n.
fn k(n: usize) -> usize {
    let mut k = 1;
    while k * 2 < n {
        k *= 2;
    }
    k
}

fn mth(d: &[Hash]) -> Hash {
    match d {
        [] => Sha256::digest([]).into(),
        [one] => leaf(one),
        many => node(&mth(&many[..k(many.len())]), &mth(&many[k(many.len())..])),
    }
}

fn path(m: usize, d: &[Hash]) -> Vec<Hash> {
    let n = d.len();
    if n == 1 {
        return vec![];
    }
    let k = k(n);
    let (mut rest, other) = if m < k { (path(m, &d[..k]), mth(&d[k..])) } else { (path(m - k, &d[k..]), mth(&d[..k])) };
    rest.push(other);
    rest
}

fn subproof(m: usize, d: &[Hash], known: bool) -> Vec<Hash> {
    let n = d.len();
    if m == n {
        return if known { vec![] } else { vec![mth(d)] };
    }
    let k = k(n);
    let (mut rest, other) = if m <= k {
        (subproof(m, &d[..k], known), mth(&d[k..]))
    } else {
        (subproof(m - k, &d[k..], false), mth(&d[..k]))
    };
    rest.push(other);
    rest
}

fn gathered(parts: &Parts, d: &[Hash]) -> Vec<Hash> {
    let mut gatherer = Gatherer::new(parts);
    d.iter().for_each(|h| gatherer.push(h));
    gatherer.finish().unwrap()
}

#[test]
fn every_small_tree_agrees_with_the_naive_one() {
    let mut frontier = Frontier::default();
    for n in 1..=33u64 {
        let d = leaves(n);
        frontier.push(&d[n as usize - 1]);
        let root = mth(&d);
        assert_eq!(frontier.root(), root);
        assert_eq!(Frontier::from_text(n, &frontier.to_text()).unwrap(), frontier);
        for m in 0..n {
            let proof = gathered(&Parts::inclusion(m, n).unwrap(), &d);
            assert_eq!(proof, path(m as usize, &d), "{m} in {n}");
            assert!(includes(&d[m as usize], m, n, &proof, &root));
        }
        for m in 1..=n {
            let old = mth(&d[..m as usize]);
            let proof = gathered(&Parts::consistency(m, n).unwrap(), &d);
            assert_eq!(proof, subproof(m as usize, &d, true), "{m} to {n}");
            assert!(continues((m, &old), (n, &root), &proof), "{m} to {n}");
        }
        assert!(Parts::inclusion(n, n).is_none());
        assert!(Parts::consistency(0, n).is_none() && Parts::consistency(n + 1, n).is_none());
    }
}

proptest! {
    #[test]
    fn no_other_proof_is_believed(n in 2u64..300, pick in any::<u64>(), spoil in any::<u64>(), bit in 0usize..256) {
        let d = leaves(n);
        let root = mth(&d);
        let m = pick % n;
        let mut proof = gathered(&Parts::inclusion(m, n).unwrap(), &d);
        prop_assert!(includes(&d[m as usize], m, n, &proof, &root));
        for (index, size) in [((m + 1) % n, n), (m, n + 1), (m, m)] {
            // Another place may share the path only where it is the same leaf of a tree of the same shape.
            if (index, size) != (m, n) {
                prop_assert!(!includes(&d[m as usize], index, size, &proof, &root) || size == n + 1);
            }
        }
        prop_assert!(!includes(&d[((m + 1) % n) as usize], m, n, &proof, &root));
        let at = (spoil as usize) % proof.len();
        proof[at][bit / 8] ^= 1 << (bit % 8);
        prop_assert!(!includes(&d[m as usize], m, n, &proof, &root));
        proof[at][bit / 8] ^= 1 << (bit % 8);
        let more = [proof.clone(), vec![root]].concat();
        prop_assert!(!includes(&d[m as usize], m, n, &more, &root));
        prop_assert!(!includes(&d[m as usize], m, n, &proof[1..], &root));
    }

    #[test]
    fn a_rewritten_past_has_no_consistency_proof(n in 2u64..300, pick in any::<u64>(), changed in any::<u64>()) {
        let d = leaves(n);
        let m = 1 + pick % (n - 1);
        let old = mth(&d[..m as usize]);
        let proof = gathered(&Parts::consistency(m, n).unwrap(), &d);
        prop_assert!(continues((m, &old), (n, &mth(&d)), &proof));
        let mut rewritten = d.clone();
        rewritten[(changed % m) as usize][0] ^= 1;
        let proof = gathered(&Parts::consistency(m, n).unwrap(), &rewritten);
        prop_assert!(!continues((m, &old), (n, &mth(&rewritten)), &proof));
    }
}
