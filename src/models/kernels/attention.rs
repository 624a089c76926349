//! Attention of new positions over the cached ones, without copying the cache: the cache, and the split over the pool.

use std::cell::RefCell;

use super::pool::pool;
use super::product::Out;
use super::{PANEL, level};

/// Keys and values of one key/value head of one sequence, for positions up to `capacity`.
pub struct KvHead {
    /// `[position / 16][dim][16]`: sixteen positions side by side.
    pub(super) keys: Vec<f32>,
    /// `[position][dim]`.
    pub(super) values: Vec<f32>,
    pub(super) dim: usize,
    capacity: usize,
}

impl KvHead {
    /// `dim` is a multiple of 32.
    pub fn new(dim: usize) -> Self {
        assert!(dim > 0 && dim.is_multiple_of(32));
        Self { keys: vec![], values: vec![], dim, capacity: 0 }
    }

    /// Makes room for `positions`; grows by halves and keeps what is there.
    pub fn reserve(&mut self, positions: usize) {
        if positions > self.capacity {
            self.capacity = positions.max(self.capacity * 3 / 2).max(256).next_multiple_of(32);
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

    /// Takes over the first `len` positions of another sequence.
    pub fn copy_from(&mut self, other: &Self, len: usize) {
        self.reserve(len);
        let keys = len.next_multiple_of(16) * self.dim;
        self.keys[..keys].copy_from_slice(&other.keys[..keys]);
        self.values[..len * self.dim].copy_from_slice(&other.values[..len * self.dim]);
    }

    /// Gives its memory back.
    pub fn clear(&mut self) {
        *self = Self::new(self.dim);
    }
}

/// Query rows handled together, all of one key/value head.
pub(crate) struct Rows {
    pub count: usize,
    pub query: [*const f32; PANEL],
    pub out: [*mut f32; PANEL],
    /// First position each row may see.
    pub from: [usize; PANEL],
    /// One past the last position each row may see.
    pub limit: [usize; PANEL],
    /// Of the scores.
    pub scale: f32,
}

/// The new positions of one sequence: `tokens` rows from `row` on, standing at `pos..`, keys and values already in `cache`.
pub struct Span<'a> {
    pub row: usize,
    pub tokens: usize,
    pub pos: usize,
    pub cache: &'a [KvHead],
    /// How many positions back a row sees, itself included; `usize::MAX` for all.
    pub window: usize,
    /// Whether a row sees what comes after it, too (encoders).
    pub both_ways: bool,
}

/// Work of one span: which units of the region are its.
struct Part<'a> {
    span: &'a Span<'a>,
    first: usize,
    panels: usize,
}

thread_local! { static SCORES: RefCell<Vec<f32>> = const { RefCell::new(vec![]) }; }

