//! Activations quantised to int8 in panels of six rows.

use super::buffer::AlignedBuf;
use super::{BLOCK, PANEL};

/// `m × k` activations: int8 quants, a scale per row and block, and the sums the offsets need.
pub struct Activations {
    pub(super) m: usize,
    pub(super) k: usize,
    pub(super) quants: AlignedBuf,
    pub(super) scales: Vec<f32>,
    /// −8 × sum of the block's quants: corrects the unsigned offset of the weights.
    pub(super) sums: Vec<i32>,
    /// −scale × sum: for weights with a minimum.
    pub(super) scaled_sums: Vec<f32>,
}

impl Default for Activations {
    fn default() -> Self {
        Self { m: 0, k: 0, quants: AlignedBuf::new(0), scales: vec![], sums: vec![], scaled_sums: vec![] }
    }
}

impl Activations {
    pub(super) fn resize(&mut self, m: usize, k: usize) {
        (self.m, self.k) = (m, k);
        let entries = m.div_ceil(PANEL) * (k / BLOCK) * PANEL;
        if self.quants.len() < entries * BLOCK {
            self.quants = AlignedBuf::new(entries * BLOCK);
        }
        if self.scales.len() < entries {
            self.scales.resize(entries, 0.0);
            self.sums.resize(entries, 0);
            self.scaled_sums.resize(entries, 0.0);
        }
    }
}
