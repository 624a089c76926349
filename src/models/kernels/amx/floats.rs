//! bf16 tiles with f32 sums, for prompts.
//!
//! Weights are widened to bf16 one chunk of columns at a time into a thread's scratch memory, small enough to stay in its
//! second-level cache while every row passes.
#![allow(unsafe_op_in_unsafe_fn, reason = "whole bodies are kernels over raw pointers under the invariants of mod.rs")]
#![allow(clippy::needless_range_loop, reason = "indices run over several register arrays at once")]

use std::arch::asm;
use std::arch::x86_64::*;

use super::super::activations::Activations;
use super::super::pool::pool;
use super::super::product::{Out, with_scratch};
use super::super::weights::{Kind, PackedWeights};
use super::super::{BLOCK, TILE};
use super::{Shape, TILE_BYTES, with_tiles};

/// Columns of weights widened at a time, in blocks.
const CHUNK: usize = 32;

/// Where row `r` of block `b` stands in [`Activations::wide`], in bytes.
fn wide_offset(row_tiles: usize, blocks: usize, r: usize, b: usize) -> usize {
    let (chunk, inside) = (b / CHUNK, b % CHUNK);
    let here = (blocks - chunk * CHUNK).min(CHUNK);
    (chunk * CHUNK * row_tiles + r / TILE * here + inside) * TILE_BYTES + r % TILE * 64
}

/// Rows as bf16 tiles; `fill(row, buffer)` supplies each row. `acts` has been resized.
pub fn widen_rows(acts: &mut Activations, fill: &(impl Fn(usize, &mut [f32]) + Sync)) {
    let (m, k) = (acts.m, acts.k);
    let (row_tiles, blocks) = (m.div_ceil(TILE), k / BLOCK);
    let wide = Out(acts.wide.as_mut_ptr().cast());
    /// # Safety
    /// `from` has 32 floats, `to` room for 64 bytes.
    #[target_feature(enable = "avx512f,avx512bf16")]
    unsafe fn store(from: *const f32, to: *mut u8) {
        let pair = _mm512_cvtne2ps_pbh(_mm512_loadu_ps(from.add(16)), _mm512_loadu_ps(from));
        _mm512_storeu_si512(to.cast(), std::mem::transmute::<__m512bh, __m512i>(pair));
    }
    pool().run(m, |range| {
        let wide = &wide;
        let mut row = vec![0f32; k];
        for r in range {
            fill(r, &mut row);
            for b in 0..blocks {
                // SAFETY: `resize` made room for every tile; each row is written by one range (invariant 4).
                unsafe {
                    let to = wide.0.cast::<u8>().add(wide_offset(row_tiles, blocks, r, b));
                    store(row.as_ptr().add(b * BLOCK), to);
                }
            }
        }
    });
}

