//! The same for every instruction set: splitting products and element-wise work over the pool.

use std::cell::RefCell;
use std::ops::Range;

use super::activations::{Activations, Layout};
use super::buffer::AlignedBuf;
use super::pool::pool;
use super::weights::PackedWeights;
use super::{BLOCK, Form, Gate, Level, TILE, level};

#[cfg(target_arch = "x86_64")]
use super::amx;

/// From so many rows on, int8 tiles are faster than vectors; both compute the same.
const ENOUGH_FOR_TILES: usize = 7;

/// Rows that an output must have room for: tiles write whole groups of sixteen.
pub const fn padded_rows(m: usize) -> usize {
    m.next_multiple_of(TILE)
}

/// Brings `m` rows of `k` floats into the form the products want; `fill(row, buffer)` supplies each row.
pub fn quantize(acts: &mut Activations, form: Form, m: usize, k: usize, fill: impl Fn(usize, &mut [f32]) + Sync) {
    assert!(k.is_multiple_of(BLOCK));
    let level = level();
    let layout = match (level, form) {
        (Level::Amx, Form::Many) => Layout::Wide,
        (Level::Amx, Form::Few) if m >= ENOUGH_FOR_TILES => Layout::Tiles,
        _ => Layout::Panels,
    };
    acts.resize(m, k, layout);
    #[cfg(target_arch = "x86_64")]
    if layout == Layout::Wide {
        return amx::widen_rows(acts, &fill);
    }
    let (slots, ops) = (acts.slots(), level.ops());
    let rows = |range: Range<usize>| {
        let slots = &slots;
        let mut row = vec![0f32; k];
        for r in range {
            fill(r, &mut row);
            // SAFETY: `resize` made room for m rows, each range has its own rows (invariant 4), the row has k floats.
            unsafe { (ops.quantize_row)(slots, k / BLOCK, r, row.as_ptr()) }
        }
    };
    if m <= 2 { rows(0..m) } else { pool().run(m, rows) }
}

thread_local! { static SCRATCH: RefCell<AlignedBuf> = RefCell::new(AlignedBuf::new(64)); }

/// Calls `f` with `bytes` of this thread's scratch memory.
pub(super) fn with_scratch<R>(bytes: usize, f: impl FnOnce(*mut u8) -> R) -> R {
    SCRATCH.with(|scratch| {
        let mut scratch = scratch.borrow_mut();
        // In tests no more than was asked for, see `buffer`.
        if scratch.len() < bytes || cfg!(test) && scratch.len() > bytes {
            *scratch = AlignedBuf::new(bytes);
        }
        f(scratch.as_mut_ptr())
    })
}

/// A product's output, written by several threads in disjoint column tiles.
#[derive(Clone, Copy)]
pub(super) struct Out(pub *mut f32);

// SAFETY: column tiles are disjoint (invariant 4).
unsafe impl Sync for Out {}
// SAFETY: as above.
unsafe impl Send for Out {}

/// `outs[i] = acts · weights[i]ᵀ` (row-major, `acts.m × n`) for several weights that share the activations, in one region.
pub fn matmul(products: &mut [(&PackedWeights, &mut [f32])], acts: &Activations) {
    let mut starts = vec![0usize];
    for (w, out) in products.iter() {
        let rows = if acts.layout == Layout::Wide { padded_rows(acts.m) } else { acts.m };
        assert!(w.k == acts.k && out.len() >= rows * w.n);
        starts.push(starts.last().copied().unwrap_or(0) + w.n / (2 * TILE));
    }
    let jobs: Vec<(&PackedWeights, Out)> = products.iter_mut().map(|(w, out)| (*w, Out(out.as_mut_ptr()))).collect();
    let (pairs, ops) = (starts.last().copied().unwrap_or(0), level().ops());
    let place = |unit: usize| {
        let i = starts.partition_point(|s| *s <= unit) - 1;
        (jobs[i].0, (unit - starts[i]) * 2, jobs[i].1)
    };
    #[cfg(target_arch = "x86_64")]
    match acts.layout {
        Layout::Wide => return amx::product(acts, pairs, &place),
        Layout::Tiles => return amx::product_of_bytes(acts, pairs, &place),
        Layout::Panels => {}
    }
    let scratch_bytes = acts.k / BLOCK * 1024;
    pool().run(pairs, |range| {
        with_scratch(scratch_bytes, |scratch| {
            for unit in range {
                let (w, tile, out) = place(unit);
                // SAFETY: sizes asserted above, n is a multiple of two tiles (invariant 3), tiles are disjoint columns (4).
                unsafe { (ops.tile_pair)(w, tile, acts, out.0, scratch) }
            }
        });
    });
}

/// The columns `ids` (ascending) of the only row of `acts · wᵀ`: reads the tile pairs that hold them and no others.
pub fn matmul_some(w: &PackedWeights, acts: &Activations, ids: &[u32]) -> Vec<f32> {
    const WIDTH: usize = 2 * TILE;
    assert!(w.k == acts.k && acts.m == 1 && acts.layout == Layout::Panels);
    assert!(ids.iter().all(|id| (*id as usize) < w.n));
    let mut pairs: Vec<usize> = ids.iter().map(|id| *id as usize / WIDTH).collect();
    pairs.dedup();
    let mut columns = vec![0f32; pairs.len() * WIDTH];
    let (out, ops) = (Out(columns.as_mut_ptr()), level().ops());
    pool().run(pairs.len(), |range| {
        let out = &out;
        with_scratch(acts.k / BLOCK * 1024, |scratch| {
            for i in range {
                // SAFETY: one row, so the pair writes its 32 columns only; the pointer is moved back by the pair's own
                // offset so that they land at `i * 32` (invariants 3 and 4).
                unsafe {
                    let base = out.0.wrapping_add(i * WIDTH).wrapping_sub(pairs[i] * WIDTH);
                    (ops.tile_pair)(w, pairs[i] * 2, acts, base, scratch);
                }
            }
        });
    });
    let mut at = 0;
    ids.iter()
        .map(|id| {
            while pairs[at] != *id as usize / WIDTH {
                at += 1;
            }
            columns[at * WIDTH + *id as usize % WIDTH]
        })
        .collect()
}

/// `out = x / rms(x) × weight`; lengths equal and a multiple of 16.
pub fn rms_norm(x: &[f32], weight: &[f32], out: &mut [f32], eps: f32) {
    assert!(x.len() == weight.len() && x.len() == out.len() && x.len().is_multiple_of(16));
    // SAFETY: lengths checked above.
    unsafe { (level().ops().rms_norm)(x.as_ptr(), weight.as_ptr(), out.as_mut_ptr(), x.len(), eps) }
}

/// `out = kind(x) × up`; all three have the same length, a multiple of 16.
pub fn gate(kind: Gate, x: &[f32], up: &[f32], out: &mut [f32]) {
    assert!(x.len() == up.len() && up.len() == out.len() && out.len().is_multiple_of(16));
    // SAFETY: lengths checked above.
    unsafe { (level().ops().gate)(kind, x.as_ptr(), up.as_ptr(), out.as_mut_ptr(), out.len()) }
}
