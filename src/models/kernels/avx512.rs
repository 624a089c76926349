//! AVX-512 VNNI kernels: quantise activations, `x · Wᵀ`, RMS norm, gates.
#![allow(unsafe_op_in_unsafe_fn, reason = "whole bodies are kernels over raw pointers under the invariants of mod.rs")]
#![allow(clippy::too_many_arguments, reason = "the pointers of a micro-kernel are its registers")]
#![allow(clippy::needless_range_loop, reason = "indices run over several register arrays at once")]

mod attend;

use std::arch::x86_64::*;

use half::f16;

use super::activations::{Activations, RowSlots};
use super::weights::{Kind, PackedWeights};
use super::{BLOCK, Gate, Ops, PANEL, TILE};

pub(super) const OPS: Ops = Ops { quantize_row, tile_pair, rms_norm, gate, attend: attend::attend, dot_row };

/// How far ahead weights are prefetched, in bytes: about the latency of memory at the kernel's reading speed.
const AHEAD: usize = 4096;

/// [`Ops::quantize_row`].
///
/// # Safety
/// `x` holds `blocks * 32` floats; the slots cover row `row` of panels with `blocks` blocks.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx512dq")]
unsafe fn quantize_row(slots: &RowSlots, blocks: usize, row: usize, x: *const f32) {
    let (first, step) = slots.place(blocks, row);
    let ones = _mm_set1_epi8(1);
    for b in 0..blocks {
        let lo = _mm512_loadu_ps(x.add(b * BLOCK));
        let hi = _mm512_loadu_ps(x.add(b * BLOCK + 16));
        let max = _mm512_reduce_max_ps(_mm512_max_ps(_mm512_abs_ps(lo), _mm512_abs_ps(hi)));
        let scale = max / 127.0;
        let inverse = _mm512_set1_ps(if max > 0.0 { 127.0 / max } else { 0.0 });
        let lo = _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(_mm512_mul_ps(lo, inverse)));
        let hi = _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(_mm512_mul_ps(hi, inverse)));
        let at = first + b * step;
        _mm_storeu_si128(slots.quants.add(at * BLOCK).cast(), lo);
        _mm_storeu_si128(slots.quants.add(at * BLOCK + 16).cast(), hi);
        let four_sums = |v| _mm_dpbusd_epi32(_mm_setzero_si128(), ones, v);
        let sums = _mm_hadd_epi32(four_sums(lo), four_sums(hi));
        let sums = _mm_hadd_epi32(sums, sums);
        let (first, last) = (_mm_extract_epi32(sums, 0), _mm_extract_epi32(sums, 1));
        *slots.scales.add(at) = scale;
        *slots.sums.add(at) = -8 * (first + last);
        *slots.half_sums.add(at) = -8 * first;
        *slots.scaled_sums.add(at) = -scale * (first + last) as f32;
    }
}

/// Everything a micro-kernel reads, for `NR` neighbouring tiles.
struct Tiles<const NR: usize> {
    quants: [*const u8; NR],
    scales: [*const f16; NR],
    /// Minima, where the kind has them; for six bits the scales of the second halves.
    second: Option<[*const f16; NR]>,
    blocks: usize,
    /// Weight offset / 8, applied to the activation sums.
    offset: i32,
}

/// One panel of activations.
#[derive(Clone, Copy)]
struct PanelPtr {
    quants: *const i8,
    scales: *const f32,
    sums: *const i32,
    half_sums: *const i32,
    scaled_sums: *const f32,
}

