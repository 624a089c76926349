//! AVX-512 VNNI kernels: quantise activations, `x · Wᵀ`, RMS norm, SiLU gate.
#![allow(unsafe_op_in_unsafe_fn, reason = "whole bodies are kernels over raw pointers under the invariants of mod.rs")]
#![allow(clippy::too_many_arguments, reason = "the pointers of a micro-kernel are its registers")]
#![allow(clippy::needless_range_loop, reason = "indices run over several register arrays at once")]

use std::arch::x86_64::*;
use std::cell::RefCell;

use half::f16;

use super::activations::Activations;
use super::buffer::AlignedBuf;
use super::pool::pool;
use super::weights::{Kind, PackedWeights};
use super::{BLOCK, PANEL, TILE};

/// How far ahead weights are prefetched, in bytes: about the latency of memory at the kernel's reading speed.
const AHEAD: usize = 4096;

/// Where one block's quants, scale and sums go.
struct RowSlots {
    quants: *mut i8,
    scales: *mut f32,
    sums: *mut i32,
    scaled_sums: *mut f32,
}

/// Quantises one row of `blocks × 32` floats into panel slots.
///
/// # Safety
/// `x` holds `blocks * 32` floats; the slots cover row `row` of panels with `blocks` blocks.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx512dq")]
unsafe fn quantize_row(slots: &RowSlots, blocks: usize, row: usize, x: *const f32) {
    let (panel, r) = (row / PANEL, row % PANEL);
    let ones = _mm256_set1_epi8(1);
    for b in 0..blocks {
        let lo = _mm512_loadu_ps(x.add(b * BLOCK));
        let hi = _mm512_loadu_ps(x.add(b * BLOCK + 16));
        let max = _mm512_reduce_max_ps(_mm512_max_ps(_mm512_abs_ps(lo), _mm512_abs_ps(hi)));
        let scale = max / 127.0;
        let inverse = _mm512_set1_ps(if max > 0.0 { 127.0 / max } else { 0.0 });
        let lo = _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(_mm512_mul_ps(lo, inverse)));
        let hi = _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(_mm512_mul_ps(hi, inverse)));
        let quants = _mm256_set_m128i(hi, lo);
        let at = (panel * blocks + b) * PANEL + r;
        _mm256_storeu_si256(slots.quants.add(at * BLOCK).cast(), quants);
        let sums = _mm256_dpbusd_epi32(_mm256_setzero_si256(), ones, quants);
        let sums = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
        let sums = _mm_hadd_epi32(sums, sums);
        let total = _mm_cvtsi128_si32(_mm_hadd_epi32(sums, sums));
        *slots.scales.add(at) = scale;
        *slots.sums.add(at) = -8 * total;
        *slots.scaled_sums.add(at) = -scale * total as f32;
    }
}

/// Quantises `m` rows of `k` floats; `fill(row, buffer)` supplies each row.
pub fn quantize(acts: &mut Activations, m: usize, k: usize, fill: impl Fn(usize, &mut [f32]) + Sync) {
    assert!(k.is_multiple_of(BLOCK));
    acts.resize(m, k);
    let slots = (
        acts.quants.as_mut_ptr() as usize,
        acts.scales.as_mut_ptr() as usize,
        acts.sums.as_mut_ptr() as usize,
        acts.scaled_sums.as_mut_ptr() as usize,
    );
    let rows = |range: std::ops::Range<usize>| {
        let slots =
            RowSlots { quants: slots.0 as _, scales: slots.1 as _, sums: slots.2 as _, scaled_sums: slots.3 as _ };
        let mut row = vec![0f32; k];
        for r in range {
            fill(r, &mut row);
            // SAFETY: `resize` made room for m rows, each range has its own rows (invariant 4), the row has k floats.
            unsafe { quantize_row(&slots, k / BLOCK, r, row.as_ptr()) }
        }
    };
    if m <= 2 { rows(0..m) } else { pool().run(m, rows) }
}

/// Everything a micro-kernel reads, for `NR` neighbouring tiles.
struct Tiles<const NR: usize> {
    quants: [*const u8; NR],
    scales: [*const f16; NR],
    minima: Option<[*const f16; NR]>,
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
                if let Some(minima) = w.minima {
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
            if kind == Kind::Bits5 {
                let mask = p.add(256).cast::<u64>();
                lo = _mm512_mask_add_epi8(lo, *mask.add(g), lo, fifth);
                hi = _mm512_mask_add_epi8(hi, *mask.add(g + 4), hi, fifth);
            }
            _mm512_store_si512(dst.add(b * 1024 + g * 64).cast(), lo);
            _mm512_store_si512(dst.add(b * 1024 + (g + 4) * 64).cast(), hi);
        }
    }
}

