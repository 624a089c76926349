//! Packed kernels: the one place with unsafe code.
//!
//! A crate of its own, because it must be compiled optimised where the rest need not be, and because what it relies on can be seen
//! from its `Cargo.toml`.
//!
//! What is computed: `out = x · Wᵀ` with `W` in 4, 5, 6 or 8 bits per weight in blocks of 32; attention over a key cache stored
//! 16 positions side by side; the small element-wise functions between them. A few rows of `x` are quantised to int8 in blocks
//! of 32, accumulated in int32 per block and in f32 across blocks; where the processor has tiles (`amx`), more than a few do
//! the same through int8 tiles, and the many rows of prompts go through bf16 tiles. Weights keep the exact quants of Q4_0, Q5_0,
//! Q8_0, Q4_K, Q5_K and Q6_K; other types become Q8_0.
//!
//! One table of functions per instruction set (`Ops`), chosen once at run time ([`Level`]): everything else in this folder
//! is the same for all of them. What runs:
//!
//! | Level | Needs | Products, [`Form::Few`] | Products, [`Form::Many`] | Attention, norms, gates, search |
//! |---|---|---|---|---|
//! | `amx` | `avx512`, AMX int8 and bf16, AVX-512 BF16, leave of Linux | up to 6 rows as `avx512`, from 7 int8 tiles | bf16 tiles | as `avx512` |
//! | `avx512` | AVX-512 F, BW, VL, DQ and VNNI, FMA, F16C | 512-bit u8 × i8 dot products | the same | 512 bits by hand |
//! | `avxvnni` | `avx2`, AVX-VNNI | 256-bit u8 × i8 dot products | the same | portable code for 256 bits |
//! | `avx2` | AVX2, FMA, F16C | 16-bit sums of two products, then 32-bit | the same | portable code for 256 bits |
//! | `neondot` | NEON, Armv8.2 dot products | 128-bit i8 × i8 dot products | the same | NEON by hand |
//! | `neon` | NEON (every 64-bit Arm) | 16-bit products and sums, then 32-bit | the same | NEON by hand |
//! | `portable` | nothing | plain Rust | the same | plain Rust |
//!
//! The best available one is used; `ZHICAI_KERNELS` names another, a name that is not available here is ignored.
//!
//! Invariants every unsafe block here relies on:
//! 1. A table is used only when [`Level::available`] said so, so the target features of its functions exist. The same holds for
//!    tile registers, which a thread configures before it enters code that uses them; the compiler never does.
//! 2. Quants, activations and scratch are `AlignedBuf`s: aligned to 64 bytes, with 8 KiB of slack after the end, because kernels
//!    prefetch (never load) up to 4 KiB ahead.
//! 3. `PackedWeights` has `n % 32 == 0` and `k % 32 == 0`, by how it is packed; it holds `n / 16 × k / 32` blocks of its kind, so
//!    many times 16 scales, and as many minima or second scales where the kind has them. An output has at least
//!    [`padded_rows`]`(rows) × n` floats, or `rows × n` where no bf16 tiles write it; `matmul` asserts it.
//! 4. Parallel regions write disjoint rows or column tiles, so raw pointers shared across threads never alias for writing.
//! 5. A parallel region has ended, on every thread, before its caller goes on or unwinds: what its closure borrows is alive.
//!
//! Not a matter of safety, but of right sums: where products are added in 16 bits they fit, because the quants of activations keep
//! to ±127 (except in blocks too small to have a scale, which count for nothing).
//!
//! The tests compare every level that the processor has with plain arithmetic, at the largest values, too, and end where a
//! buffer is left by a byte. `.ci/sanitize` runs them, and those of whole models, under AddressSanitizer; `.ci/arm` runs them on
//! an emulated Arm processor with and without dot products.
#![deny(clippy::undocumented_unsafe_blocks, reason = "each says which invariant it relies on")]

mod activations;
mod attention;
mod buffer;
pub mod pool;
mod portable;
mod product;
mod rows;
#[cfg(test)]
mod tests;
mod weights;

#[cfg(target_arch = "x86_64")]
mod amx;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;

use std::sync::OnceLock;

pub use activations::Activations;
pub use attention::{KvHead, Span, attention};
pub use product::{gate, matmul, matmul_some, padded_rows, quantize, rms_norm};
pub use rows::{ROW_OFFSET, dot_rows};
pub use weights::{PackedWeights, read_row, row_bytes};

use activations::RowSlots;
use attention::Rows;

/// A matrix whose shape or block type the kernels do not have, or that candle cannot read; in Chinese.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct KernelError(pub String);

impl From<candle_core::Error> for KernelError {
    fn from(e: candle_core::Error) -> Self {
        // candle appends a backtrace; its first line says what happened.
        Self(e.to_string().lines().next().unwrap_or_default().to_string())
    }
}

/// Rows of activations handled together.
pub const PANEL: usize = 6;
/// Weight rows in a tile.
pub const TILE: usize = 16;
/// Elements that share a scale.
pub const BLOCK: usize = 32;

