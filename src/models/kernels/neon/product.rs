//! `x · Wᵀ`: four weight rows in a register, so that a register of sums belongs to four columns of the output.
//!
//! Weights are signed here, unlike in the kernels of other processors. What is taken from them while unpacking ([`taken`])
//! need not be corrected by the sums of the activations.
#![allow(unsafe_op_in_unsafe_fn, reason = "whole bodies are kernels over raw pointers under the invariants of mod.rs")]
#![allow(clippy::needless_range_loop, reason = "indices run over several register arrays at once")]

use std::arch::aarch64::*;
use std::arch::asm;

use half::f16;

use super::sdot;
use crate::activations::Activations;
use crate::weights::{Kind, PackedWeights};
use crate::{BLOCK, PANEL, TILE};

/// What [`unpack`] takes from each weight of so many bits.
const fn taken(bits: u8) -> i32 {
    match bits {
        8 => 128,
        5 => 16,
        _ => 0,
    }
}

/// Sixteen columns of four rows, a register per group of four columns: half `part` of a tile's block, rows `4 × quad` on.
///
/// # Safety
/// `p` points at a tile's block of a kind with `BITS` bits.
#[target_feature(enable = "neon")]
#[inline]
unsafe fn unpack<const BITS: u8>(p: *const u8, quad: usize, part: usize) -> [int8x16_t; 4] {
    let load = |at: usize| vld1q_u8(p.add(at + quad * 16));
    if BITS == 8 {
        return std::array::from_fn(|g| vreinterpretq_s8_u8(veorq_u8(load((part * 4 + g) * 64), vdupq_n_u8(128))));
    }
    let nibbles: [uint8x16_t; 4] = std::array::from_fn(|g| load(g * 64));
    let bytes: [uint8x16_t; 4] = match BITS {
        5 => {
            // Sixteen bits to sixteen bytes: each looks up the byte that holds its bit, and tests it. A missing fifth bit
            // becomes the upper nibble 1111, and that is −16.
            let spread = vcombine_u8(vdup_n_u8(2 * quad as u8), vdup_n_u8(2 * quad as u8 + 1));
            let bit = vreinterpretq_u8_u64(vdupq_n_u64(0x8040_2010_0804_0201));
            std::array::from_fn(|g| {
                let bits = vmvnq_u8(vld1q_u8(p.add(256 + part * 32 + g / 2 * 16)));
                let own = vqtbl1q_u8(bits, vaddq_u8(spread, vdupq_n_u8((g % 2 * 8) as u8)));
                let missing = vtstq_u8(own, bit);
                if part == 0 { vsliq_n_u8::<4>(nibbles[g], missing) } else { vsriq_n_u8::<4>(missing, nibbles[g]) }
            })
        }
        6 => {
            let high = load(256 + part * 64);
            let high = [vshlq_n_u8::<4>(high), vshlq_n_u8::<2>(high), high, vshrq_n_u8::<2>(high)];
            std::array::from_fn(|g| {
                let upper = if part == 0 { vshlq_n_u8::<4>(nibbles[g]) } else { nibbles[g] };
                vandq_u8(vsriq_n_u8::<4>(high[g], upper), vdupq_n_u8(63))
            })
        }
        _ if part == 0 => nibbles.map(|v| vandq_u8(v, vdupq_n_u8(15))),
        _ => nibbles.map(|v| vshrq_n_u8::<4>(v)),
    };
    bytes.map(|v| vreinterpretq_s8_u8(v))
}

/// Four f16 as floats. The compiler's own function for it is too new.
///
/// # Safety
/// `p` holds four values.
#[target_feature(enable = "neon")]
#[inline]
unsafe fn floats(p: *const f16) -> float32x4_t {
    let out: float32x4_t;
    asm!(
        "fcvtl {out:v}.4s, {bits:v}.4h",
        out = lateout(vreg) out, bits = in(vreg) vld1_u16(p.cast()),
        options(pure, nomem, nostack, preserves_flags),
    );
    out
}

