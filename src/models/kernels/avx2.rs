//! AVX2 kernels, with and without VNNI: products by hand, the rest is the portable code compiled for wider registers.
#![allow(unsafe_op_in_unsafe_fn, reason = "whole bodies are kernels over raw pointers under the invariants of mod.rs")]
#![allow(clippy::needless_range_loop, reason = "indices run over several register arrays at once")]

use std::arch::x86_64::*;

use super::activations::{Activations, RowSlots};
use super::attention::{KvHead, Rows};
use super::weights::{Kind, PackedWeights};
use super::{BLOCK, Gate, Ops, PANEL, TILE, portable};

pub(super) const PLAIN: Ops = Ops { quantize_row, tile_pair: plain, rms_norm, gate, attend, dot_row };
pub(super) const VNNI: Ops = Ops { quantize_row, tile_pair: vnni, rms_norm, gate, attend, dot_row };

/// How far ahead weights are prefetched, in bytes.
const AHEAD: usize = 4096;

/// Portable functions, compiled for this instruction set. Their safety sections are those of [`portable`].
macro_rules! recompiled {
    ($($name:ident($($arg:ident: $ty:ty),*) $(-> $out:ty)?;)*) => {$(
        /// # Safety
        /// As the portable function of this name.
        #[target_feature(enable = "avx2,fma,f16c")]
        unsafe fn $name($($arg: $ty),*) $(-> $out)? {
            portable::$name($($arg),*)
        }
    )*};
}
recompiled! {
    quantize_row(slots: &RowSlots, blocks: usize, row: usize, x: *const f32);
    rms_norm(x: *const f32, weight: *const f32, out: *mut f32, n: usize, eps: f32);
    gate(kind: Gate, x: *const f32, up: *const f32, out: *mut f32, n: usize);
    attend(rows: &Rows, head: &KvHead, scores: *mut f32, stride: usize);
    dot_row(query: *const i8, row: *const u8, n: usize) -> i32;
}

/// One tile × block as bytes, two registers (rows 0–7, 8–15) per group of four columns.
///
/// # Safety
/// `p` points at a tile's block of `kind`.
#[target_feature(enable = "avx2")]
#[inline]
unsafe fn unpack(kind: Kind, p: *const u8, out: &mut [__m256i; 16]) {
    let load = |at: usize| _mm256_loadu_si256(p.add(at).cast());
    if kind == Kind::Bits8 {
        for i in 0..16 {
            out[i] = load(i * 32);
        }
        return;
    }
    let low = _mm256_set1_epi8(15);
    for i in 0..8 {
        let v = load(i * 32);
        out[i] = _mm256_and_si256(v, low);
        out[8 + i] = _mm256_and_si256(_mm256_srli_epi16(v, 4), low);
    }
    match kind {
        Kind::Bits5 | Kind::Bits5Min => {
            // Spread 32 bits over 32 bytes: byte i of the shuffle is the byte that holds bit i, then its bit is tested.
            let spread = _mm256_setr_epi64x(0, 0x0101_0101_0101_0101, 0x0202_0202_0202_0202, 0x0303_0303_0303_0303);
            let bit = _mm256_set1_epi64x(0x8040_2010_0804_0201_u64 as i64);
            let fifth = _mm256_set1_epi8(16);
            for i in 0..16 {
                let bits = _mm256_set1_epi32(p.add(256 + i * 4).cast::<i32>().read_unaligned());
                let own = _mm256_and_si256(_mm256_shuffle_epi8(bits, spread), bit);
                let set = _mm256_and_si256(_mm256_cmpeq_epi8(own, bit), fifth);
                out[i] = _mm256_or_si256(out[i], set);
            }
        }
        Kind::Bits6 => {
            let two = _mm256_set1_epi8(0x30);
            for half in 0..2 {
                for part in 0..2 {
                    let high = load(256 + half * 64 + part * 32);
                    let shifted =
                        [_mm256_slli_epi16(high, 4), _mm256_slli_epi16(high, 2), high, _mm256_srli_epi16(high, 2)];
                    for g in 0..4 {
                        let i = half * 8 + g * 2 + part;
                        out[i] = _mm256_or_si256(out[i], _mm256_and_si256(shifted[g], two));
                    }
                }
            }
        }
        _ => {}
    }
}