macro_rules! micro_kernel {
    ($name:ident, $kind:expr) => {
        /// `M` rows × `NR` tiles.
        ///
        /// # Safety
        /// Pointers as made by `tile_pair`; `out` has `M` rows of stride `ld` with room for `NR × 16` floats.
        #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx512dq,f16c")]
        #[inline]
        unsafe fn $name<const M: usize, const NR: usize, const PREFETCH: bool>(
            w: &Tiles<NR>,
            a: PanelPtr,
            out: *mut f32,
            ld: usize,
        ) {
            let mut acc = [[_mm512_setzero_ps(); NR]; M];
            let low = _mm512_set1_epi8(15);
            let fifth = _mm512_set1_epi8(16);
            for b in 0..w.blocks {
                let quants = a.quants.add(b * PANEL * BLOCK);
                let mut sums = [[_mm512_setzero_si512(); NR]; M];
                for r in 0..M {
                    sums[r] = [_mm512_set1_epi32(*a.sums.add(b * PANEL + r) * w.offset); NR];
                }
                if matches!($kind, Kind::Bits8) {
                    for g in 0..8 {
                        let mut v = [_mm512_setzero_si512(); NR];
                        for j in 0..NR {
                            let p = w.quants[j].add(b * 2 * Kind::Bits8.bytes() + g * 64);
                            if PREFETCH {
                                _mm_prefetch::<_MM_HINT_T0>(p.wrapping_add(AHEAD).cast());
                            }
                            v[j] = _mm512_load_si512(p.cast());
                        }
                        for r in 0..M {
                            let x = _mm512_set1_epi32(quants.add(r * BLOCK + g * 4).cast::<i32>().read_unaligned());
                            for j in 0..NR {
                                sums[r][j] = _mm512_dpbusd_epi32(sums[r][j], v[j], x);
                            }
                        }
                    }
                } else {
                    for g in 0..4 {
                        let mut lo = [_mm512_setzero_si512(); NR];
                        let mut hi = lo;
                        for j in 0..NR {
                            let p = w.quants[j].add(b * 2 * $kind.bytes());
                            if PREFETCH {
                                _mm_prefetch::<_MM_HINT_T0>(p.wrapping_add(g * 64 + AHEAD).cast());
                                if g == 0 && matches!($kind, Kind::Bits5) {
                                    _mm_prefetch::<_MM_HINT_T0>(p.wrapping_add(256 + AHEAD).cast());
                                }
                            }
                            let v = _mm512_load_si512(p.add(g * 64).cast());
                            lo[j] = _mm512_and_si512(v, low);
                            hi[j] = _mm512_and_si512(_mm512_srli_epi16(v, 4), low);
                            if matches!($kind, Kind::Bits5) {
                                let mask = p.add(256).cast::<u64>();
                                lo[j] = _mm512_mask_add_epi8(lo[j], *mask.add(g), lo[j], fifth);
                                hi[j] = _mm512_mask_add_epi8(hi[j], *mask.add(g + 4), hi[j], fifth);
                            }
                        }
                        for r in 0..M {
                            let row = quants.add(r * BLOCK + g * 4);
                            let x = _mm512_set1_epi32(row.cast::<i32>().read_unaligned());
                            let y = _mm512_set1_epi32(row.add(16).cast::<i32>().read_unaligned());
                            for j in 0..NR {
                                sums[r][j] = _mm512_dpbusd_epi32(sums[r][j], lo[j], x);
                                sums[r][j] = _mm512_dpbusd_epi32(sums[r][j], hi[j], y);
                            }
                        }
                    }
                }
                let mut scales = [_mm512_setzero_ps(); NR];
                for j in 0..NR {
                    scales[j] = _mm512_cvtph_ps(_mm256_loadu_si256(w.scales[j].add(b * 2 * TILE).cast()));
                }
                for r in 0..M {
                    let scale = _mm512_set1_ps(*a.scales.add(b * PANEL + r));
                    for j in 0..NR {
                        acc[r][j] =
                            _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums[r][j]), _mm512_mul_ps(scales[j], scale), acc[r][j]);
                    }
                }
                if let Some(minima) = w.second {
                    for j in 0..NR {
                        let minimum = _mm512_cvtph_ps(_mm256_loadu_si256(minima[j].add(b * 2 * TILE).cast()));
                        for r in 0..M {
                            acc[r][j] =
                                _mm512_fmadd_ps(minimum, _mm512_set1_ps(*a.scaled_sums.add(b * PANEL + r)), acc[r][j]);
                        }
                    }
                }
            }
            for r in 0..M {
                for j in 0..NR {
                    _mm512_storeu_ps(out.add(r * ld + j * TILE), acc[r][j]);
                }
            }
        }
    };
}
micro_kernel!(kernel8, Kind::Bits8);
micro_kernel!(kernel5, Kind::Bits5);
micro_kernel!(kernel4, Kind::Bits4);

