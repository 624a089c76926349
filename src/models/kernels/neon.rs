//! NEON kernels, with and without the dot-product extension: quantise activations, RMS norm, gates, exact search; products
//! and attention in files of their own. NEON itself is part of every 64-bit Arm processor.
#![allow(unsafe_op_in_unsafe_fn, reason = "whole bodies are kernels over raw pointers under the invariants of mod.rs")]

mod attend;
mod product;

use std::arch::aarch64::*;
use std::arch::asm;

use super::activations::RowSlots;
use super::{BLOCK, Gate, Ops};

pub(super) const DOT: Ops =
    Ops { quantize_row, tile_pair: product::dot, rms_norm, gate, attend: attend::attend, dot_row: dot_row_dot };
pub(super) const PLAIN: Ops =
    Ops { quantize_row, tile_pair: product::plain, rms_norm, gate, attend: attend::attend, dot_row };

/// `sum` plus four products of signed bytes in each lane. The compiler's own function for it is not stable yet.
macro_rules! sdot {
    ($sum:expr, $a:expr, $b:expr, $width:literal) => {{
        let mut sum: int32x4_t = $sum;
        asm!(
            concat!("sdot {s:v}.4s, {a:v}.16b, {b:v}.", $width),
            s = inout(vreg) sum, a = in(vreg) $a, b = in(vreg) $b,
            options(pure, nomem, nostack, preserves_flags),
        );
        sum
    }};
}
use sdot;

/// [`Ops::quantize_row`]. Quants keep to ±127 even where a block's scale is too small to invert: products without the dot
/// instruction rely on it.
///
/// # Safety
/// `x` holds `blocks * 32` floats; the slots cover row `row` of panels with `blocks` blocks.
#[target_feature(enable = "neon")]
unsafe fn quantize_row(slots: &RowSlots, blocks: usize, row: usize, x: *const f32) {
    let (first, step) = slots.place(blocks, row);
    for b in 0..blocks {
        let v: [float32x4_t; 8] = std::array::from_fn(|i| vld1q_f32(x.add(b * BLOCK + i * 4)));
        let max = vmaxnmvq_f32(v.iter().fold(vdupq_n_f32(0.0), |m, v| vmaxnmq_f32(m, vabsq_f32(*v))));
        let (scale, inverse) = (max / 127.0, if max > 0.0 { 127.0 / max } else { 0.0 });
        let round = |v| vqmovn_s32(vcvtnq_s32_f32(vmulq_n_f32(v, inverse)));
        let eight = |a, b| vqmovn_s16(vcombine_s16(round(a), round(b)));
        let half = |v: &[float32x4_t]| vmaxq_s8(vcombine_s8(eight(v[0], v[1]), eight(v[2], v[3])), vdupq_n_s8(-127));
        let (lo, hi) = (half(&v[..4]), half(&v[4..]));
        let at = first + b * step;
        vst1q_s8(slots.quants.add(at * BLOCK), lo);
        vst1q_s8(slots.quants.add(at * BLOCK + 16), hi);
        let (first, last) = (i32::from(vaddlvq_s8(lo)), i32::from(vaddlvq_s8(hi)));
        *slots.scales.add(at) = scale;
        *slots.sums.add(at) = -8 * (first + last);
        *slots.half_sums.add(at) = -8 * first;
        *slots.scaled_sums.add(at) = -scale * (first + last) as f32;
    }
}

/// eˣ to about 2 ulp, inputs clamped to −87..88: Cephes' polynomial after taking out powers of two.
#[target_feature(enable = "neon")]
#[inline]
fn exp(x: float32x4_t) -> float32x4_t {
    let x = vmaxq_f32(vminq_f32(x, vdupq_n_f32(88.0)), vdupq_n_f32(-87.0));
    let n = vrndnq_f32(vmulq_n_f32(x, std::f32::consts::LOG2_E));
    // ln 2 in two parts (Cody and Waite).
    let r = vfmsq_f32(x, n, vdupq_n_f32(0.693_359_4));
    let r = vfmaq_f32(r, n, vdupq_n_f32(2.121_944_4e-4));
    let mut p = vdupq_n_f32(1.987_569_2e-4);
    for c in [1.398_2e-3f32, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_6e-1, 0.5] {
        p = vfmaq_f32(vdupq_n_f32(c), p, r);
    }
    let p = vaddq_f32(vfmaq_f32(r, p, vmulq_f32(r, r)), vdupq_n_f32(1.0));
    let power = vshlq_n_s32::<23>(vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(127)));
    vmulq_f32(p, vreinterpretq_f32_s32(power))
}