/// Adds the products of sixteen columns: `w` as from [`unpack`], `x` sixteen activations.
///
/// # Safety
/// None but the instructions (invariant 1).
#[target_feature(enable = "neon,dotprod")]
#[inline]
unsafe fn sixteen_dot<const BITS: u8>(sum: int32x4_t, w: [int8x16_t; 4], x: int8x16_t) -> int32x4_t {
    let sum = sdot!(sum, w[0], x, "4b[0]");
    let sum = sdot!(sum, w[1], x, "4b[1]");
    let sum = sdot!(sum, w[2], x, "4b[2]");
    sdot!(sum, w[3], x, "4b[3]")
}

/// The same in sixteen bits first. Two products of whole bytes fit there (127 · 128 · 2), four of up to six bits do, too
/// (127 · 63 · 4).
///
/// # Safety
/// None but the instructions (invariant 1).
#[target_feature(enable = "neon")]
#[inline]
unsafe fn sixteen_plain<const BITS: u8>(mut sum: int32x4_t, w: [int8x16_t; 4], x: int8x16_t) -> int32x4_t {
    let x = vreinterpretq_s32_s8(x);
    let x = [vdupq_laneq_s32::<0>(x), vdupq_laneq_s32::<1>(x), vdupq_laneq_s32::<2>(x), vdupq_laneq_s32::<3>(x)]
        .map(|x| vreinterpretq_s8_s32(x));
    if BITS == 8 {
        for g in 0..4 {
            let (lo, hi) = (vmull_s8(vget_low_s8(w[g]), vget_low_s8(x[g])), vmull_high_s8(w[g], x[g]));
            sum = vpadalq_s16(sum, vpaddq_s16(lo, hi));
        }
        return sum;
    }
    let (mut lo, mut hi) = (vmull_s8(vget_low_s8(w[0]), vget_low_s8(x[0])), vmull_high_s8(w[0], x[0]));
    for g in 1..4 {
        lo = vmlal_s8(lo, vget_low_s8(w[g]), vget_low_s8(x[g]));
        hi = vmlal_high_s8(hi, w[g], x[g]);
    }
    vaddq_s32(sum, vpaddq_s32(vpaddlq_s16(lo), vpaddlq_s16(hi)))
}

/// What a micro-kernel reads and writes: the tile pair's first tile, the panel's first slot, the panel's output.
#[derive(Clone, Copy)]
struct Place<'a> {
    w: &'a PackedWeights,
    tile: usize,
    acts: &'a Activations,
    slot: usize,
    out: *mut f32,
}

/// A body for every number below `$end`, written out: a loop of this size stays a loop, and its arrays stay in memory.
macro_rules! unrolled {
    ($i:ident < $end:expr; $($n:literal)* => $body:block) => {$(
        if $n < $end {
            let $i: usize = $n;
            $body
        }
    )*};
}

