//! The kernels in plain Rust: any processor, and the reference that the others are compared with. Loops are written in the
//! shapes that the compiler turns into vector code; [`super::avx2`] compiles some of them again with wider registers.
#![allow(unsafe_op_in_unsafe_fn, reason = "whole bodies are kernels over raw pointers under the invariants of mod.rs")]
#![allow(clippy::needless_range_loop, reason = "fixed-size loops that the compiler turns into vector code")]

use half::f16;

use super::activations::{Activations, RowSlots};
use super::attention::{KvHead, Rows};
pub(super) use super::rows::dot_row;
use super::weights::{Kind, PackedWeights};
use super::{BLOCK, Gate, Ops, PANEL, TILE};

pub(super) const OPS: Ops = Ops { quantize_row, tile_pair, rms_norm, gate, attend, dot_row };

/// [`Ops::quantize_row`].
///
/// # Safety
/// `x` holds `blocks * 32` floats; the slots cover row `row` of panels with `blocks` blocks.
#[inline(always)]
pub(super) unsafe fn quantize_row(slots: &RowSlots, blocks: usize, row: usize, x: *const f32) {
    let x = std::slice::from_raw_parts(x, blocks * BLOCK);
    let (place, step) = slots.place(blocks, row);
    for (b, values) in x.chunks_exact(BLOCK).enumerate() {
        let max = values.iter().fold(0f32, |m, v| m.max(v.abs()));
        let inverse = if max > 0.0 { 127.0 / max } else { 0.0 };
        let at = place + b * step;
        let quants = std::slice::from_raw_parts_mut(slots.quants.add(at * BLOCK), BLOCK);
        for (q, v) in quants.iter_mut().zip(values) {
            *q = (v * inverse).round_ties_even() as i8;
        }
        let sum = |q: &[i8]| q.iter().map(|q| i32::from(*q)).sum::<i32>();
        let (first, total) = (sum(&quants[..16]), sum(quants));
        *slots.scales.add(at) = max / 127.0;
        *slots.sums.add(at) = -8 * total;
        *slots.half_sums.add(at) = -8 * first;
        *slots.scaled_sums.add(at) = -(max / 127.0) * total as f32;
    }
}

/// Bit `j` of a byte as 16 in byte `j`.
static FIFTHS: [[u8; 8]; 256] = {
    let mut table = [[0u8; 8]; 256];
    let mut i = 0;
    while i < 256 * 8 {
        table[i / 8][i % 8] = (((i / 8) >> (i % 8)) as u8 & 1) << 4;
        i += 1;
    }
    table
};

/// One tile × block as unsigned bytes, `[group][row][4]`.
///
/// # Safety
/// `p` points at a tile's block of `kind`.
unsafe fn unpack(kind: Kind, p: *const u8, out: &mut [u8; 512]) {
    let p = std::slice::from_raw_parts(p, kind.bytes());
    if kind == Kind::Bits8 {
        out.copy_from_slice(p);
        return;
    }
    for i in 0..256 {
        out[i] = p[i] & 15;
        out[256 + i] = p[i] >> 4;
    }
    match kind {
        Kind::Bits5 | Kind::Bits5Min => {
            for (eight, bits) in out.chunks_exact_mut(8).zip(&p[256..]) {
                for (byte, fifth) in eight.iter_mut().zip(FIFTHS[usize::from(*bits)]) {
                    *byte |= fifth;
                }
            }
        }
        Kind::Bits6 => {
            for group in 0..8 {
                for lane in 0..64 {
                    let bits = p[256 + group / 4 * 64 + lane] >> (2 * (group % 4));
                    out[group * 64 + lane] |= (bits & 3) << 4;
                }
            }
        }
        _ => {}
    }
}

/// Sums over groups `groups` of a block of one activation row with the sixteen rows of a tile. Pairs of 16-bit products are
/// added first: that is one instruction on most processors.
#[inline(always)]
fn dot(groups: std::ops::Range<usize>, tile: &[u8; 512], x: &[i8; BLOCK]) -> [i32; TILE] {
    let mut halves = [0i32; 2 * TILE];
    for g in groups {
        let (mut wide, mut four) = ([0i16; 64], [0i16; 64]);
        for (to, from) in wide.iter_mut().zip(&tile[g * 64..][..64]) {
            *to = i16::from(*from);
        }
        for row in 0..TILE {
            for j in 0..4 {
                four[row * 4 + j] = i16::from(x[g * 4 + j]);
            }
        }
        for i in 0..2 * TILE {
            halves[i] += i32::from(wide[2 * i]) * i32::from(four[2 * i])
                + i32::from(wide[2 * i + 1]) * i32::from(four[2 * i + 1]);
        }
    }
    std::array::from_fn(|row| halves[2 * row] + halves[2 * row + 1])
}

/// eˣ for −87 ≤ x ≤ 88 to about 2 ulp, without branches: Cephes' polynomial after taking out powers of two.
#[inline(always)]
fn exp(x: f32) -> f32 {
    let x = x.clamp(-87.0, 88.0);
    // Adding and taking away 1.5 · 2²³ rounds to the nearest whole number, and leaves it in the low bits meanwhile.
    const ROUND: f32 = 12_582_912.0;
    let rounded = x * std::f32::consts::LOG2_E + ROUND;
    let n = rounded - ROUND;
    let r = (x - n * 0.693_359_4) + n * 2.121_944_4e-4;
    let mut p = 1.987_569_2e-4;
    for c in [1.398_2e-3f32, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_6e-1, 0.5] {
        p = p * r + c;
    }
    let p = p * (r * r) + r + 1.0;
    p * f32::from_bits((rounded.to_bits() << 23).wrapping_add(127 << 23))
}

