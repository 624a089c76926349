//! Attention of new positions over the cached ones, without copying the cache.
#![allow(unsafe_op_in_unsafe_fn, reason = "whole bodies are kernels over raw pointers under the invariants of mod.rs")]
#![allow(clippy::needless_range_loop, reason = "indices run over several register arrays at once")]

use std::arch::x86_64::*;
use std::cell::RefCell;

use super::avx512::exp;
use super::pool::pool;
use super::{PANEL, supported};

/// Keys and values of one key/value head, for positions up to `capacity`.
pub struct KvHead {
    /// `[position / 16][dim][16]`: sixteen positions side by side.
    keys: Vec<f32>,
    /// `[position][dim]`.
    values: Vec<f32>,
    dim: usize,
    capacity: usize,
}

impl KvHead {
    /// `dim` is a multiple of 64.
    pub fn new(dim: usize) -> Self {
        assert!(supported() && dim.is_multiple_of(64));
        Self { keys: vec![], values: vec![], dim, capacity: 0 }
    }

    /// Makes room for `positions`; grows by doubling and keeps what is there.
    pub fn reserve(&mut self, positions: usize) {
        if positions > self.capacity {
            self.capacity = positions.max(2 * self.capacity).max(256).next_multiple_of(32);
            self.keys.resize(self.capacity * self.dim, 0.0);
            self.values.resize(self.capacity * self.dim, 0.0);
        }
    }

    /// Stores position `at`; `reserve` has made room.
    pub fn store(&mut self, at: usize, key: &[f32], value: &[f32]) {
        let base = at / 16 * self.dim * 16 + at % 16;
        for (j, k) in key.iter().enumerate() {
            self.keys[base + j * 16] = *k;
        }
        self.values[at * self.dim..][..self.dim].copy_from_slice(value);
    }
}

/// Query rows handled together, all of one key/value head.
struct Rows {
    query: [*const f32; PANEL],
    out: [*mut f32; PANEL],
    /// Positions each row may see.
    limit: [usize; PANEL],
}

/// # Safety
/// The first `M` pointers of `rows` are valid for `DIM` floats; the cache holds every position below the limits; `scores` has
/// `M` rows of `stride` floats, `stride` a multiple of 32 not below the largest limit.
#[target_feature(enable = "avx512f,avx512dq")]
unsafe fn attend<const M: usize, const DIM: usize>(rows: &Rows, head: &KvHead, scores: *mut f32, stride: usize) {
    let longest = rows.limit[..M].iter().copied().max().unwrap_or(0);
    let pairs = longest.div_ceil(32);
    let scale = _mm512_set1_ps(1.0 / (DIM as f32).sqrt());
    let keys = head.keys.as_ptr();
    for b in 0..pairs {
        let (k0, k1) = (keys.add(b * 2 * DIM * 16), keys.add((b * 2 + 1) * DIM * 16));
        let mut acc = [[_mm512_setzero_ps(); 2]; M];
        for d in 0..DIM {
            let (a, c) = (_mm512_loadu_ps(k0.add(d * 16)), _mm512_loadu_ps(k1.add(d * 16)));
            for r in 0..M {
                let x = _mm512_set1_ps(*rows.query[r].add(d));
                acc[r][0] = _mm512_fmadd_ps(x, a, acc[r][0]);
                acc[r][1] = _mm512_fmadd_ps(x, c, acc[r][1]);
            }
        }
        for r in 0..M {
            for j in 0..2 {
                _mm512_storeu_ps(scores.add(r * stride + b * 32 + j * 16), _mm512_mul_ps(acc[r][j], scale));
            }
        }
    }
    let mut inverse = [0f32; M];
    for r in 0..M {
        let p = scores.add(r * stride);
        for i in rows.limit[r]..pairs * 32 {
            *p.add(i) = -1e30;
        }
        let mut max = _mm512_set1_ps(-1e30);
        for i in (0..pairs * 32).step_by(16) {
            max = _mm512_max_ps(max, _mm512_loadu_ps(p.add(i)));
        }
        let max = _mm512_set1_ps(_mm512_reduce_max_ps(max));
        let mut sum = _mm512_setzero_ps();
        for i in (0..pairs * 32).step_by(16) {
            let e = exp(_mm512_sub_ps(_mm512_loadu_ps(p.add(i)), max));
            sum = _mm512_add_ps(sum, e);
            _mm512_storeu_ps(p.add(i), e);
        }
        inverse[r] = 1.0 / _mm512_reduce_add_ps(sum);
    }
    for part in 0..DIM / 64 {
        let values = head.values.as_ptr().add(part * 64);
        let mut acc = [[_mm512_setzero_ps(); 4]; M];
        for t in 0..longest {
            let mut v = [_mm512_setzero_ps(); 4];
            for j in 0..4 {
                v[j] = _mm512_loadu_ps(values.add(t * DIM + j * 16));
            }
            for r in 0..M {
                // Beyond a row's limit the weight is e^-huge: nothing.
                let x = _mm512_set1_ps(if t < rows.limit[r] { *scores.add(r * stride + t) } else { 0.0 });
                for j in 0..4 {
                    acc[r][j] = _mm512_fmadd_ps(x, v[j], acc[r][j]);
                }
            }
        }
        for r in 0..M {
            for j in 0..4 {
                _mm512_storeu_ps(
                    rows.out[r].add(part * 64 + j * 16),
                    _mm512_mul_ps(acc[r][j], _mm512_set1_ps(inverse[r])),
                );
            }
        }
    }
}

