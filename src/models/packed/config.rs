//! What differs between the architectures that the packed path runs, read from a GGUF's metadata.

use candle_core::quantized::gguf_file::Content;

use crate::models::kernels::Gate;
use crate::models::{MAX_CONTEXT, ModelError};

/// How a head is rotated by its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The first half of a head with the second (Qwen, Gemma).
    Halves,
    /// Neighbouring elements (Llama as GGUF stores it).
    Neighbours,
}

/// Shape and habits of a decoder.
pub struct Config {
    pub architecture: String,
    pub heads: usize,
    pub kv_heads: usize,
    pub width: usize,
    pub blocks: usize,
    pub head_dim: usize,
    pub context: usize,
    pub eps: f32,
    pub rotation: Rotation,
    /// Base of the rotary angles of layers that see everything, and the factor that positions are divided by.
    pub base: f32,
    pub scaling: f32,
    /// The same base in layers with a window.
    pub window_base: f32,
    /// Positions that a windowed layer sees, and every how-manieth layer sees everything.
    pub window: Option<(usize, usize)>,
    pub gate: Gate,
    /// What an embedding is multiplied with.
    pub embedding_scale: f32,
}

impl Config {
    pub fn read(content: &Content) -> Result<Self, ModelError> {
        let text = |key: &str| content.metadata.get(key).and_then(|v| v.to_string().ok()).cloned();
        let architecture = text("general.architecture").unwrap_or_default();
        let number = |key: &str| -> Result<usize, ModelError> {
            let key = format!("{architecture}.{key}");
            let value = content.metadata.get(&key).ok_or_else(|| ModelError::Compute(format!("缺少元数据 {key}")))?;
            Ok(value.to_u32()? as usize)
        };
        let float = |key: &str| content.metadata.get(&format!("{architecture}.{key}")).and_then(|v| v.to_f32().ok());
        let (heads, kv_heads) = (number("attention.head_count")?, number("attention.head_count_kv")?);
        let (width, blocks) = (number("embedding_length")?, number("block_count")?);
        let absurd = |n: usize, most: usize| n == 0 || n > most;
        if absurd(heads, 1024) || absurd(kv_heads, heads) || !heads.is_multiple_of(kv_heads) {
            return Err(ModelError::Compute("注意力头数有误".into()));
        }
        if absurd(width, 1 << 16) || absurd(blocks, 1024) {
            return Err(ModelError::Compute("模型的宽度或层数有误".into()));
        }
        let gemma = architecture == "gemma3";
        // candle's Gemma 3 assumes the same where the file is silent.
        let head_dim = number("attention.key_length").or_else(|_| number("rope.dimension_count")).unwrap_or(if gemma {
            256
        } else {
            width / heads
        });
        let positive = |value: f32, what: &str| match value > 0.0 && value.is_finite() {
            true => Ok(value),
            false => Err(ModelError::Compute(format!("{what} 有误"))),
        };
        let base = positive(float("rope.freq_base").unwrap_or(if gemma { 1e6 } else { 1e4 }), "rope.freq_base")?;
        Ok(Self {
            heads,
            kv_heads,
            width,
            blocks,
            head_dim,
            context: number("context_length").unwrap_or(2048).clamp(1, MAX_CONTEXT),
            eps: float("attention.layer_norm_rms_epsilon").unwrap_or(if architecture == "llama" { 1e-5 } else { 1e-6 }),
            rotation: if architecture == "llama" { Rotation::Neighbours } else { Rotation::Halves },
            base,
            scaling: positive(float("rope.scaling.factor").unwrap_or(1.0), "rope.scaling.factor")?,
            window_base: if gemma { float("rope.local_freq_base").unwrap_or(1e4) } else { base },
            window: gemma.then(|| {
                let every = number("attention.sliding_window_type").unwrap_or(6).max(1);
                (number("attention.sliding_window").unwrap_or(512).max(1), every)
            }),
            gate: if gemma { Gate::GeluTanh } else { Gate::Silu },
            embedding_scale: if gemma { (width as f32).sqrt() } else { 1.0 },
            architecture,
        })
    }

    /// Whether the kernels have these shapes.
    pub fn fits(&self) -> bool {
        matches!(self.head_dim, 64 | 128 | 192 | 256) && self.width.is_multiple_of(32)
    }

    /// Positions that layer `index` sees; `usize::MAX` for all.
    pub fn window_of(&self, index: usize) -> usize {
        match self.window {
            Some((window, every)) if !(index + 1).is_multiple_of(every) => window,
            _ => usize::MAX,
        }
    }

    /// `cos, sin` of every position's rotary angles, `head_dim / 2` each. `factors` divide the frequencies (Llama 3).
    pub fn angles(&self, base: f32, scaling: f32, factors: Option<&[f32]>) -> Vec<(f32, f32)> {
        let half = self.head_dim / 2;
        let frequency: Vec<f64> = (0..half)
            .map(|i| {
                let plain = 1.0 / f64::from(base).powf(2.0 * i as f64 / self.head_dim as f64);
                plain / f64::from(scaling) / f64::from(factors.and_then(|f| f.get(i)).copied().unwrap_or(1.0))
            })
            .collect();
        (0..self.context)
            .flat_map(|p| frequency.iter().map(move |f| p as f64 * f))
            .map(|angle| (angle.cos() as f32, angle.sin() as f32))
            .collect()
    }
}