/// Six bits: the halves of a block one after the other, each with its own scale.
///
/// # Safety
/// As the other micro-kernels.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx512dq,f16c")]
#[inline]
unsafe fn kernel6<const M: usize, const NR: usize, const PREFETCH: bool>(
    w: &Tiles<NR>,
    a: PanelPtr,
    out: *mut f32,
    ld: usize,
) {
    let mut acc = [[_mm512_setzero_ps(); NR]; M];
    let (low, two) = (_mm512_set1_epi8(15), _mm512_set1_epi8(0x30));
    let bytes = Kind::Bits6.bytes();
    for b in 0..w.blocks {
        for half in 0..2 {
            let quants = a.quants.add(b * PANEL * BLOCK + half * 16);
            let mut sums = [[_mm512_setzero_si512(); NR]; M];
            for r in 0..M {
                let first = *a.half_sums.add(b * PANEL + r);
                let own = if half == 0 { first } else { *a.sums.add(b * PANEL + r) - first };
                sums[r] = [_mm512_set1_epi32(own * w.offset); NR];
            }
            for g in 0..4 {
                let mut v = [_mm512_setzero_si512(); NR];
                for j in 0..NR {
                    let p = w.quants[j].add(b * 2 * bytes);
                    if PREFETCH && half == 0 {
                        _mm_prefetch::<_MM_HINT_T0>(p.wrapping_add(g * 64 + AHEAD).cast());
                        if g < 2 {
                            _mm_prefetch::<_MM_HINT_T0>(p.wrapping_add(256 + g * 64 + AHEAD).cast());
                        }
                    }
                    let nibbles = _mm512_load_si512(p.add(g * 64).cast());
                    let nibbles = if half == 0 { nibbles } else { _mm512_srli_epi16(nibbles, 4) };
                    let high = _mm512_load_si512(p.add(256 + half * 64).cast());
                    let high = match g {
                        0 => _mm512_slli_epi16(high, 4),
                        1 => _mm512_slli_epi16(high, 2),
                        2 => high,
                        _ => _mm512_srli_epi16(high, 2),
                    };
                    v[j] = _mm512_or_si512(_mm512_and_si512(nibbles, low), _mm512_and_si512(high, two));
                }
                for r in 0..M {
                    let x = _mm512_set1_epi32(quants.add(r * BLOCK + g * 4).cast::<i32>().read_unaligned());
                    for j in 0..NR {
                        sums[r][j] = _mm512_dpbusd_epi32(sums[r][j], v[j], x);
                    }
                }
            }
            for j in 0..NR {
                let scales = match (half, w.second) {
                    (1, Some(second)) => second[j],
                    _ => w.scales[j],
                };
                let scales = _mm512_cvtph_ps(_mm256_loadu_si256(scales.add(b * 2 * TILE).cast()));
                for r in 0..M {
                    let scale = _mm512_set1_ps(*a.scales.add(b * PANEL + r));
                    acc[r][j] =
                        _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums[r][j]), _mm512_mul_ps(scales, scale), acc[r][j]);
                }
            }
        }
    }
    for r in 0..M {
        for j in 0..NR {
            _mm512_storeu_ps(out.add(r * ld + j * TILE), acc[r][j]);
        }
    }
}

