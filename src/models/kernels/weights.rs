//! Weights repacked for the kernels: 16 rows side by side, pairs of tiles interleaved, one scale per row and block.

use candle_core::Device;
use candle_core::quantized::{GgmlDType, QTensor};
use half::f16;
use rayon::prelude::*;

use super::buffer::AlignedBuf;
use super::{BLOCK, TILE, supported};
use crate::models::ModelError;

/// How a block of 32 weights is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Unsigned bytes, offset 128.
    Bits8,
    /// Nibbles plus a bit mask, offset 16 (Q5_0).
    Bits5,
    /// Nibbles, offset 8 (Q4_0).
    Bits4,
    /// Nibbles with a minimum per block (Q4_K).
    Bits4Min,
}

impl Kind {
    /// Bytes of one tile (16 rows) × one block (32 columns).
    pub const fn bytes(self) -> usize {
        match self {
            Kind::Bits8 => 512,
            Kind::Bits5 => 320,
            Kind::Bits4 | Kind::Bits4Min => 256,
        }
    }

    pub const fn offset(self) -> i32 {
        match self {
            Kind::Bits8 => 128,
            Kind::Bits5 => 16,
            Kind::Bits4 => 8,
            Kind::Bits4Min => 0,
        }
    }
}

/// An `n × k` matrix ready for `x · Wᵀ`.
pub struct PackedWeights {
    pub(super) kind: Kind,
    pub n: usize,
    pub k: usize,
    pub(super) quants: AlignedBuf,
    pub(super) scales: Vec<f16>,
    pub(super) minima: Vec<f16>,
}

impl PackedWeights {
    /// Packs a two-dimensional GGUF tensor. Rows are padded with zeros to a multiple of 32.
    pub fn pack(tensor: &QTensor) -> Result<Self, ModelError> {
        assert!(supported(), "kernels are only reached when the processor has them");
        let (rows, k) = tensor.shape().dims2()?;
        if k % BLOCK != 0 {
            return Err(ModelError::Compute(format!("矩阵宽度 {k} 不是 {BLOCK} 的倍数")));
        }
        let exact = matches!(tensor.dtype(), GgmlDType::Q4_0 | GgmlDType::Q5_0 | GgmlDType::Q8_0 | GgmlDType::Q4K);
        let requantised;
        let tensor = if exact {
            tensor
        } else {
            requantised = QTensor::quantize(&tensor.dequantize(&Device::Cpu)?, GgmlDType::Q8_0)?;
            &requantised
        };
        let kind = match tensor.dtype() {
            GgmlDType::Q4_0 => Kind::Bits4,
            GgmlDType::Q5_0 => Kind::Bits5,
            GgmlDType::Q4K => Kind::Bits4Min,
            _ => Kind::Bits8,
        };
        let n = rows.next_multiple_of(2 * TILE);
        let blocks = k / BLOCK;
        let mut quants = AlignedBuf::new(n / TILE * blocks * kind.bytes());
        let mut scales = vec![f16::ZERO; n * blocks];
        let mut minima = vec![f16::ZERO; if kind == Kind::Bits4Min { n * blocks } else { 0 }];
        let data = tensor.data()?;
        let dtype = tensor.dtype();
        // A pair of tiles is contiguous in every buffer, so pairs can be packed in parallel.
        let pair_quants = 2 * blocks * kind.bytes();
        let pair_scales = 2 * blocks * TILE;
        let mut no_minima: Vec<&mut [f16]> = Vec::new();
        if minima.is_empty() {
            no_minima = (0..n / (2 * TILE)).map(|_| <&mut [f16]>::default()).collect();
        }
        let minima_parts: Vec<&mut [f16]> =
            if no_minima.is_empty() { minima.chunks_mut(pair_scales).collect() } else { no_minima };
        quants
            .as_mut_slice()
            .par_chunks_mut(pair_quants)
            .zip(scales.par_chunks_mut(pair_scales))
            .zip(minima_parts.into_par_iter())
            .enumerate()
            .for_each(|(pair, ((q, s), m))| {
                let mut values = [0u8; BLOCK];
                for half in 0..2 {
                    for row in 0..TILE {
                        let source = (pair * 2 + half) * TILE + row;
                        if source >= rows {
                            continue;
                        }
                        for block in 0..blocks {
                            let (scale, minimum) = read_block(dtype, &data, source * blocks + block, &mut values);
                            let at = block * 2 + half;
                            s[at * TILE + row] = scale;
                            if let Some(slot) = m.get_mut(at * TILE + row) {
                                *slot = minimum;
                            }
                            place(kind, &mut q[at * kind.bytes()..(at + 1) * kind.bytes()], row, &values);
                        }
                    }
                }
            });
        Ok(Self { kind, n, k, quants, scales, minima })
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.quants.len() + 2 * (self.scales.len() + self.minima.len())
    }
}

