//! Weights repacked for the kernels: 16 rows side by side, pairs of tiles interleaved, scales per row and block.

use candle_core::Device;
use candle_core::quantized::ggml_file::qtensor_from_ggml;
use candle_core::quantized::{GgmlDType, QTensor};
use half::f16;
use rayon::prelude::*;

use super::buffer::AlignedBuf;
use super::{BLOCK, TILE};
use crate::KernelError;

/// How a block of 32 weights is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Unsigned bytes, offset 128 (Q8_0).
    Bits8,
    /// Nibbles plus two bits, offset 32, a scale for each half of the block (Q6_K).
    Bits6,
    /// Nibbles plus one bit, offset 16 (Q5_0).
    Bits5,
    /// Nibbles plus one bit, with a minimum per block (Q5_K).
    Bits5Min,
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
            Kind::Bits6 => 384,
            Kind::Bits5 | Kind::Bits5Min => 320,
            Kind::Bits4 | Kind::Bits4Min => 256,
        }
    }

    pub const fn offset(self) -> i32 {
        match self {
            Kind::Bits8 => 128,
            Kind::Bits6 => 32,
            Kind::Bits5 => 16,
            Kind::Bits4 => 8,
            Kind::Bits5Min | Kind::Bits4Min => 0,
        }
    }

    /// Whether [`PackedWeights::second`] holds minima.
    pub const fn has_minimum(self) -> bool {
        matches!(self, Kind::Bits5Min | Kind::Bits4Min)
    }

    const fn of(dtype: GgmlDType) -> Option<Self> {
        match dtype {
            GgmlDType::Q8_0 => Some(Kind::Bits8),
            GgmlDType::Q6K => Some(Kind::Bits6),
            GgmlDType::Q5_0 => Some(Kind::Bits5),
            GgmlDType::Q5K => Some(Kind::Bits5Min),
            GgmlDType::Q4_0 => Some(Kind::Bits4),
            GgmlDType::Q4K => Some(Kind::Bits4Min),
            _ => None,
        }
    }
}

/// An `n × k` matrix ready for `x · Wᵀ`.
///
/// A tile is 16 rows. Inside one of its blocks, byte `group × 64 + row × 4 + j` is column `group × 4 + j` (nibble kinds keep
/// groups 0–3 in the low and 4–7 in the high halves of 256 bytes, then the higher bits). Blocks of a pair of tiles alternate.
pub struct PackedWeights {
    pub(super) kind: Kind,
    pub n: usize,
    pub k: usize,
    pub(super) quants: AlignedBuf,
    /// `[pair][block][2][16]`: scale per row and block.
    pub(super) scales: Vec<f16>,
    /// The same shape, or empty: the minimum of each block, or the scale of its second half (Q6_K).
    pub(super) second: Vec<f16>,
}

impl PackedWeights {
    /// Packs `rows × k` weights from the bytes of a GGUF tensor. Rows are padded with zeros to a multiple of 32. A type without
    /// kernels of its own is re-quantised to Q8_0.
    pub fn pack(dtype: GgmlDType, data: &[u8], rows: usize, k: usize) -> Result<Self, KernelError> {
        if !k.is_multiple_of(BLOCK) {
            return Err(KernelError(format!("矩阵宽度 {k} 不是 {BLOCK} 的倍数")));
        }
        if data.len() != rows * row_bytes(dtype, k)? {
            return Err(KernelError("张量长度与形状不符".into()));
        }
        let Some(kind) = Kind::of(dtype) else {
            let (dtype, data) = requantise(dtype, data, rows, k)?;
            return Self::pack(dtype, &data, rows, k);
        };
        let n = rows.next_multiple_of(2 * TILE);
        let blocks = k / BLOCK;
        let mut quants = AlignedBuf::new(n / TILE * blocks * kind.bytes());
        let mut scales = vec![f16::ZERO; n * blocks];
        let mut second = vec![f16::ZERO; if kind.has_minimum() || kind == Kind::Bits6 { n * blocks } else { 0 }];
        // A pair of tiles is contiguous in every buffer, so pairs can be packed in parallel.
        let pair_scales = 2 * blocks * TILE;
        let mut second_parts: Vec<&mut [f16]> = second.chunks_mut(pair_scales).collect();
        second_parts.resize_with(n / (2 * TILE), Default::default);
        quants
            .as_mut_slice()
            .par_chunks_mut(2 * blocks * kind.bytes())
            .zip(scales.par_chunks_mut(pair_scales))
            .zip(second_parts.into_par_iter())
            .enumerate()
            .for_each(|(pair, ((q, s), m))| {
                let mut values = [0u8; BLOCK];
                for block in 0..blocks {
                    for source in (0..2 * TILE).filter(|r| pair * 2 * TILE + r < rows) {
                        let index = (pair * 2 * TILE + source) * blocks + block;
                        let (scale, minimum) = read_block(kind, data, index, &mut values);
                        let (at, row) = (block * 2 + source / TILE, source % TILE);
                        s[at * TILE + row] = f16::from_f32(scale);
                        if let Some(slot) = m.get_mut(at * TILE + row) {
                            *slot = f16::from_f32(minimum);
                        }
                        place(kind, &mut q[at * kind.bytes()..(at + 1) * kind.bytes()], row, &values);
                    }
                }
            });
        Ok(Self { kind, n, k, quants, scales, second })
    }