/// Widens one tile of nibbles to bytes, so that many panels share the unpacking.
///
/// # Safety
/// `src` is a tile of `kind` inside a pair, `dst` has room for `blocks` interleaved byte tiles.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
unsafe fn widen(kind: Kind, src: *const u8, blocks: usize, dst: *mut u8) {
    let low = _mm512_set1_epi8(15);
    let fifth = _mm512_set1_epi8(16);
    for b in 0..blocks {
        let p = src.add(b * 2 * kind.bytes());
        for g in 0..4 {
            _mm_prefetch::<_MM_HINT_T0>(p.wrapping_add(g * 64 + AHEAD).cast());
            let v = _mm512_load_si512(p.add(g * 64).cast());
            let mut lo = _mm512_and_si512(v, low);
            let mut hi = _mm512_and_si512(_mm512_srli_epi16(v, 4), low);
            if matches!(kind, Kind::Bits5 | Kind::Bits5Min) {
                let mask = p.add(256).cast::<u64>();
                lo = _mm512_mask_add_epi8(lo, *mask.add(g), lo, fifth);
                hi = _mm512_mask_add_epi8(hi, *mask.add(g + 4), hi, fifth);
            }
            _mm512_store_si512(dst.add(b * 1024 + g * 64).cast(), lo);
            _mm512_store_si512(dst.add(b * 1024 + (g + 4) * 64).cast(), hi);
        }
    }
}

/// [`Ops::tile_pair`].
///
/// # Safety
/// `tile` and `tile + 1` exist in `w`; `out` has `acts.m` rows of `w.n` floats; `scratch` has `2 × blocks × 512` bytes, 64-aligned.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx512dq,f16c")]
unsafe fn tile_pair(w: &PackedWeights, tile: usize, acts: &Activations, out: *mut f32, scratch: *mut u8) {
    const NR: usize = 2;
    let blocks = w.k / BLOCK;
    let mut kind = w.kind;
    let scales_at = |j: usize| (tile * blocks + j) * TILE;
    let mut tiles = Tiles::<NR> {
        quants: std::array::from_fn(|j| w.quants.as_ptr().add((tile * blocks + j) * kind.bytes())),
        scales: std::array::from_fn(|j| w.scales.as_ptr().add(scales_at(j))),
        second: (!w.second.is_empty()).then(|| std::array::from_fn(|j| w.second.as_ptr().add(scales_at(j)))),
        blocks,
        offset: kind.offset() / 8,
    };
    let widened = acts.m > 2 * PANEL && !matches!(kind, Kind::Bits8 | Kind::Bits6);
    if widened {
        for j in 0..NR {
            widen(kind, tiles.quants[j], blocks, scratch.add(j * Kind::Bits8.bytes()));
            tiles.quants[j] = scratch.add(j * Kind::Bits8.bytes());
        }
        kind = Kind::Bits8;
    }
    for panel in 0..acts.m.div_ceil(PANEL) {
        let at = panel * blocks * PANEL;
        let a = PanelPtr {
            quants: acts.quants.as_ptr().add(at * BLOCK).cast(),
            scales: acts.scales.as_ptr().add(at),
            sums: acts.sums.as_ptr().add(at),
            half_sums: acts.half_sums.as_ptr().add(at),
            scaled_sums: acts.scaled_sums.as_ptr().add(at),
        };
        let o = out.add(panel * PANEL * w.n + tile * TILE);
        macro_rules! by_rows {
            ($f:ident, $prefetch:literal) => {
                match (acts.m - panel * PANEL).min(PANEL) {
                    1 => $f::<1, NR, $prefetch>(&tiles, a, o, w.n),
                    2 => $f::<2, NR, $prefetch>(&tiles, a, o, w.n),
                    3 => $f::<3, NR, $prefetch>(&tiles, a, o, w.n),
                    4 => $f::<4, NR, $prefetch>(&tiles, a, o, w.n),
                    5 => $f::<5, NR, $prefetch>(&tiles, a, o, w.n),
                    _ => $f::<6, NR, $prefetch>(&tiles, a, o, w.n),
                }
            };
        }
        // Only the first panel meets cold weights.
        match (kind, panel == 0 && !widened) {
            (Kind::Bits8, true) => by_rows!(kernel8, true),
            (Kind::Bits8, false) => by_rows!(kernel8, false),
            (Kind::Bits6, true) => by_rows!(kernel6, true),
            (Kind::Bits6, false) => by_rows!(kernel6, false),
            (Kind::Bits5 | Kind::Bits5Min, true) => by_rows!(kernel5, true),
            (Kind::Bits5 | Kind::Bits5Min, false) => by_rows!(kernel5, false),
            (Kind::Bits4 | Kind::Bits4Min, true) => by_rows!(kernel4, true),
            (Kind::Bits4 | Kind::Bits4Min, false) => by_rows!(kernel4, false),
        }
    }
}