/// Puts the 32 quants of one row into its tile.
fn place(kind: Kind, tile: &mut [u8], row: usize, values: &[u8; BLOCK]) {
    for group in 0..8 {
        for j in 0..4 {
            let value = values[group * 4 + j];
            let lane = row * 4 + j;
            if kind == Kind::Bits8 {
                tile[group * 64 + lane] = value;
                continue;
            }
            let nibble = value & 15;
            if group < 4 {
                tile[group * 64 + lane] |= nibble;
            } else {
                tile[(group - 4) * 64 + lane] |= nibble << 4;
            }
            if kind == Kind::Bits5 && value & 16 != 0 {
                tile[256 + group * 8 + lane / 8] |= 1 << (lane % 8);
            }
        }
    }
}

fn half_at(bytes: &[u8]) -> f16 {
    f16::from_le_bytes([bytes[0], bytes[1]])
}

/// Reads block number `index` (of 32 weights) as unsigned quants; returns scale and minimum.
fn read_block(dtype: GgmlDType, data: &[u8], index: usize, out: &mut [u8; BLOCK]) -> (f16, f16) {
    match dtype {
        GgmlDType::Q8_0 => {
            let b = &data[index * 34..][..34];
            for i in 0..BLOCK {
                out[i] = b[2 + i].wrapping_add(128);
            }
            (half_at(b), f16::ZERO)
        }
        GgmlDType::Q5_0 => {
            let b = &data[index * 22..][..22];
            let high = u32::from_le_bytes([b[2], b[3], b[4], b[5]]);
            for j in 0..16 {
                out[j] = (b[6 + j] & 15) | ((((high >> j) & 1) << 4) as u8);
                out[j + 16] = (b[6 + j] >> 4) | ((((high >> (j + 16)) & 1) << 4) as u8);
            }
            (half_at(b), f16::ZERO)
        }
        GgmlDType::Q4_0 => {
            let b = &data[index * 18..][..18];
            for j in 0..16 {
                out[j] = b[2 + j] & 15;
                out[j + 16] = b[2 + j] >> 4;
            }
            (half_at(b), f16::ZERO)
        }
        GgmlDType::Q4K => {
            let b = &data[index / 8 * 144..][..144];
            let j = index % 8;
            let sc = &b[4..16];
            let (scale, minimum) = if j < 4 {
                (sc[j] & 63, sc[j + 4] & 63)
            } else {
                ((sc[j + 4] & 15) | ((sc[j - 4] >> 6) << 4), (sc[j + 4] >> 4) | ((sc[j] >> 6) << 4))
            };
            for (i, slot) in out.iter_mut().enumerate() {
                let byte = b[16 + (j / 2) * 32 + i];
                *slot = if j.is_multiple_of(2) { byte & 15 } else { byte >> 4 };
            }
            let scale = f16::from_f32(half_at(b).to_f32() * f32::from(scale));
            let minimum = f16::from_f32(half_at(&b[2..]).to_f32() * f32::from(minimum));
            (scale, minimum)
        }
        _ => unreachable!("pack() re-quantises every other type to Q8_0"),
    }
}

/// Row `id` of a quantised embedding table as `k` floats, or `None` for a type this does not read.
pub fn embedding_row(dtype: GgmlDType, data: &[u8], k: usize, id: usize, out: &mut [f32]) -> Option<()> {
    let blocks = k / BLOCK;
    let (offset, has_min) = match dtype {
        GgmlDType::Q8_0 => (128.0, false),
        GgmlDType::Q5_0 => (16.0, false),
        GgmlDType::Q4_0 => (8.0, false),
        GgmlDType::Q4K => (0.0, true),
        _ => return None,
    };
    let mut values = [0u8; BLOCK];
    for (block, chunk) in out.chunks_exact_mut(BLOCK).enumerate().take(blocks) {
        let (scale, minimum) = read_block(dtype, data, id * blocks + block, &mut values);
        let (scale, minimum) = (scale.to_f32(), if has_min { minimum.to_f32() } else { 0.0 });
        for (o, v) in chunk.iter_mut().zip(values) {
            *o = scale * (f32::from(v) - offset) - minimum;
        }
    }
    Some(())
}