macro_rules! product {
    ($name:ident, $features:literal, $dot:ident) => {
        /// [`Ops::tile_pair`].
        ///
        /// # Safety
        /// `tile` and `tile + 1` exist in `w`; `out` has `acts.m` rows of `w.n` floats.
        #[target_feature(enable = $features)]
        unsafe fn $name(w: &PackedWeights, tile: usize, acts: &Activations, out: *mut f32, _scratch: *mut u8) {
            let (blocks, kind) = (w.k / BLOCK, w.kind);
            let half = |p: *const half::f16| _mm256_cvtph_ps(_mm_loadu_si128(p.cast()));
            let mut bytes = [_mm256_setzero_si256(); 16];
            for panel in 0..acts.m.div_ceil(PANEL) {
                let count = (acts.m - panel * PANEL).min(PANEL);
                for j in 0..2 {
                    let mut acc = [[_mm256_setzero_ps(); 2]; PANEL];
                    for b in 0..blocks {
                        let at = tile * blocks + b * 2 + j;
                        let p = w.quants.as_ptr().add(at * kind.bytes());
                        if panel == 0 {
                            for line in (0..kind.bytes()).step_by(64) {
                                _mm_prefetch::<_MM_HINT_T0>(p.wrapping_add(AHEAD + line).cast());
                            }
                        }
                        unpack(kind, p, &mut bytes);
                        let scales = w.scales.as_ptr().add(at * TILE);
                        let scales = [half(scales), half(scales.add(8))];
                        let mut second = [_mm256_setzero_ps(); 2];
                        if !w.second.is_empty() {
                            let from = w.second.as_ptr().add(at * TILE);
                            second = [half(from), half(from.add(8))];
                        }
                        for r in 0..count {
                            let slot = (panel * blocks + b) * PANEL + r;
                            let x = acts.quants.as_ptr().add(slot * BLOCK);
                            let scale = _mm256_set1_ps(*acts.scales.as_ptr().add(slot));
                            let sum = *acts.sums.as_ptr().add(slot);
                            if kind == Kind::Bits6 {
                                let first = *acts.half_sums.as_ptr().add(slot);
                                let lo = $dot::<0, 4>(kind, &bytes, x, first);
                                let hi = $dot::<4, 8>(kind, &bytes, x, sum - first);
                                for i in 0..2 {
                                    let lo = _mm256_mul_ps(_mm256_cvtepi32_ps(lo[i]), scales[i]);
                                    let both = _mm256_fmadd_ps(_mm256_cvtepi32_ps(hi[i]), second[i], lo);
                                    acc[r][i] = _mm256_fmadd_ps(both, scale, acc[r][i]);
                                }
                            } else {
                                let total = $dot::<0, 8>(kind, &bytes, x, sum);
                                let scaled_sum = _mm256_set1_ps(*acts.scaled_sums.as_ptr().add(slot));
                                for i in 0..2 {
                                    let own = _mm256_mul_ps(scales[i], scale);
                                    acc[r][i] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(total[i]), own, acc[r][i]);
                                    if kind.has_minimum() {
                                        acc[r][i] = _mm256_fmadd_ps(second[i], scaled_sum, acc[r][i]);
                                    }
                                }
                            }
                        }
                    }
                    for r in 0..count {
                        let to = out.add((panel * PANEL + r) * w.n + (tile + j) * TILE);
                        _mm256_storeu_ps(to, acc[r][0]);
                        _mm256_storeu_ps(to.add(8), acc[r][1]);
                    }
                }
            }
        }
    };
}
product!(plain, "avx2,fma,f16c", dot_plain);
product!(vnni, "avx2,fma,f16c,avxvnni", dot_vnni);

/// Columns `A..B` (in groups of four) of a block: two times eight sums, corrected for the weights' offset by `sum`.
///
/// # Safety
/// `x` has 32 bytes.
#[target_feature(enable = "avx2,avxvnni")]
#[inline]
unsafe fn dot_vnni<const A: usize, const B: usize>(
    kind: Kind,
    bytes: &[__m256i; 16],
    x: *const u8,
    sum: i32,
) -> [__m256i; 2] {
    let mut sums = [_mm256_set1_epi32(sum * (kind.offset() / 8)); 2];
    for g in A..B {
        let four = _mm256_set1_epi32(x.add(g * 4).cast::<i32>().read_unaligned());
        for i in 0..2 {
            sums[i] = _mm256_dpbusd_avx_epi32(sums[i], bytes[g * 2 + i], four);
        }
    }
    sums
}

/// The same with 16-bit sums of two products. Those must not overflow: eight bits are made signed first (127 · 128 · 2 fits),
/// four, five and six bits leave room for eight, four and two of them.
///
/// # Safety
/// As [`dot_vnni`].
#[target_feature(enable = "avx2")]
#[inline]
unsafe fn dot_plain<const A: usize, const B: usize>(
    kind: Kind,
    bytes: &[__m256i; 16],
    x: *const u8,
    sum: i32,
) -> [__m256i; 2] {
    let ones = _mm256_set1_epi16(1);
    let four = |g: usize| _mm256_set1_epi32(x.add(g * 4).cast::<i32>().read_unaligned());
    if kind == Kind::Bits8 {
        let mut sums = [_mm256_setzero_si256(); 2];
        let offset = _mm256_set1_epi8(-128);
        for g in A..B {
            let x = four(g);
            for i in 0..2 {
                let signed = _mm256_xor_si256(bytes[g * 2 + i], offset);
                let pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(signed), _mm256_sign_epi8(x, signed));
                sums[i] = _mm256_add_epi32(sums[i], _mm256_madd_epi16(pairs, ones));
            }
        }
        return sums;
    }
    let run = match kind {
        Kind::Bits4 | Kind::Bits4Min => 8,
        Kind::Bits5 | Kind::Bits5Min => 4,
        _ => 2,
    };
    let mut sums = [_mm256_set1_epi32(sum * (kind.offset() / 8)); 2];
    let mut short = [_mm256_setzero_si256(); 2];
    for g in A..B {
        let x = four(g);
        for i in 0..2 {
            short[i] = _mm256_add_epi16(short[i], _mm256_maddubs_epi16(bytes[g * 2 + i], x));
        }
        if (g + 1 - A).is_multiple_of(run) {
            for i in 0..2 {
                sums[i] = _mm256_add_epi32(sums[i], _mm256_madd_epi16(short[i], ones));
                short[i] = _mm256_setzero_si256();
            }
        }
    }
    sums
}