/// Attention of every span in one region. `query` and `out` are `[row][heads × dim]`; query heads are shared evenly among the
/// cache's heads. Spans come in the order of their rows.
pub fn attention(query: &[f32], out: &mut [f32], heads: usize, scale: f32, spans: &[Span<'_>]) {
    // No row is two spans': that makes the units' outputs disjoint (invariant 4).
    assert!(spans.windows(2).all(|pair| pair[0].row + pair[0].tokens <= pair[1].row));
    let mut units = 0;
    let mut parts = Vec::with_capacity(spans.len());
    for span in spans {
        let kv = span.cache.len();
        assert!(kv > 0 && heads.is_multiple_of(kv));
        let width = heads * span.cache[0].dim;
        assert!(query.len() >= (span.row + span.tokens) * width && out.len() >= (span.row + span.tokens) * width);
        assert!(span.cache.iter().all(|c| c.dim == span.cache[0].dim && c.capacity >= span.pos + span.tokens));
        let panels = (span.tokens * (heads / kv)).div_ceil(PANEL);
        parts.push(Part { span, first: units, panels });
        units += kv * panels;
    }
    let query = Out(query.as_ptr().cast_mut());
    let (out, ops) = (Out(out.as_mut_ptr()), level().ops());
    pool().run(units, |range| {
        let (query, out) = (&query, &out);
        SCORES.with(|scores| {
            let mut scores = scores.borrow_mut();
            for unit in range {
                let part = &parts[parts.partition_point(|p| p.first <= unit) - 1];
                let (span, kv) = (part.span, part.span.cache.len());
                let (dim, group) = (span.cache[0].dim, heads / kv);
                let local = unit - part.first;
                // The longest rows first, so that the last chunks are short.
                let (h, panel) = (local % kv, part.panels - 1 - local / kv);
                let count = (span.tokens * group - panel * PANEL).min(PANEL);
                let mut rows = Rows {
                    count,
                    query: [std::ptr::null(); PANEL],
                    out: [std::ptr::null_mut(); PANEL],
                    from: [0; PANEL],
                    limit: [0; PANEL],
                    scale,
                };
                for r in 0..count {
                    let row = panel * PANEL + r;
                    let (token, member) = (row / group, row % group);
                    let offset = ((span.row + token) * heads + h * group + member) * dim;
                    // SAFETY: lengths asserted above.
                    unsafe {
                        rows.query[r] = query.0.add(offset);
                        rows.out[r] = out.0.add(offset);
                    }
                    rows.limit[r] = span.pos + if span.both_ways { span.tokens } else { token + 1 };
                    rows.from[r] = rows.limit[r].saturating_sub(span.window);
                }
                let stride = (span.pos + span.tokens).next_multiple_of(32);
                if scores.len() < PANEL * stride {
                    scores.resize(PANEL * stride, 0.0);
                }
                // SAFETY: as above; every (token, head) is written by one unit only.
                unsafe { (ops.attend)(&rows, &span.cache[h], scores.as_mut_ptr(), stride) }
            }
        });
    });
}

#[cfg(test)]
mod tests {
    use super::super::on_every_level;
    use super::*;

    fn value(a: usize, b: usize) -> f32 {
        ((a * 37 + b * 101) % 97) as f32 / 48.5 - 1.0
    }

    /// Two sequences at once, with and without a window, one way and both ways, against plain arithmetic.
    #[test]
    fn attention_agrees_with_plain_arithmetic() {
        on_every_level(|level| {
            for (dim, window, many) in
                [(64, usize::MAX, 5), (64, usize::MAX, 70), (96, 20, 5), (128, 20, 5), (256, 33, 40)]
            {
                let (heads, kv) = (4, 2);
                let shapes = [(37usize, many), (0, 3)];
                let caches: Vec<Vec<KvHead>> = shapes
                    .iter()
                    .enumerate()
                    .map(|(s, (pos, tokens))| {
                        (0..kv)
                            .map(|h| {
                                let mut head = KvHead::new(dim);
                                head.reserve(pos + tokens);
                                for t in 0..pos + tokens {
                                    let key: Vec<f32> = (0..dim).map(|d| value(t * 3 + h + s, d)).collect();
                                    let val: Vec<f32> = (0..dim).map(|d| value(t + 11 * h + s, d + 5)).collect();
                                    head.store(t, &key, &val);
                                }
                                head
                            })
                            .collect()
                    })
                    .collect();
                let spans = [
                    Span { row: 0, tokens: many, pos: 37, cache: &caches[0], window, both_ways: false },
                    Span { row: many, tokens: 3, pos: 0, cache: &caches[1], window, both_ways: window == usize::MAX },
                ];
                let query: Vec<f32> = (0..(many + 3) * heads * dim).map(|i| value(i, 3)).collect();
                let mut out = vec![0f32; query.len()];
                let scale = 1.0 / (dim as f32).sqrt();
                attention(&query, &mut out, heads, scale, &spans);
                for (s, span) in spans.iter().enumerate() {
                    for token in 0..span.tokens {
                        for h in 0..heads {
                            let g = h / (heads / kv);
                            let at = ((span.row + token) * heads + h) * dim;
                            let q = &query[at..][..dim];
                            let here = span.pos + token;
                            let last = if span.both_ways { span.pos + span.tokens - 1 } else { here };
                            let seen = (here + 1).saturating_sub(window)..=last;
                            let scores: Vec<f64> = seen
                                .clone()
                                .map(|t| {
                                    (0..dim).map(|d| f64::from(q[d] * value(t * 3 + g + s, d))).sum::<f64>()
                                        * f64::from(scale)
                                })
                                .collect();
                            let max = scores.iter().copied().fold(f64::MIN, f64::max);
                            let total: f64 = scores.iter().map(|s| (s - max).exp()).sum();
                            for d in 0..dim {
                                let expect: f64 = scores
                                    .iter()
                                    .zip(seen.clone())
                                    .map(|(x, t)| (x - max).exp() / total * f64::from(value(t + 11 * g + s, d + 5)))
                                    .sum();
                                let got = f64::from(out[at + d]);
                                // Tiles round keys, values and weights to bf16.
                                assert!((got - expect).abs() < 1e-2, "{level:?} {dim} {token} {h} {d}: {got} {expect}");
                            }
                        }
                    }
                }
            }
        });
    }
}
