//! int8 tiles with int32 sums, for answers with several rows: what comes out is bit for bit what the AVX-512 kernels compute
//! for the same row, because the sums are exact and everything after them happens in the same order.
#![allow(unsafe_op_in_unsafe_fn, reason = "whole bodies are kernels over raw pointers under the invariants of mod.rs")]
#![allow(clippy::needless_range_loop, reason = "indices run over several register arrays at once")]

use std::arch::asm;
use std::arch::x86_64::*;

use half::f16;

use super::super::activations::Activations;
use super::super::pool::pool;
use super::super::product::{Out, with_scratch};
use super::super::weights::{Kind, PackedWeights};
use super::super::{BLOCK, TILE};
use super::{Shape, TILE_BYTES, with_tiles};

/// Sums under way at the same time: as many as there are registers for.
const GROUP: usize = 4;

/// int32 sums of 16 × 16, on their way from a tile to the vector registers.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Sums([i32; TILE * TILE]);

/// One column tile and sixteen rows, from block 0 on.
struct Place {
    /// Signed bytes, 1024 from block to block.
    weights: *const u8,
    scales: *const f16,
    /// Minima or scales of second halves; dangling where the kind has none.
    second: *const f16,
    /// Sixteen rows of 32 bytes per block, then their scales and scaled sums.
    quants: *const i8,
    row_scales: *const f32,
    scaled_sums: *const f32,
    blocks: usize,
    /// Where to prefetch from, and how many lines of 64 bytes with each block.
    ahead: *const u8,
    lines: usize,
}