/// Columns of one tile pair for every row of activations.
///
/// # Safety
/// `tile` and `tile + 1` exist in `w`; `out` has `acts.m` rows of `w.n` floats; `scratch` has `2 × blocks × 512` bytes, 64-aligned.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni,avx512dq,f16c")]
unsafe fn tile_pair(w: &PackedWeights, tile: usize, acts: &Activations, out: *mut f32, scratch: *mut u8) {
    const NR: usize = 2;
    let blocks = w.k / BLOCK;
    let mut kind = w.kind;
    let mut tiles = Tiles::<NR> {
        quants: [w.quants.as_ptr(); NR],
        scales: [w.scales.as_ptr(); NR],
        minima: None,
        blocks,
        offset: kind.offset() / 8,
    };
    if kind == Kind::Bits4Min {
        tiles.minima = Some(std::array::from_fn(|j| w.minima.as_ptr().add((tile * blocks + j) * TILE)));
    }
    for j in 0..NR {
        tiles.quants[j] = tiles.quants[j].add((tile * blocks + j) * kind.bytes());
        tiles.scales[j] = tiles.scales[j].add((tile * blocks + j) * TILE);
    }
    let widened = acts.m > 2 * PANEL && kind != Kind::Bits8;
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
            (Kind::Bits5, true) => by_rows!(kernel5, true),
            (Kind::Bits5, false) => by_rows!(kernel5, false),
            (Kind::Bits4 | Kind::Bits4Min, true) => by_rows!(kernel4, true),
            (Kind::Bits4 | Kind::Bits4Min, false) => by_rows!(kernel4, false),
        }
    }
}

thread_local! { static SCRATCH: RefCell<AlignedBuf> = RefCell::new(AlignedBuf::new(64)); }

