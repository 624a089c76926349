//! Logits → one token: greedy, or a seeded draw.

/// The likeliest of `(logit, id)` at temperature 0, else a draw. Ties go to the lower id; not-a-numbers are never chosen.
pub fn pick(candidates: impl Iterator<Item = (f32, u32)>, temperature: f32, rng: &mut Rng) -> Option<u32> {
    let candidates = candidates.filter(|(l, _)| !l.is_nan());
    if temperature <= 0.0 {
        let best = candidates.fold(None, |best: Option<(f32, u32)>, (l, id)| match best {
            Some((top, at)) if top > l || (top == l && at < id) => Some((top, at)),
            _ => Some((l, id)),
        });
        return best.map(|(_, id)| id);
    }
    let mut weights: Vec<(f32, u32)> = candidates.collect();
    let best = weights.iter().copied().max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))?;
    let mut total = 0.0f64;
    for (l, _) in &mut weights {
        *l = ((*l - best.0) / temperature).exp();
        total += f64::from(*l);
    }
    let mut left = rng.next() * total;
    for (weight, id) in &weights {
        left -= f64::from(*weight);
        if left <= 0.0 {
            return Some(*id);
        }
    }
    Some(best.1)
}

/// Natural logarithm of the probability of `id` under `logits`.
pub fn log_probability(logits: &[f32], id: u32) -> f32 {
    let max = logits.iter().copied().fold(f32::MIN, f32::max);
    let sum: f32 = logits.iter().map(|l| (l - max).exp()).sum();
    logits.get(id as usize).map_or(f32::MIN, |l| l - max - sum.ln())
}

/// SplitMix64: small, seedable, the same everywhere.
pub struct Rng(pub u64);

impl Rng {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greedy_takes_the_likeliest_and_masks_hold() {
        let logits = [0.0, 3.0, 2.0, f32::NAN, 3.0];
        let of = |ids: &[u32]| ids.iter().map(|id| (logits[*id as usize], *id)).collect::<Vec<_>>();
        assert_eq!(pick(of(&[0, 1, 2, 3, 4]).into_iter(), 0.0, &mut Rng(1)), Some(1));
        assert_eq!(pick(of(&[0, 2]).into_iter(), 0.0, &mut Rng(1)), Some(2));
        assert_eq!(pick(of(&[3]).into_iter(), 0.0, &mut Rng(1)), None);
        for seed in 0..50 {
            assert_ne!(pick(of(&[0, 2]).into_iter(), 1.5, &mut Rng(seed)), Some(1));
        }
    }

    #[test]
    fn probabilities_sum_to_one() {
        let logits = [0.5, -1.0, 2.0];
        let total: f32 = (0..3).map(|id| log_probability(&logits, id).exp()).sum();
        assert!((total - 1.0).abs() < 1e-6);
    }
}