/// [`Ops::tile_pair`].
///
/// # Safety
/// `tile` and `tile + 1` exist in `w`; `out` has `acts.m` rows of `w.n` floats.
unsafe fn tile_pair(w: &PackedWeights, tile: usize, acts: &Activations, out: *mut f32, _scratch: *mut u8) {
    let (blocks, kind) = (w.k / BLOCK, w.kind);
    let mut bytes = [0u8; 512];
    for j in 0..2 {
        let column = (tile + j) * TILE;
        for b in 0..blocks {
            let at = tile * blocks + b * 2 + j;
            unpack(kind, w.quants.as_ptr().add(at * kind.bytes()), &mut bytes);
            let widen = |from: &[f16]| -> [f32; TILE] { std::array::from_fn(|i| from[at * TILE + i].to_f32()) };
            let scales = widen(&w.scales);
            let second = if w.second.is_empty() { [0.0; TILE] } else { widen(&w.second) };
            for r in 0..acts.m {
                let slot = (r / PANEL * blocks + b) * PANEL + r % PANEL;
                let x = &*acts.quants.as_ptr().add(slot * BLOCK).cast::<[i8; BLOCK]>();
                let (scale, sum) = (acts.scales[slot], acts.sums[slot] * (kind.offset() / 8));
                let out = std::slice::from_raw_parts_mut(out.add(r * w.n + column), TILE);
                if b == 0 {
                    out.fill(0.0);
                }
                if kind == Kind::Bits6 {
                    let first = acts.half_sums[slot] * (kind.offset() / 8);
                    let (lo, hi) = (dot(0..4, &bytes, x), dot(4..8, &bytes, x));
                    for i in 0..TILE {
                        let (lo, hi) = ((lo[i] + first) as f32, (hi[i] + sum - first) as f32);
                        out[i] += scale * (scales[i] * lo + second[i] * hi);
                    }
                } else {
                    let total = dot(0..8, &bytes, x);
                    let scaled_sum = acts.scaled_sums[slot];
                    for i in 0..TILE {
                        out[i] += scale * scales[i] * (total[i] + sum) as f32 + second[i] * scaled_sum;
                    }
                }
            }
        }
    }
}

/// [`Ops::rms_norm`].
///
/// # Safety
/// The three pointers hold `n` floats.
#[inline(always)]
pub(super) unsafe fn rms_norm(x: *const f32, weight: *const f32, out: *mut f32, n: usize, eps: f32) {
    let (x, weight) = (std::slice::from_raw_parts(x, n), std::slice::from_raw_parts(weight, n));
    let mut squares = [0f32; 16];
    for chunk in x.chunks_exact(16) {
        for i in 0..16 {
            squares[i] += chunk[i] * chunk[i];
        }
    }
    let r = 1.0 / (squares.iter().sum::<f32>() / n as f32 + eps).sqrt();
    for ((o, x), w) in std::slice::from_raw_parts_mut(out, n).iter_mut().zip(x).zip(weight) {
        *o = x * r * w;
    }
}

/// [`Ops::gate`].
///
/// # Safety
/// The three pointers hold `n` floats.
#[inline(always)]
pub(super) unsafe fn gate(kind: Gate, x: *const f32, up: *const f32, out: *mut f32, n: usize) {
    let (x, up) = (std::slice::from_raw_parts(x, n), std::slice::from_raw_parts(up, n));
    for ((o, x), up) in std::slice::from_raw_parts_mut(out, n).iter_mut().zip(x).zip(up) {
        let y = match kind {
            Gate::Silu => *x,
            Gate::GeluTanh => 1.595_769 * (x + 0.044_715 * x * x * x),
        };
        *o = x / (1.0 + exp(-y)) * up;
    }
}

/// [`Ops::attend`].
///
/// # Safety
/// The first `rows.count` pointers are valid for `head.dim` floats; the cache holds every position below the limits; `scores`
/// has `stride` floats, a multiple of 32 not below the largest limit.
#[inline(always)]
pub(super) unsafe fn attend(rows: &Rows, head: &KvHead, scores: *mut f32, stride: usize) {
    let dim = head.dim;
    let scores = std::slice::from_raw_parts_mut(scores, stride);
    for r in 0..rows.count {
        let query = std::slice::from_raw_parts(rows.query[r], dim);
        let out = std::slice::from_raw_parts_mut(rows.out[r], dim);
        let (from, limit) = (rows.from[r], rows.limit[r]);
        let first = from / TILE;
        for (block, scores) in scores[..limit.next_multiple_of(TILE)].chunks_exact_mut(TILE).enumerate().skip(first) {
            let keys = &head.keys[block * dim * TILE..][..dim * TILE];
            let mut sums = [0f32; TILE];
            for (q, keys) in query.iter().zip(keys.chunks_exact(TILE)) {
                for i in 0..TILE {
                    sums[i] += q * keys[i];
                }
            }
            scores.copy_from_slice(&sums);
        }
        let seen = &mut scores[from..limit];
        let max = seen.iter().fold(f32::MIN, |m, s| m.max(*s * rows.scale));
        for s in seen.iter_mut() {
            *s = exp(*s * rows.scale - max);
        }
        // Sixteen partial sums: the order is fixed, and it is vector code.
        let mut parts = [0f32; TILE];
        for (i, s) in seen.iter().enumerate() {
            parts[i % TILE] += s;
        }
        let total: f32 = parts.iter().sum();
        out.fill(0.0);
        for (s, values) in seen.iter().zip(head.values[from * dim..].chunks_exact(dim)) {
            for (o, v) in out.iter_mut().zip(values) {
                *o += s * v;
            }
        }
        out.iter_mut().for_each(|o| *o /= total);
    }
}