macro_rules! product {
    ($name:ident, $columns:ident, $features:literal, $sixteen:ident) => {
        /// [`Ops::tile_pair`](crate::Ops).
        ///
        /// # Safety
        /// `tile` and `tile + 1` exist in `w`; `out` has `acts.m` rows of `w.n` floats.
        #[target_feature(enable = $features)]
        pub unsafe fn $name(w: &PackedWeights, tile: usize, acts: &Activations, out: *mut f32, _scratch: *mut u8) {
            for panel in 0..acts.m.div_ceil(PANEL) {
                let out = out.add(panel * PANEL * w.n + tile * TILE);
                let place = Place { w, tile, acts, slot: panel * (w.k / BLOCK) * PANEL, out };
                // So many columns at once as there are registers for their sums, 32 in all.
                macro_rules! by_rows {
                    ($bits:literal) => {
                        match (acts.m - panel * PANEL).min(PANEL) {
                            1 => $columns::<1, 8, $bits>(place, 0),
                            2 => (0..2).for_each(|i| $columns::<2, 4, $bits>(place, i * 4)),
                            3 => (0..2).for_each(|i| $columns::<3, 4, $bits>(place, i * 4)),
                            4 => (0..4).for_each(|i| $columns::<4, 2, $bits>(place, i * 2)),
                            5 => (0..4).for_each(|i| $columns::<5, 2, $bits>(place, i * 2)),
                            _ => (0..4).for_each(|i| $columns::<6, 2, $bits>(place, i * 2)),
                        }
                    };
                }
                match w.kind {
                    Kind::Bits8 => by_rows!(8),
                    Kind::Bits6 => by_rows!(6),
                    Kind::Bits5 | Kind::Bits5Min => by_rows!(5),
                    Kind::Bits4 | Kind::Bits4Min => by_rows!(4),
                }
            }
        }

        /// `M` rows of a panel × `C` quads of columns, from `quad` (a multiple of `C`) of the pair's eight on.
        ///
        /// # Safety
        /// As above; the panel has `M` rows, the kind `BITS` bits.
        #[target_feature(enable = $features)]
        unsafe fn $columns<const M: usize, const C: usize, const BITS: u8>(place: Place, quad: usize) {
            let Place { w, tile, acts, slot, out } = place;
            let (blocks, bytes) = (w.k / BLOCK, w.kind.bytes());
            let (first, row) = (tile * blocks + quad / 4, quad % 4);
            let correction = (w.kind.offset() - taken(BITS)) / 8;
            let mut acc = [[vdupq_n_f32(0.0); C]; M];
            for b in 0..blocks {
                let slot = slot + b * PANEL;
                let block = first + b * 2;
                let scale = |from: &[f16], c: usize| floats(from.as_ptr().add((block + c / 4) * TILE + (row + c % 4) * 4));
                let mut sums = [[vdupq_n_s32(0); C]; M];
                unrolled!(part < 2; 0 1 => {
                    // Six bits have a scale for each half of a block: there each is summed up by itself.
                    if part == 0 || BITS == 6 {
                        for r in 0..M {
                            let all = *acts.sums.as_ptr().add(slot + r);
                            let first = *acts.half_sums.as_ptr().add(slot + r);
                            let own = if BITS != 6 { all } else if part == 0 { first } else { all - first };
                            sums[r] = [vdupq_n_s32(own * correction); C];
                        }
                    }
                    unrolled!(c < C; 0 1 2 3 4 5 6 7 => {
                        let p = w.quants.as_ptr().add((block + c / 4) * bytes);
                        let four = unpack::<BITS>(p, row + c % 4, part);
                        for r in 0..M {
                            let x = acts.quants.as_ptr().add((slot + r) * BLOCK + part * 16);
                            sums[r][c] = $sixteen::<BITS>(sums[r][c], four, vld1q_s8(x.cast()));
                        }
                    });
                    if part == 1 || BITS == 6 {
                        let scales = if part == 1 && BITS == 6 { &w.second } else { &w.scales };
                        for c in 0..C {
                            let scale = scale(scales, c);
                            for r in 0..M {
                                let own = vmulq_n_f32(scale, *acts.scales.as_ptr().add(slot + r));
                                acc[r][c] = vfmaq_f32(acc[r][c], vcvtq_f32_s32(sums[r][c]), own);
                            }
                        }
                    }
                });
                if w.kind.has_minimum() {
                    for c in 0..C {
                        let minimum = scale(&w.second, c);
                        for r in 0..M {
                            acc[r][c] = vfmaq_n_f32(acc[r][c], minimum, *acts.scaled_sums.as_ptr().add(slot + r));
                        }
                    }
                }
            }
            for r in 0..M {
                for c in 0..C {
                    vst1q_f32(out.add(r * w.n + (quad + c) * 4), acc[r][c]);
                }
            }
        }
    };
}
product!(dot, columns_dot, "neon,dotprod", sixteen_dot);
product!(plain, columns_plain, "neon", sixteen_plain);