/// `outs[i] = acts · weights[i]ᵀ` (row-major, `acts.m × n`) for several weights that share the activations, in one region.
pub fn matmul(products: &mut [(&PackedWeights, &mut [f32])], acts: &Activations) {
    let mut starts = vec![0usize];
    for (w, out) in products.iter() {
        assert!(w.k == acts.k && out.len() >= acts.m * w.n);
        starts.push(starts.last().copied().unwrap_or(0) + w.n / (2 * TILE));
    }
    let jobs: Vec<(&PackedWeights, usize)> =
        products.iter_mut().map(|(w, out)| (*w, out.as_mut_ptr() as usize)).collect();
    pool().run(starts.last().copied().unwrap_or(0), |range| {
        SCRATCH.with(|scratch| {
            let mut scratch = scratch.borrow_mut();
            let need = acts.k / BLOCK * 1024;
            if scratch.len() < need {
                *scratch = AlignedBuf::new(need);
            }
            for unit in range {
                let i = starts.partition_point(|s| *s <= unit) - 1;
                let (w, out) = jobs[i];
                // SAFETY: sizes asserted above, n is a multiple of two tiles (invariant 3), tiles are disjoint columns (4).
                unsafe { tile_pair(w, (unit - starts[i]) * 2, acts, out as *mut f32, scratch.as_mut_ptr()) }
            }
        });
    });
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

/// `out = silu(gate) × up`; all three have the same length, a multiple of 16.
pub fn silu_mul(gate: &[f32], up: &[f32], out: &mut [f32]) {
    assert!(gate.len() == up.len() && up.len() == out.len() && out.len().is_multiple_of(16) && super::supported());
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn inner(gate: *const f32, up: *const f32, out: *mut f32, n: usize) {
        let one = _mm512_set1_ps(1.0);
        for i in (0..n).step_by(16) {
            let x = _mm512_loadu_ps(gate.add(i));
            let s = _mm512_div_ps(x, _mm512_add_ps(one, exp(_mm512_sub_ps(_mm512_setzero_ps(), x))));
            _mm512_storeu_ps(out.add(i), _mm512_mul_ps(s, _mm512_loadu_ps(up.add(i))));
        }
    }
    // SAFETY: lengths and features checked above.
    unsafe { inner(gate.as_ptr(), up.as_ptr(), out.as_mut_ptr(), out.len()) }
}

/// `out = x / rms(x) × weight`; lengths equal and a multiple of 16.
pub fn rms_norm(x: &[f32], weight: &[f32], out: &mut [f32], eps: f32) {
    assert!(x.len() == weight.len() && x.len() == out.len() && x.len().is_multiple_of(16) && super::supported());
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn inner(x: *const f32, w: *const f32, out: *mut f32, n: usize, eps: f32) {
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
    // SAFETY: lengths and features checked above.
    unsafe { inner(x.as_ptr(), weight.as_ptr(), out.as_mut_ptr(), x.len(), eps) }
}

#[cfg(test)]
mod tests {
    use super::super::{embedding_row, supported};
    use super::*;
    use candle_core::quantized::{GgmlDType, QTensor};
    use candle_core::{Device, Tensor};

    /// Small deterministic values in −1..1, with a few extremes.
    fn values(n: usize, seed: u64, scale: f32) -> Vec<f32> {
        let mut s = seed;
        (0..n)
            .map(|i| {
                s = s.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let v = ((s >> 40) as f32 / (1u64 << 23) as f32 - 1.0) * scale;
                if i % 97 == 0 { v * 30.0 } else { v }
            })
            .collect()
    }

    #[test]
    fn products_agree_with_a_plain_reference_for_every_block_type() {
        if !supported() {
            return;
        }
        let (n, k) = (96, 512);
        for dtype in [GgmlDType::Q4_0, GgmlDType::Q5_0, GgmlDType::Q8_0, GgmlDType::Q4K, GgmlDType::Q6K, GgmlDType::F16]
        {
            let plain: Vec<f32> = values(n * k, 7, 0.05).into_iter().map(|v| v.clamp(-0.05, 0.05)).collect();
            let raw = Tensor::from_vec(plain, (n, k), &Device::Cpu).unwrap();
            let q = QTensor::quantize(&raw, dtype).unwrap();
            let w = q.dequantize(&Device::Cpu).unwrap().to_vec2::<f32>().unwrap();
            let packed = PackedWeights::pack(&q).unwrap();
            for m in [1usize, 2, 5, 6, 7, 13, 40] {
                let x = values(m * k, 11, 1.0);
                let mut acts = Activations::default();
                quantize(&mut acts, m, k, |r, o| o.copy_from_slice(&x[r * k..][..k]));
                let mut out = vec![0f32; m * packed.n];
                matmul(&mut [(&packed, &mut out)], &acts);
                // The reference sees the activations as the kernel does: rounded to int8 per block of 32.
                let seen: Vec<f32> = x.chunks_exact(BLOCK).flat_map(rounded).collect();
                for r in 0..m {
                    for c in 0..n {
                        let terms = || (0..k).map(|i| f64::from(seen[r * k + i]) * f64::from(w[c][i]));
                        let (exact, size) = (terms().sum::<f64>(), terms().map(|t| t * t).sum::<f64>().sqrt());
                        let got = f64::from(out[r * packed.n + c]);
                        // Exact quants differ by f16 scales only; Q6_K and F16 are re-quantised.
                        let share = if matches!(dtype, GgmlDType::Q6K | GgmlDType::F16) { 0.04 } else { 0.02 };
                        assert!(
                            (got - exact).abs() <= share * size + 1e-4,
                            "{dtype:?} m={m} [{r},{c}] {got} {exact} {size}"
                        );
                    }
                }
            }
        }
    }

    fn rounded(block: &[f32]) -> Vec<f32> {
        let scale = block.iter().fold(0f32, |m, v| m.max(v.abs())) / 127.0;
        block.iter().map(|v| if scale > 0.0 { (v / scale).round_ties_even() * scale } else { 0.0 }).collect()
    }

    #[test]
    fn quantised_zero_and_extreme_rows_stay_finite() {
        if !supported() {
            return;
        }
        let k = 64;
        let raw = Tensor::from_vec(values(32 * k, 3, 1.0), (32, k), &Device::Cpu).unwrap();
        let packed = PackedWeights::pack(&QTensor::quantize(&raw, GgmlDType::Q8_0).unwrap()).unwrap();
        for fill in [0.0f32, 1e30, -1e30, f32::MIN_POSITIVE] {
            let mut acts = Activations::default();
            quantize(&mut acts, 1, k, |_, o| o.fill(fill));
            let mut out = vec![f32::NAN; packed.n];
            matmul(&mut [(&packed, &mut out)], &acts);
            assert!(out.iter().all(|v| v.is_finite()), "{fill}");
            assert!(fill != 0.0 || out.iter().all(|v| *v == 0.0));
        }
    }

    #[test]
    fn embedding_rows_are_the_dequantised_rows() {
        let (n, k) = (8, 256);
        for dtype in [GgmlDType::Q4_0, GgmlDType::Q5_0, GgmlDType::Q8_0, GgmlDType::Q4K] {
            let q = QTensor::quantize(&Tensor::from_vec(values(n * k, 5, 1.0), (n, k), &Device::Cpu).unwrap(), dtype)
                .unwrap();
            let rows = q.dequantize(&Device::Cpu).unwrap().to_vec2::<f32>().unwrap();
            let data = q.data().unwrap();
            for (id, row) in rows.iter().enumerate() {
                let mut out = vec![0f32; k];
                embedding_row(dtype, &data, k, id, &mut out).unwrap();
                for (a, b) in out.iter().zip(row) {
                    // Q4_K scales are rounded to f16 when packed.
                    assert!((a - b).abs() <= 0.02, "{dtype:?} {a} {b}");
                }
            }
        }
    }

    #[test]
    fn norm_and_gate_agree_with_plain_arithmetic() {
        if !supported() {
            return;
        }
        let (x, w) = (values(64, 1, 2.0), values(64, 2, 1.0));
        let mut out = vec![0f32; 64];
        rms_norm(&x, &w, &mut out, 1e-6);
        let rms = (x.iter().map(|v| v * v).sum::<f32>() / 64.0 + 1e-6).sqrt();
        for i in 0..64 {
            assert!((out[i] - x[i] / rms * w[i]).abs() < 1e-4);
        }
        silu_mul(&x, &w, &mut out);
        for i in 0..64 {
            let expect = x[i] / (1.0 + (-x[i]).exp()) * w[i];
            assert!((out[i] - expect).abs() <= 1e-4 * expect.abs().max(1.0), "{} {expect}", out[i]);
        }
    }
}
