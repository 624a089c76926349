//! Packed int8 kernels: the one place with unsafe code.
//!
//! What is computed: `out = x · Wᵀ` with `W` in 4, 5 or 8 bits per weight in blocks of 32 and `x` quantised to int8 in blocks
//! of 32 along the same axis, accumulated in int32 per block and in f32 across blocks; attention over a key cache stored
//! 16 positions side by side. Weights keep the exact quants of Q4_0, Q5_0, Q8_0 and Q4_K; other types are re-quantised to Q8_0.
//!
//! Invariants every unsafe block here relies on:
//! 1. [`supported`] was true before any kernel is entered ([`PackedWeights::pack`] and [`KvHead::new`] assert it), so
//!    the target features exist.
//! 2. Buffers are `AlignedBuf`s with 8 KiB of slack after the end, because kernels prefetch (never load) up to 4 KiB ahead.
//! 3. `PackedWeights` has `n % 32 == 0` and `k % 32 == 0`, asserted when packing; an output has at least `rows × n` floats.
//! 4. Parallel regions write disjoint rows or column tiles, so raw pointers shared across threads never alias for writing.

mod activations;
mod buffer;
pub mod pool;
mod weights;

#[cfg(target_arch = "x86_64")]
mod attention;
#[cfg(target_arch = "x86_64")]
mod avx512;

pub use activations::Activations;
pub use weights::{PackedWeights, embedding_row};

#[cfg(target_arch = "x86_64")]
pub use attention::{KvHead, attention};
#[cfg(target_arch = "x86_64")]
pub use avx512::{matmul, quantize, rms_norm, silu_mul};

/// Rows of activations handled together.
pub const PANEL: usize = 6;
/// Weight rows in a tile.
pub const TILE: usize = 16;
/// Elements that share a scale.
pub const BLOCK: usize = 32;

/// Whether this processor can run the kernels. Decided at run time; without it the stock path is used.
pub fn supported() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vnni")
            && is_x86_feature_detected!("f16c")
            && is_x86_feature_detected!("fma")
    }
    #[cfg(not(target_arch = "x86_64"))]
    false
}