    /// Packs a candle tensor.
    pub fn pack_tensor(tensor: &QTensor) -> Result<Self, KernelError> {
        let (rows, k) = tensor.shape().dims2()?;
        Self::pack(tensor.dtype(), &tensor.data()?, rows, k)
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.quants.len() + 2 * (self.scales.len() + self.second.len())
    }
}

/// Bytes of a row of `k` weights.
pub fn row_bytes(dtype: GgmlDType, k: usize) -> Result<usize, KernelError> {
    if !k.is_multiple_of(dtype.block_size()) {
        return Err(KernelError(format!("矩阵宽度 {k} 不合 {dtype:?} 的分块")));
    }
    Ok(k / dtype.block_size() * dtype.type_size())
}

/// Candle reads the type; in pieces, so that the floats of a large matrix never exist at once.
fn requantise(dtype: GgmlDType, data: &[u8], rows: usize, k: usize) -> Result<(GgmlDType, Vec<u8>), KernelError> {
    let bytes = row_bytes(dtype, k)?;
    let mut out = Vec::with_capacity(rows * k / BLOCK * 34);
    for piece in data.chunks((bytes * 1024).max(1)) {
        let dims = vec![piece.len() / bytes, k];
        let floats = qtensor_from_ggml(dtype, piece, dims, &Device::Cpu)?.dequantize(&Device::Cpu)?;
        out.extend_from_slice(&QTensor::quantize(&floats, GgmlDType::Q8_0)?.data()?);
    }
    Ok((GgmlDType::Q8_0, out))
}

/// Puts the 32 quants of one row into its tile.
fn place(kind: Kind, tile: &mut [u8], row: usize, values: &[u8; BLOCK]) {
    if kind == Kind::Bits8 {
        for (group, four) in values.chunks_exact(4).enumerate() {
            tile[group * 64 + row * 4..][..4].copy_from_slice(four);
        }
        return;
    }
    for group in 0..4 {
        for j in 0..4 {
            let (lo, hi) = (values[group * 4 + j], values[16 + group * 4 + j]);
            tile[group * 64 + row * 4 + j] = (lo & 15) | (hi << 4);
            match kind {
                Kind::Bits5 | Kind::Bits5Min => {
                    let bit = (row % 2) * 4 + j;
                    tile[256 + group * 8 + row / 2] |= ((lo >> 4) & 1) << bit;
                    tile[256 + (group + 4) * 8 + row / 2] |= ((hi >> 4) & 1) << bit;
                }
                // Two bits per column, those of the four groups side by side in a byte.
                Kind::Bits6 => {
                    tile[256 + row * 4 + j] |= (lo >> 4) << (2 * group);
                    tile[320 + row * 4 + j] |= (hi >> 4) << (2 * group);
                }
                _ => {}
            }
        }
    }
}

fn half_at(bytes: &[u8]) -> f32 {
    f16::from_le_bytes([bytes[0], bytes[1]]).to_f32()
}

/// Scale and minimum number `j` of a K-quant's twelve packed bytes.
fn six_bits(sc: &[u8], j: usize) -> (f32, f32) {
    let (scale, minimum) = if j < 4 {
        (sc[j] & 63, sc[j + 4] & 63)
    } else {
        ((sc[j + 4] & 15) | ((sc[j - 4] >> 6) << 4), (sc[j + 4] >> 4) | ((sc[j] >> 6) << 4))
    };
    (f32::from(scale), f32::from(minimum))
}

