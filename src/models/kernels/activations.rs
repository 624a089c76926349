//! Activations in the form the products want: int8 panels of six or sixteen rows, or bf16 tiles of sixteen.

use super::buffer::AlignedBuf;
use super::{BLOCK, PANEL, TILE};

/// How rows stand together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// int8, [`PANEL`] rows together.
    Panels,
    /// int8, [`TILE`] rows together, for AMX.
    Tiles,
    /// bf16 tiles, for AMX.
    Wide,
}

impl Layout {
    /// Rows of an int8 panel.
    pub const fn height(self) -> usize {
        if let Self::Panels = self { PANEL } else { TILE }
    }
}

/// `m × k` activations.
pub struct Activations {
    pub(super) m: usize,
    pub(super) k: usize,
    pub(super) layout: Layout,
    /// `[panel][block][rows of a panel][32]` int8.
    pub(super) quants: AlignedBuf,
    /// A scale per `[panel][block][row]`.
    pub(super) scales: Vec<f32>,
    /// −8 × sum of the block's quants: corrects the unsigned offset of the weights.
    pub(super) sums: Vec<i32>,
    /// The same for the first half of the block, for weights with two scales per block.
    pub(super) half_sums: Vec<i32>,
    /// −scale × sum: for weights with a minimum.
    pub(super) scaled_sums: Vec<f32>,
    /// `[chunk of 1024][16 rows][block][16][32]` bf16.
    pub(super) wide: AlignedBuf,
}

/// Where the quants, scales and sums of an [`Activations`] go; rows are written by several threads, each its own.
#[derive(Clone, Copy)]
pub(crate) struct RowSlots {
    height: usize,
    pub(super) quants: *mut i8,
    pub(super) scales: *mut f32,
    pub(super) sums: *mut i32,
    pub(super) half_sums: *mut i32,
    pub(super) scaled_sums: *mut f32,
}

// SAFETY: rows are disjoint (invariant 4).
unsafe impl Sync for RowSlots {}

impl RowSlots {
    /// Place of the first block of `row` among rows of `blocks` blocks, and how far the next is.
    pub(super) const fn place(&self, blocks: usize, row: usize) -> (usize, usize) {
        (row / self.height * blocks * self.height + row % self.height, self.height)
    }
}

impl Default for Activations {
    fn default() -> Self {
        Self {
            m: 0,
            k: 0,
            layout: Layout::Panels,
            quants: AlignedBuf::new(0),
            scales: vec![],
            sums: vec![],
            half_sums: vec![],
            scaled_sums: vec![],
            wide: AlignedBuf::new(0),
        }
    }
}

impl Activations {
    pub(super) fn resize(&mut self, m: usize, k: usize, layout: Layout) {
        (self.m, self.k, self.layout) = (m, k, layout);
        if layout == Layout::Wide {
            let bytes = m.next_multiple_of(TILE) * k * 2;
            if self.wide.len() < bytes {
                self.wide = AlignedBuf::new(bytes);
            }
            return;
        }
        let entries = m.next_multiple_of(layout.height()) * (k / BLOCK);
        if self.quants.len() < entries * BLOCK {
            self.quants = AlignedBuf::new(entries * BLOCK);
        }
        if self.scales.len() < entries {
            self.scales.resize(entries, 0.0);
            self.sums.resize(entries, 0);
            self.half_sums.resize(entries, 0);
            self.scaled_sums.resize(entries, 0.0);
        }
    }

    pub(super) fn slots(&mut self) -> RowSlots {
        RowSlots {
            height: self.layout.height(),
            quants: self.quants.as_mut_ptr().cast(),
            scales: self.scales.as_mut_ptr(),
            sums: self.sums.as_mut_ptr(),
            half_sums: self.half_sums.as_mut_ptr(),
            scaled_sums: self.scaled_sums.as_mut_ptr(),
        }
    }
}