/// Every tile pair (`place(unit)` gives its weights, first tile and output) for every row of `acts`, sixteen rows together.
pub fn product<'a>(
    acts: &Activations,
    pairs: usize,
    place: &(impl Fn(usize) -> (&'a PackedWeights, usize, Out) + Sync),
) {
    let bytes = acts.k / BLOCK * TILE_BYTES;
    pool().run(pairs, |range| {
        with_scratch(bytes, |scratch| {
            with_tiles(Shape::Bytes, || {
                for unit in range.clone() {
                    let (w, tile, out) = place(unit);
                    // SAFETY: sizes asserted by `matmul` (invariant 3); tiles are disjoint columns (4).
                    unsafe { tile_pair(w, tile, acts, out.0, scratch) }
                }
            });
        });
    });
}

/// The column tiles `tile` and `tile + 1` for every row; tiles are configured as [`Shape::Bytes`].
///
/// # Safety
/// `tile` and `tile + 1` exist in `w`; `out` has `acts.m` rows of `w.n` floats; `scratch` has `blocks × 1024` bytes, 64-aligned.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,f16c")]
unsafe fn tile_pair(w: &PackedWeights, tile: usize, acts: &Activations, out: *mut f32, scratch: *mut u8) {
    let blocks = w.k / BLOCK;
    let groups = acts.m.div_ceil(TILE);
    // The next pair's weights travel to the cache while this one's are multiplied, a share with each block.
    let lines = (w.kind.bytes() / 64).div_ceil(groups);
    let next = w.quants.as_ptr().add(tile * blocks * w.kind.bytes()).wrapping_add(2 * blocks * w.kind.bytes());
    to_bytes(w.kind, w.quants.as_ptr().add(tile * blocks * w.kind.bytes()), 2 * blocks, scratch);
    let mut sums = [Sums([0; TILE * TILE]); GROUP];
    for group in 0..groups {
        let at = group * blocks * TILE;
        for j in 0..2 {
            let scales = (tile * blocks + j) * TILE;
            let place = Place {
                weights: scratch.add(j * Kind::Bits8.bytes()),
                scales: w.scales.as_ptr().add(scales),
                second: w.second.as_ptr().wrapping_add(scales),
                quants: acts.quants.as_ptr().add(at * BLOCK).cast(),
                row_scales: acts.scales.as_ptr().add(at),
                scaled_sums: acts.scaled_sums.as_ptr().add(at),
                blocks,
                ahead: next.wrapping_add((2 * group + j) * blocks * lines * 64),
                lines,
            };
            let to = out.add(group * TILE * w.n + (tile + j) * TILE);
            let rows = (acts.m - group * TILE).min(TILE);
            macro_rules! by_rows {
                ($($m:literal)*) => {
                    match (rows.div_ceil(4) * 4, w.kind) {
                        $(($m, Kind::Bits6) => column::<$m, false, true>(&place, &mut sums, to, w.n, rows),
                          ($m, Kind::Bits4Min | Kind::Bits5Min) => column::<$m, true, false>(&place, &mut sums, to, w.n, rows),
                          ($m, _) => column::<$m, false, false>(&place, &mut sums, to, w.n, rows),)*
                        _ => {}
                    }
                };
            }
            by_rows!(4 8 12 16);
        }
    }
}

macro_rules! multiply {
    ($c:literal, $a:literal, $b:literal, $from:expr, $weights:expr) => {
        asm!(
            concat!("tilezero ", $c),
            concat!("tileloadd ", $a, ", [{a} + {half}]"),
            concat!("tileloadd ", $b, ", [{b} + {line}]"),
            concat!("tdpbssd ", $c, ", ", $a, ", ", $b),
            a = in(reg) $from, b = in(reg) $weights, half = in(reg) BLOCK, line = in(reg) 64usize,
            options(nostack, readonly),
        )
    };
}

/// Multiplies the first `count` (at most [`GROUP`]) blocks from `b` on, each into a register of its own.
///
/// # Safety
/// The blocks exist; tiles are configured.
#[inline(always)]
unsafe fn multiply(p: &Place, b: usize, count: usize) {
    let (a, weights) = (p.quants.add(b * TILE * BLOCK), p.weights.add(b * TILE_BYTES));
    multiply!("tmm0", "tmm4", "tmm5", a, weights);
    if count > 1 {
        multiply!("tmm1", "tmm4", "tmm5", a.add(TILE * BLOCK), weights.add(TILE_BYTES));
    }
    if count > 2 {
        multiply!("tmm2", "tmm4", "tmm5", a.add(2 * TILE * BLOCK), weights.add(2 * TILE_BYTES));
    }
    if count > 3 {
        multiply!("tmm3", "tmm4", "tmm5", a.add(3 * TILE * BLOCK), weights.add(3 * TILE_BYTES));
    }
}

/// Multiplies the four halves of two blocks from `b` on, or the two of one.
///
/// # Safety
/// As [`multiply`].
#[inline(always)]
unsafe fn multiply_halves(p: &Place, b: usize, count: usize) {
    let (a, weights) = (p.quants.add(b * TILE * BLOCK), p.weights.add(b * TILE_BYTES));
    multiply!("tmm0", "tmm6", "tmm7", a, weights);
    multiply!("tmm1", "tmm6", "tmm7", a.add(BLOCK / 2), weights.add(256));
    if count > 2 {
        let (a, weights) = (a.add(TILE * BLOCK), weights.add(TILE_BYTES));
        multiply!("tmm2", "tmm6", "tmm7", a, weights);
        multiply!("tmm3", "tmm6", "tmm7", a.add(BLOCK / 2), weights.add(256));
    }
}

/// Takes the sums out of the registers.
///
/// # Safety
/// Tiles are configured.
#[inline(always)]
unsafe fn store(sums: &mut [Sums; GROUP]) {
    let to = sums.as_mut_ptr().cast::<u8>();
    asm!(
        "tilestored [{0} + {4}], tmm0", "tilestored [{1} + {4}], tmm1",
        "tilestored [{2} + {4}], tmm2", "tilestored [{3} + {4}], tmm3",
        in(reg) to, in(reg) to.add(TILE_BYTES), in(reg) to.add(2 * TILE_BYTES), in(reg) to.add(3 * TILE_BYTES),
        in(reg) 64usize, options(nostack),
    );
}

/// Adds a block's (or half a block's) sums, scaled: sum × (weight scale × row scale), as the micro-kernels in `avx512` do.
///
/// # Safety
/// Pointers as in [`Place`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,f16c")]
#[inline]
unsafe fn add<const M: usize>(acc: &mut [__m512; M], sums: &Sums, scales: *const f16, row_scales: *const f32) {
    let scale = _mm512_cvtph_ps(_mm256_loadu_si256(scales.cast()));
    for r in 0..M {
        let sum = _mm512_cvtepi32_ps(_mm512_load_si512(sums.0.as_ptr().add(r * TILE).cast()));
        acc[r] = _mm512_fmadd_ps(sum, _mm512_mul_ps(scale, _mm512_set1_ps(*row_scales.add(r))), acc[r]);
    }
}

/// Every block of one column tile for `rows ≤ M` rows. Tiles answer late, so a group of blocks is under way while the group
/// before is added up. `MINIMUM` and `HALVES`: what [`Place::second`] is.
///
/// # Safety
/// `out` has room for `rows` rows of 16 floats with stride `ld`; tiles are configured.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,f16c")]
#[inline]
unsafe fn column<const M: usize, const MINIMUM: bool, const HALVES: bool>(
    p: &Place,
    sums: &mut [Sums; GROUP],
    out: *mut f32,
    ld: usize,
    rows: usize,
) {
    let mut acc = [_mm512_setzero_ps(); M];
    let per_group = if HALVES { GROUP / 2 } else { GROUP };
    let begin = |b: usize| {
        let count = (p.blocks - b).min(per_group);
        if HALVES { multiply_halves(p, b, 2 * count) } else { multiply(p, b, count) }
    };
    begin(0);
    store(sums);
    for first in (0..p.blocks).step_by(per_group) {
        let next = first + per_group;
        if next < p.blocks {
            begin(next);
        }
        for b in first..next.min(p.blocks) {
            let (scales, row_scales) = (p.scales.add(b * 2 * TILE), p.row_scales.add(b * TILE));
            if HALVES {
                add(&mut acc, &sums[2 * (b - first)], scales, row_scales);
                add(&mut acc, &sums[2 * (b - first) + 1], p.second.add(b * 2 * TILE), row_scales);
            } else {
                add(&mut acc, &sums[b - first], scales, row_scales);
            }
            for line in b * p.lines..(b + 1) * p.lines {
                _mm_prefetch::<_MM_HINT_T1>(p.ahead.wrapping_add(line * 64).cast());
            }
            if MINIMUM {
                let minimum = _mm512_cvtph_ps(_mm256_loadu_si256(p.second.add(b * 2 * TILE).cast()));
                for r in 0..M {
                    acc[r] = _mm512_fmadd_ps(minimum, _mm512_set1_ps(*p.scaled_sums.add(b * TILE + r)), acc[r]);
                }
            }
        }
        if next < p.blocks {
            store(sums);
        }
    }
    for r in 0..M.min(rows) {
        _mm512_storeu_ps(out.add(r * ld), acc[r]);
    }
}

/// `count` blocks of tiles as signed bytes, offset taken off.
///
/// # Safety
/// `from` has so many blocks of `kind`, `to` room for 512 bytes each.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
unsafe fn to_bytes(kind: Kind, from: *const u8, count: usize, to: *mut u8) {
    let (low, fifth, two) = (_mm512_set1_epi8(15), _mm512_set1_epi8(16), _mm512_set1_epi8(0x30));
    let offset = _mm512_set1_epi8(kind.offset() as i8);
    for b in 0..count {
        let p = from.add(b * kind.bytes());
        for line in 0..kind.bytes() / 64 {
            _mm_prefetch::<_MM_HINT_T0>(p.wrapping_add(4096 + line * 64).cast());
        }
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
        for g in 0..8 {
            let signed = _mm512_sub_epi8(groups[g], offset);
            _mm512_store_si512(to.add(b * Kind::Bits8.bytes() + g * 64).cast(), signed);
        }
    }
}