/// Reads block number `index` (of 32 weights) as unsigned quants; returns its scale and its minimum (for Q6_K: the scales of
/// its halves). Layouts: ggml's `ggml-common.h`.
#[inline]
fn read_block(kind: Kind, data: &[u8], index: usize, out: &mut [u8; BLOCK]) -> (f32, f32) {
    match kind {
        Kind::Bits8 => {
            let b = &data[index * 34..][..34];
            for i in 0..BLOCK {
                out[i] = b[2 + i].wrapping_add(128);
            }
            (half_at(b), 0.0)
        }
        Kind::Bits5 => {
            let b = &data[index * 22..][..22];
            let high = u32::from_le_bytes([b[2], b[3], b[4], b[5]]);
            for j in 0..16 {
                out[j] = (b[6 + j] & 15) | ((((high >> j) & 1) << 4) as u8);
                out[j + 16] = (b[6 + j] >> 4) | ((((high >> (j + 16)) & 1) << 4) as u8);
            }
            (half_at(b), 0.0)
        }
        Kind::Bits4 => {
            let b = &data[index * 18..][..18];
            for j in 0..16 {
                out[j] = b[2 + j] & 15;
                out[j + 16] = b[2 + j] >> 4;
            }
            (half_at(b), 0.0)
        }
        Kind::Bits4Min => {
            let b = &data[index / 8 * 144..][..144];
            let j = index % 8;
            let (scale, minimum) = six_bits(&b[4..16], j);
            for (slot, byte) in out.iter_mut().zip(&b[16 + (j / 2) * 32..]) {
                *slot = if j.is_multiple_of(2) { byte & 15 } else { byte >> 4 };
            }
            (half_at(b) * scale, half_at(&b[2..]) * minimum)
        }
        Kind::Bits5Min => {
            let b = &data[index / 8 * 176..][..176];
            let j = index % 8;
            let (scale, minimum) = six_bits(&b[4..16], j);
            for (i, slot) in out.iter_mut().enumerate() {
                let byte = b[48 + (j / 2) * 32 + i];
                let low = if j.is_multiple_of(2) { byte & 15 } else { byte >> 4 };
                *slot = low | (((b[16 + i] >> j) & 1) << 4);
            }
            (half_at(b) * scale, half_at(&b[2..]) * minimum)
        }
        Kind::Bits6 => {
            let b = &data[index / 8 * 210..][..210];
            // 256 weights: two halves of 128, each four runs of 32.
            let (half, run) = (index % 8 / 4, index % 4);
            let (ql, qh) = (&b[half * 64..][..64], &b[128 + half * 32..][..32]);
            for (i, slot) in out.iter_mut().enumerate() {
                let byte = ql[(run % 2) * 32 + i];
                let low = if run < 2 { byte & 15 } else { byte >> 4 };
                *slot = low | (((qh[i] >> (2 * run)) & 3) << 4);
            }
            let d = half_at(&b[208..]);
            let scale = |i: usize| d * f32::from(b[192 + half * 8 + run * 2 + i] as i8);
            (scale(0), scale(1))
        }
    }
}

/// One row of a matrix from its bytes, as floats.
pub fn read_row(dtype: GgmlDType, bytes: &[u8], out: &mut [f32]) -> Result<(), KernelError> {
    let k = out.len();
    if bytes.len() != row_bytes(dtype, k)? {
        return Err(KernelError("词向量长度有误".into()));
    }
    let Some(kind) = Kind::of(dtype) else {
        let row = qtensor_from_ggml(dtype, bytes, vec![1, k], &Device::Cpu)?.dequantize(&Device::Cpu)?;
        out.copy_from_slice(&row.flatten_all()?.to_vec1::<f32>()?);
        return Ok(());
    };
    let mut values = [0u8; BLOCK];
    for (block, chunk) in out.chunks_exact_mut(BLOCK).enumerate() {
        let (scale, second) = read_block(kind, bytes, block, &mut values);
        let (upper, minimum) = match kind {
            Kind::Bits6 => (second, 0.0),
            _ => (scale, second),
        };
        for (i, (o, v)) in chunk.iter_mut().zip(values).enumerate() {
            *o = if i < 16 { scale } else { upper } * (i32::from(v) - kind.offset()) as f32 - minimum;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Tensor;

    #[test]
    fn rows_are_the_dequantised_rows() {
        let (n, k) = (8, 512);
        let value = |i: usize| ((i * 7919 + 13) % 2003) as f32 / 1001.5 - 1.0;
        use GgmlDType::{F16, F32, Q4_0, Q4_1, Q4K, Q5_0, Q5K, Q6K, Q8_0};
        for dtype in [Q4_0, Q4_1, Q5_0, Q8_0, Q4K, Q5K, Q6K, F16, F32] {
            let raw = Tensor::from_vec((0..n * k).map(value).collect::<Vec<f32>>(), (n, k), &Device::Cpu).unwrap();
            let q = QTensor::quantize(&raw, dtype).unwrap();
            let rows = q.dequantize(&Device::Cpu).unwrap().to_vec2::<f32>().unwrap();
            let (data, size) = (q.data().unwrap(), row_bytes(dtype, k).unwrap());
            for (id, row) in rows.iter().enumerate() {
                let mut out = vec![0f32; k];
                read_row(dtype, &data[id * size..][..size], &mut out).unwrap();
                for (a, b) in out.iter().zip(row) {
                    assert!((a - b).abs() <= 1e-6, "{dtype:?} {a} {b}");
                }
            }
        }
        assert!(read_row(GgmlDType::Q8_0, &[0; 33], &mut [0.0; 32]).is_err());
        assert!(PackedWeights::pack(GgmlDType::Q8_0, &[0; 33], 1, 32).is_err());
        assert!(PackedWeights::pack(GgmlDType::Q4K, &[0; 144], 1, 32).is_err());
    }
}