/// [`Ops::gate`].
///
/// # Safety
/// The three pointers hold `n` floats, `n` a multiple of 4.
#[target_feature(enable = "neon")]
unsafe fn gate(kind: Gate, x: *const f32, up: *const f32, out: *mut f32, n: usize) {
    for i in (0..n).step_by(4) {
        let x = vld1q_f32(x.add(i));
        // Both are x · σ(y): GELU's tanh form with y = 2 √(2/π) (x + 0.044715 x³).
        let y = match kind {
            Gate::Silu => x,
            Gate::GeluTanh => {
                let cube = vmulq_f32(vmulq_f32(x, x), x);
                vmulq_n_f32(vfmaq_n_f32(x, cube, 0.044_715), 1.595_769)
            }
        };
        let s = vdivq_f32(x, vaddq_f32(vdupq_n_f32(1.0), exp(vnegq_f32(y))));
        vst1q_f32(out.add(i), vmulq_f32(s, vld1q_f32(up.add(i))));
    }
}

/// [`Ops::rms_norm`].
///
/// # Safety
/// The three pointers hold `n` floats, `n` a multiple of 16.
#[target_feature(enable = "neon")]
unsafe fn rms_norm(x: *const f32, weight: *const f32, out: *mut f32, n: usize, eps: f32) {
    let mut squares = [vdupq_n_f32(0.0); 4];
    for i in (0..n).step_by(16) {
        for (j, s) in squares.iter_mut().enumerate() {
            let v = vld1q_f32(x.add(i + j * 4));
            *s = vfmaq_f32(*s, v, v);
        }
    }
    let sum = vaddvq_f32(vaddq_f32(vaddq_f32(squares[0], squares[1]), vaddq_f32(squares[2], squares[3])));
    let r = 1.0 / (sum / n as f32 + eps).sqrt();
    for i in (0..n).step_by(4) {
        vst1q_f32(out.add(i), vmulq_f32(vmulq_n_f32(vld1q_f32(x.add(i)), r), vld1q_f32(weight.add(i))));
    }
}

/// A row's bytes made signed, sixteen at a time: the product is then short of 128 × the query's sum.
///
/// # Safety
/// `row` holds 16 values.
#[target_feature(enable = "neon")]
#[inline]
unsafe fn signed(row: *const u8) -> int8x16_t {
    vreinterpretq_s8_u8(veorq_u8(vld1q_u8(row), vdupq_n_u8(128)))
}

/// [`Ops::dot_row`].
///
/// # Safety
/// Both pointers hold `n` values, `n` a multiple of 32.
#[target_feature(enable = "neon,dotprod")]
unsafe fn dot_row_dot(query: *const i8, row: *const u8, n: usize) -> i32 {
    let (mut products, mut sums) = ([vdupq_n_s32(0); 2], [vdupq_n_s32(0); 2]);
    let ones = vdupq_n_s8(1);
    for i in (0..n).step_by(32) {
        for j in 0..2 {
            let (q, r) = (vld1q_s8(query.add(i + j * 16)), signed(row.add(i + j * 16)));
            products[j] = sdot!(products[j], r, q, "16b");
            sums[j] = sdot!(sums[j], ones, q, "16b");
        }
    }
    vaddvq_s32(vaddq_s32(products[0], products[1])) + 128 * vaddvq_s32(vaddq_s32(sums[0], sums[1]))
}

/// [`Ops::dot_row`].
///
/// # Safety
/// Both pointers hold `n` values, `n` a multiple of 16.
#[target_feature(enable = "neon")]
unsafe fn dot_row(query: *const i8, row: *const u8, n: usize) -> i32 {
    let (mut lo, mut hi, mut sums) = (vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0));
    for i in (0..n).step_by(16) {
        let (q, r) = (vld1q_s8(query.add(i)), signed(row.add(i)));
        lo = vpadalq_s16(lo, vmull_s8(vget_low_s8(q), vget_low_s8(r)));
        hi = vpadalq_s16(hi, vmull_high_s8(q, r));
        sums = vpadalq_s16(sums, vpaddlq_s8(q));
    }
    vaddvq_s32(vaddq_s32(lo, hi)) + 128 * vaddvq_s32(sums)
}