/// The form of activations. A row comes out the same whatever stands beside it in the same form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// int8: best for the rows of answers. Vectors or tiles, as many rows as there are: bit for bit the same.
    Few,
    /// bf16 tiles where the processor has them, else as [`Form::Few`].
    Many,
}

/// How a feed-forward gate bends its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// `x · σ(x)`.
    Silu,
    /// GELU in its tanh form.
    GeluTanh,
}

/// The functions of one instruction set. All are entered under the invariants above.
pub(crate) struct Ops {
    /// Quantises one row of `blocks × 32` floats into its panel slots.
    quantize_row: unsafe fn(&RowSlots, blocks: usize, row: usize, x: *const f32),
    /// Columns of the tile pair starting at `tile` for every row of activations; `out` has `acts.m` rows of `w.n` floats,
    /// `scratch` has `1024 × blocks` bytes, 64-aligned.
    tile_pair: unsafe fn(w: &PackedWeights, tile: usize, acts: &Activations, out: *mut f32, scratch: *mut u8),
    /// `out = x / rms(x) × weight` over `n` floats, a multiple of 16.
    rms_norm: unsafe fn(x: *const f32, weight: *const f32, out: *mut f32, n: usize, eps: f32),
    /// `out = gate(x) × up` over `n` floats, a multiple of 16.
    gate: unsafe fn(Gate, x: *const f32, up: *const f32, out: *mut f32, n: usize),
    /// Attention of up to [`PANEL`] query rows over one head; `scores` has `PANEL` rows of `stride` floats.
    attend: unsafe fn(rows: &Rows, head: &KvHead, scores: *mut f32, stride: usize),
    /// Signed × unsigned dot product over `n` values, a multiple of 64.
    dot_row: unsafe fn(query: *const i8, row: *const u8, n: usize) -> i32,
}

/// Instruction sets, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// AVX-512 VNNI for a few rows, AMX tiles for more.
    Amx,
    Avx512,
    /// AVX2 with the eight-bit dot products of AVX-VNNI.
    AvxVnni,
    Avx2,
    /// NEON with the eight-bit dot products of Armv8.2.
    NeonDot,
    /// NEON, any 64-bit Arm processor.
    Neon,
    /// Plain Rust, any processor.
    Portable,
}

impl Level {
    pub const ALL: [Self; 7] =
        [Self::Amx, Self::Avx512, Self::AvxVnni, Self::Avx2, Self::NeonDot, Self::Neon, Self::Portable];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Amx => "amx",
            Self::Avx512 => "avx512",
            Self::AvxVnni => "avxvnni",
            Self::Avx2 => "avx2",
            Self::NeonDot => "neondot",
            Self::Neon => "neon",
            Self::Portable => "portable",
        }
    }

    /// Whether this processor, and the system's permission for it, has what the level needs.
    pub fn available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Amx => Self::Avx512.available() && amx::available(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vnni")
                    && is_x86_feature_detected!("f16c")
                    && is_x86_feature_detected!("fma")
            }
            #[cfg(target_arch = "x86_64")]
            Self::AvxVnni => Self::Avx2.available() && is_x86_feature_detected!("avxvnni"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => {
                is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c")
            }
            #[cfg(target_arch = "aarch64")]
            Self::NeonDot => Self::Neon.available() && std::arch::is_aarch64_feature_detected!("dotprod"),
            #[cfg(target_arch = "aarch64")]
            Self::Neon => std::arch::is_aarch64_feature_detected!("neon"),
            Self::Portable => true,
            // Those of other processors.
            _ => false,
        }
    }

    fn ops(self) -> &'static Ops {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Amx | Self::Avx512 => &avx512::OPS,
            #[cfg(target_arch = "x86_64")]
            Self::AvxVnni => &avx2::VNNI,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => &avx2::PLAIN,
            #[cfg(target_arch = "aarch64")]
            Self::NeonDot => &neon::DOT,
            #[cfg(target_arch = "aarch64")]
            Self::Neon => &neon::PLAIN,
            _ => &portable::OPS,
        }
    }
}

/// The level in use: the best one available, or the one named by `ZHICAI_KERNELS` (for measuring), if it is available.
pub fn level() -> Level {
    static LEVEL: OnceLock<Level> = OnceLock::new();
    #[cfg(test)]
    if let Some(level) = OVERRIDE.with(std::cell::Cell::get) {
        return level;
    }
    *LEVEL.get_or_init(|| {
        let wanted = std::env::var("ZHICAI_KERNELS").unwrap_or_default();
        let named = Level::ALL.into_iter().find(|l| l.name() == wanted && l.available());
        named.or_else(|| Level::ALL.into_iter().find(|l| l.available())).unwrap_or(Level::Portable)
    })
}

#[cfg(test)]
thread_local! { static OVERRIDE: std::cell::Cell<Option<Level>> = const { std::cell::Cell::new(None) }; }

/// Runs `f` once per available level, with that level in use on this thread.
#[cfg(test)]
pub(crate) fn on_every_level(mut f: impl FnMut(Level)) {
    for level in Level::ALL.into_iter().filter(|l| l.available()) {
        OVERRIDE.with(|o| o.set(Some(level)));
        f(level);
        OVERRIDE.with(|o| o.set(None));
    }
}