/// Every tile pair (`place(unit)` gives its weights, first tile and output) for every row of `acts`.
pub fn product<'a>(
    acts: &Activations,
    pairs: usize,
    place: &(impl Fn(usize) -> (&'a PackedWeights, usize, Out) + Sync),
) {
    let (row_tiles, blocks) = (acts.m.div_ceil(TILE), acts.k / BLOCK);
    for chunk in 0..blocks.div_ceil(CHUNK) {
        let first = chunk * CHUNK;
        let here = (blocks - first).min(CHUNK);
        // Chunk by chunk: the rows' share of one chunk stays in the cache while all weights pass by.
        pool().run(pairs, |range| {
            with_scratch(2 * CHUNK * TILE_BYTES, |scratch| {
                with_tiles(Shape::Floats, || {
                    for unit in range.clone() {
                        let (w, tile, out) = place(unit);
                        // SAFETY: sizes asserted by `matmul` (invariant 3); tiles are disjoint columns (4).
                        unsafe {
                            for j in 0..2 {
                                widen_weights(w, tile, j, first, here, scratch.add(j * here * TILE_BYTES));
                            }
                            let rows = acts.wide.as_ptr().add(wide_offset(row_tiles, blocks, 0, first));
                            let out = out.0.add(tile * TILE);
                            for pair in 0..row_tiles / 2 {
                                let a = rows.add(pair * 2 * here * TILE_BYTES);
                                two_by_two(a, scratch, here, out.add(pair * 2 * TILE * w.n), w.n, chunk == 0);
                            }
                            if row_tiles % 2 == 1 {
                                let a = rows.add((row_tiles - 1) * here * TILE_BYTES);
                                one_by_two(a, scratch, here, out.add((row_tiles - 1) * TILE * w.n), w.n, chunk == 0);
                            }
                        }
                    }
                });
            });
        });
    }
}

/// 32 rows × 32 columns over `steps` blocks: `out` (stride `ld` floats) is overwritten when `fresh`, else added to.
///
/// # Safety
/// `a` has two row tiles of `steps` blocks, `b` two column tiles, `out` 32 rows with room for 32 floats; tiles are configured.
#[inline]
unsafe fn two_by_two(a: *const u8, b: *const u8, steps: usize, out: *mut f32, ld: usize, fresh: bool) {
    let (out0, out1) = (out, out.add(TILE));
    let (out2, out3) = (out.add(TILE * ld), out.add(TILE * ld + TILE));
    if fresh {
        asm!("tilezero tmm0", "tilezero tmm1", "tilezero tmm2", "tilezero tmm3", options(nostack, nomem));
    } else {
        asm!(
            "tileloadd tmm0, [{0} + {4}]", "tileloadd tmm1, [{1} + {4}]",
            "tileloadd tmm2, [{2} + {4}]", "tileloadd tmm3, [{3} + {4}]",
            in(reg) out0, in(reg) out1, in(reg) out2, in(reg) out3, in(reg) ld * 4, options(nostack, readonly),
        );
    }
    asm!(
        "2:",
        "tileloadd tmm6, [{b} + {stride}]",
        "tileloadd tmm4, [{a} + {stride}]",
        "tileloadd tmm7, [{b1} + {stride}]",
        "tdpbf16ps tmm0, tmm4, tmm6",
        "tileloadd tmm5, [{a1} + {stride}]",
        "tdpbf16ps tmm1, tmm4, tmm7",
        "tdpbf16ps tmm2, tmm5, tmm6",
        "tdpbf16ps tmm3, tmm5, tmm7",
        "add {a}, 1024", "add {a1}, 1024", "add {b}, 1024", "add {b1}, 1024",
        "dec {steps}",
        "jnz 2b",
        a = inout(reg) a => _,
        a1 = inout(reg) a.add(steps * TILE_BYTES) => _,
        b = inout(reg) b => _,
        b1 = inout(reg) b.add(steps * TILE_BYTES) => _,
        steps = inout(reg) steps => _,
        stride = in(reg) 64usize,
        options(nostack, readonly),
    );
    asm!(
        "tilestored [{0} + {4}], tmm0", "tilestored [{1} + {4}], tmm1",
        "tilestored [{2} + {4}], tmm2", "tilestored [{3} + {4}], tmm3",
        in(reg) out0, in(reg) out1, in(reg) out2, in(reg) out3, in(reg) ld * 4, options(nostack),
    );
}

/// 16 rows × 32 columns, see [`two_by_two`].
///
/// # Safety
/// As there, with one row tile and 16 rows.
#[inline]
unsafe fn one_by_two(a: *const u8, b: *const u8, steps: usize, out: *mut f32, ld: usize, fresh: bool) {
    let (out0, out1) = (out, out.add(TILE));
    if fresh {
        asm!("tilezero tmm0", "tilezero tmm1", options(nostack, nomem));
    } else {
        asm!(
            "tileloadd tmm0, [{0} + {2}]", "tileloadd tmm1, [{1} + {2}]",
            in(reg) out0, in(reg) out1, in(reg) ld * 4, options(nostack, readonly),
        );
    }
    asm!(
        "2:",
        "tileloadd tmm4, [{a} + {stride}]",
        "tileloadd tmm6, [{b} + {stride}]",
        "tileloadd tmm7, [{b1} + {stride}]",
        "tdpbf16ps tmm0, tmm4, tmm6",
        "tdpbf16ps tmm1, tmm4, tmm7",
        "add {a}, 1024", "add {b}, 1024", "add {b1}, 1024",
        "dec {steps}",
        "jnz 2b",
        a = inout(reg) a => _,
        b = inout(reg) b => _,
        b1 = inout(reg) b.add(steps * TILE_BYTES) => _,
        steps = inout(reg) steps => _,
        stride = in(reg) 64usize,
        options(nostack, readonly),
    );
    asm!(
        "tilestored [{0} + {2}], tmm0", "tilestored [{1} + {2}], tmm1",
        in(reg) out0, in(reg) out1, in(reg) ld * 4, options(nostack),
    );
}

/// Blocks `first..first + count` of tile `tile + j` as bf16 tiles: row `p` of a tile holds columns `2p, 2p + 1` of the sixteen
/// weight rows side by side.
///
/// # Safety
/// The tile pair and the blocks exist; `to` has room for `count` tiles, 64-aligned.
#[target_feature(enable = "avx512f,avx512bw,f16c")]
unsafe fn widen_weights(w: &PackedWeights, tile: usize, j: usize, first: usize, count: usize, to: *mut u8) {
    let (kind, blocks) = (w.kind, w.k / BLOCK);
    let (low, fifth, two) = (_mm512_set1_epi8(15), _mm512_set1_epi8(16), _mm512_set1_epi8(0x30));
    let half = |p: *const half::f16| _mm512_cvtph_ps(_mm256_loadu_si256(p.cast()));
    for b in 0..count {
        let at = tile * blocks + (first + b) * 2 + j;
        let p = w.quants.as_ptr().add(at * kind.bytes());
        _mm_prefetch::<_MM_HINT_T0>(p.wrapping_add(4096).cast());
        let mut groups = [_mm512_setzero_si512(); 8];
        if kind == Kind::Bits8 {
            for g in 0..8 {
                groups[g] = _mm512_load_si512(p.add(g * 64).cast());
            }
        } else {
            for g in 0..4 {
                let v = _mm512_load_si512(p.add(g * 64).cast());
                groups[g] = _mm512_and_si512(v, low);
                groups[g + 4] = _mm512_and_si512(_mm512_srli_epi16(v, 4), low);
            }
        }
        match kind {
            Kind::Bits5 | Kind::Bits5Min => {
                let mask = p.add(256).cast::<u64>();
                for g in 0..8 {
                    groups[g] = _mm512_mask_add_epi8(groups[g], *mask.add(g), groups[g], fifth);
                }
            }
            Kind::Bits6 => {
                for h in 0..2 {
                    let high = _mm512_load_si512(p.add(256 + h * 64).cast());
                    let shifted =
                        [_mm512_slli_epi16(high, 4), _mm512_slli_epi16(high, 2), high, _mm512_srli_epi16(high, 2)];
                    for g in 0..4 {
                        groups[h * 4 + g] = _mm512_or_si512(groups[h * 4 + g], _mm512_and_si512(shifted[g], two));
                    }
                }
            }
            _ => {}
        }
        let scale = half(w.scales.as_ptr().add(at * TILE));
        let offset = _mm512_set1_ps(-kind.offset() as f32);
        let mut base = _mm512_mul_ps(scale, offset);
        let (mut scales, mut bases) = ([scale; 2], [base; 2]);
        if !w.second.is_empty() {
            let second = half(w.second.as_ptr().add(at * TILE));
            if kind == Kind::Bits6 {
                (scales[1], bases[1]) = (second, _mm512_mul_ps(second, offset));
            } else {
                base = _mm512_sub_ps(base, second);
                bases = [base; 2];
            }
        }
        let byte = _mm512_set1_epi32(255);
        let rounding = _mm512_set1_epi32(0x8000);
        let upper = _mm512_set1_epi32(0xFFFF_0000_u32 as i32);
        for g in 0..8 {
            let (s, o) = (scales[g / 4], bases[g / 4]);
            let v = groups[g];
            let float = |q: __m512i| {
                let f = _mm512_fmadd_ps(_mm512_cvtepi32_ps(q), s, o);
                _mm512_add_epi32(_mm512_castps_si512(f), rounding)
            };
            let q0 = float(_mm512_and_si512(v, byte));
            let q1 = float(_mm512_and_si512(_mm512_srli_epi32(v, 8), byte));
            let q2 = float(_mm512_and_si512(_mm512_srli_epi32(v, 16), byte));
            let q3 = float(_mm512_srli_epi32(v, 24));
            // Even column in the lower half, odd in the upper: (upper & odd) | (even >> 16).
            let pair = |even, odd| _mm512_ternarylogic_epi32::<0xF8>(_mm512_srli_epi32(even, 16), upper, odd);
            let row = to.add(b * TILE_BYTES + g * 2 * 64);
            _mm512_store_si512(row.cast(), pair(q0, q1));
            _mm512_store_si512(row.add(64).cast(), pair(q2, q3));
        }
    }
}