thread_local! { static SCORES: RefCell<Vec<f32>> = const { RefCell::new(vec![]) }; }

/// Attention of `tokens` new positions standing at `pos..`, whose keys and values are already in `cache`.
/// `query` and `out` are `[tokens][heads × DIM]`; query heads are shared evenly among the cache's heads.
pub fn attention<const DIM: usize>(
    query: &[f32],
    out: &mut [f32],
    tokens: usize,
    pos: usize,
    heads: usize,
    cache: &[KvHead],
) {
    assert!(
        heads.is_multiple_of(cache.len()) && query.len() >= tokens * heads * DIM && out.len() >= tokens * heads * DIM
    );
    assert!(cache.iter().all(|c| c.dim == DIM && c.capacity >= pos + tokens));
    let group = heads / cache.len();
    let panels = (tokens * group).div_ceil(PANEL);
    let stride = (pos + tokens).next_multiple_of(32);
    let (query, out) = (query.as_ptr() as usize, out.as_mut_ptr() as usize);
    pool().run(cache.len() * panels, |range| {
        SCORES.with(|scores| {
            let mut scores = scores.borrow_mut();
            if scores.len() < PANEL * stride {
                scores.resize(PANEL * stride, 0.0);
            }
            for unit in range {
                // The longest rows first, so that the last chunks are short.
                let (h, panel) = (unit % cache.len(), panels - 1 - unit / cache.len());
                let count = (tokens * group - panel * PANEL).min(PANEL);
                let mut rows =
                    Rows { query: [std::ptr::null(); PANEL], out: [std::ptr::null_mut(); PANEL], limit: [0; PANEL] };
                for r in 0..count {
                    let row = panel * PANEL + r;
                    let (token, member) = (row / group, row % group);
                    let offset = (token * heads + h * group + member) * DIM;
                    // SAFETY: lengths asserted above.
                    unsafe {
                        rows.query[r] = (query as *const f32).add(offset);
                        rows.out[r] = (out as *mut f32).add(offset);
                    }
                    rows.limit[r] = pos + token + 1;
                }
                let (head, s) = (&cache[h], scores.as_mut_ptr());
                // SAFETY: as above; every (token, head) is written by one unit only.
                unsafe {
                    match count {
                        1 => attend::<1, DIM>(&rows, head, s, stride),
                        2 => attend::<2, DIM>(&rows, head, s, stride),
                        3 => attend::<3, DIM>(&rows, head, s, stride),
                        4 => attend::<4, DIM>(&rows, head, s, stride),
                        5 => attend::<5, DIM>(&rows, head, s, stride),
                        _ => attend::<6, DIM>(&rows, head, s, stride),
                    }
                }
            }
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attention_agrees_with_plain_arithmetic() {
        if !supported() {
            return;
        }
        const DIM: usize = 64;
        let (heads, kv, pos, tokens) = (4, 2, 37, 5);
        let value = |a: usize, b: usize| ((a * 37 + b * 101) % 97) as f32 / 48.5 - 1.0;
        let mut cache: Vec<KvHead> = (0..kv).map(|_| KvHead::new(DIM)).collect();
        for (h, head) in cache.iter_mut().enumerate() {
            head.reserve(pos + tokens);
            for t in 0..pos + tokens {
                let key: Vec<f32> = (0..DIM).map(|d| value(t * 3 + h, d)).collect();
                let val: Vec<f32> = (0..DIM).map(|d| value(t + 11 * h, d + 5)).collect();
                head.store(t, &key, &val);
            }
        }
        let query: Vec<f32> = (0..tokens * heads * DIM).map(|i| value(i, 3)).collect();
        let mut out = vec![0f32; query.len()];
        attention::<DIM>(&query, &mut out, tokens, pos, heads, &cache);
        for token in 0..tokens {
            for h in 0..heads {
                let g = h / (heads / kv);
                let q = &query[(token * heads + h) * DIM..][..DIM];
                let scores: Vec<f64> = (0..=pos + token)
                    .map(|t| (0..DIM).map(|d| f64::from(q[d] * value(t * 3 + g, d))).sum::<f64>() / (DIM as f64).sqrt())
                    .collect();
                let max = scores.iter().copied().fold(f64::MIN, f64::max);
                let total: f64 = scores.iter().map(|s| (s - max).exp()).sum();
                for d in 0..DIM {
                    let expect: f64 = scores
                        .iter()
                        .enumerate()
                        .map(|(t, s)| (s - max).exp() / total * f64::from(value(t + 11 * g, d + 5)))
                        .sum();
                    let got = f64::from(out[(token * heads + h) * DIM + d]);
                    assert!((got - expect).abs() < 1e-4, "{token} {h} {d}: {got} {expect}");
                }
            }
        }
    }
}