/// eˣ to about 2 ulp, inputs clamped to ±88.
#[target_feature(enable = "avx512f,avx512dq")]
#[inline]
pub(super) fn exp(x: __m512) -> __m512 {
    let x = _mm512_max_ps(_mm512_min_ps(x, _mm512_set1_ps(88.0)), _mm512_set1_ps(-88.0));
    let n = _mm512_roundscale_ps::<8>(_mm512_mul_ps(x, _mm512_set1_ps(std::f32::consts::LOG2_E)));
    // ln 2 in two parts (Cody and Waite), then the Cephes polynomial.
    let r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693_359_4), x);
    let r = _mm512_fnmadd_ps(n, _mm512_set1_ps(-2.121_944_4e-4), r);
    let mut p = _mm512_set1_ps(1.987_569_2e-4);
    for c in [1.398_2e-3f32, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_6e-1, 0.5] {
        p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(c));
    }
    let p = _mm512_add_ps(_mm512_fmadd_ps(p, _mm512_mul_ps(r, r), r), _mm512_set1_ps(1.0));
    _mm512_scalef_ps(p, n)
}

/// [`Ops::gate`].
///
/// # Safety
/// The three pointers hold `n` floats, `n` a multiple of 16.
#[target_feature(enable = "avx512f,avx512dq")]
unsafe fn gate(kind: Gate, x: *const f32, up: *const f32, out: *mut f32, n: usize) {
    let one = _mm512_set1_ps(1.0);
    for i in (0..n).step_by(16) {
        let x = _mm512_loadu_ps(x.add(i));
        // Both are x · σ(y): GELU's tanh form with y = 2 √(2/π) (x + 0.044715 x³).
        let y = match kind {
            Gate::Silu => x,
            Gate::GeluTanh => {
                let cube = _mm512_mul_ps(_mm512_mul_ps(x, x), x);
                let inner = _mm512_fmadd_ps(cube, _mm512_set1_ps(0.044_715), x);
                _mm512_mul_ps(inner, _mm512_set1_ps(1.595_769))
            }
        };
        let s = _mm512_div_ps(x, _mm512_add_ps(one, exp(_mm512_sub_ps(_mm512_setzero_ps(), y))));
        _mm512_storeu_ps(out.add(i), _mm512_mul_ps(s, _mm512_loadu_ps(up.add(i))));
    }
}

/// [`Ops::rms_norm`].
///
/// # Safety
/// The three pointers hold `n` floats, `n` a multiple of 16.
#[target_feature(enable = "avx512f,avx512dq")]
unsafe fn rms_norm(x: *const f32, w: *const f32, out: *mut f32, n: usize, eps: f32) {
    let mut squares = _mm512_setzero_ps();
    for i in (0..n).step_by(16) {
        let v = _mm512_loadu_ps(x.add(i));
        squares = _mm512_fmadd_ps(v, v, squares);
    }
    let r = _mm512_set1_ps(1.0 / (_mm512_reduce_add_ps(squares) / n as f32 + eps).sqrt());
    for i in (0..n).step_by(16) {
        let v = _mm512_mul_ps(_mm512_loadu_ps(x.add(i)), r);
        _mm512_storeu_ps(out.add(i), _mm512_mul_ps(v, _mm512_loadu_ps(w.add(i))));
    }
}

/// [`Ops::dot_row`].
///
/// # Safety
/// Both pointers hold `n` values, `n` a multiple of 64.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn dot_row(query: *const i8, row: *const u8, n: usize) -> i32 {
    let mut sum = _mm512_setzero_si512();
    for i in (0..n).step_by(64) {
        _mm_prefetch::<_MM_HINT_T0>(row.wrapping_add(i + AHEAD).cast());
        sum = _mm512_dpbusd_epi32(sum, _mm512_loadu_si512(row.add(i).cast()), _mm512_loadu_si512(query.add(i).cast()));
    }
    _mm512_reduce_add_epi32(sum)
}
