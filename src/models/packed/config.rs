//! What differs between the architectures that the packed path runs, read from a GGUF's metadata.

use candle_core::quantized::gguf_file::Content;

use crate::models::kernels::Gate;
use crate::models::{MAX_CONTEXT, ModelError};

/// How a head is rotated by its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The first half of a head with the second (Qwen, Gemma, Phi).
    Halves,
    /// Neighbouring elements (Llama as GGUF stores it, GLM-4).
    Neighbours,
}

/// The widest head that the kernels take.
pub const WIDEST_HEAD: usize = 256;

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
    /// Elements of a head that are rotated; the rest of it stays.
    pub rotary: usize,
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
    /// Several feed-forward networks of which a router chooses: not for this path.
    experts: bool,
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
        let rotary = match number("rope.dimension_count") {
            Ok(n) if n <= head_dim && n > 0 && n.is_multiple_of(2) => n,
            // candle's GLM-4 assumes the same where the file is silent.
            _ if architecture == "glm4" => head_dim / 2,
            _ => head_dim,
        };
        // Other kinds of stretching start beyond the positions kept here, or are in `rope_freqs`.
        let linear = text(&format!("{architecture}.rope.scaling.type")).is_none_or(|t| t == "linear");
        let scaling = float("rope.scaling.factor").filter(|_| linear).unwrap_or(1.0);
        // Phi's long variants rotate by other factors beyond this.
        let original = number("rope.scaling.original_context_length").ok().filter(|_| architecture == "phi3");
        let context = number("context_length").unwrap_or(2048).min(original.unwrap_or(MAX_CONTEXT));
        let base = positive(float("rope.freq_base").unwrap_or(if gemma { 1e6 } else { 1e4 }), "rope.freq_base")?;
        Ok(Self {
            heads,
            kv_heads,
            width,
            blocks,
            head_dim,
            context: context.clamp(1, MAX_CONTEXT),
            eps: float("attention.layer_norm_rms_epsilon").unwrap_or(if architecture == "llama" { 1e-5 } else { 1e-6 }),
            rotation: match architecture.as_str() {
                "llama" | "glm4" => Rotation::Neighbours,
                _ => Rotation::Halves,
            },
            rotary,
            base,
            scaling: positive(scaling, "rope.scaling.factor")?,
            window_base: if gemma { float("rope.local_freq_base").unwrap_or(1e4) } else { base },
            window: gemma.then(|| {
                let every = number("attention.sliding_window_type").unwrap_or(6).max(1);
                (number("attention.sliding_window").unwrap_or(512).max(1), every)
            }),
            gate: if gemma { Gate::GeluTanh } else { Gate::Silu },
            embedding_scale: if gemma { (width as f32).sqrt() } else { 1.0 },
            experts: number("expert_count").is_ok_and(|n| n > 0),
            architecture,
        })
    }

    /// Whether the kernels have these shapes.
    pub fn fits(&self) -> bool {
        self.head_dim.is_multiple_of(32)
            && (32..=WIDEST_HEAD).contains(&self.head_dim)
            && self.width.is_multiple_of(32)
            && !self.experts
    }

    /// Positions that layer `index` sees; `usize::MAX` for all.
    pub fn window_of(&self, index: usize) -> usize {
        match self.window {
            Some((window, every)) if !(index + 1).is_multiple_of(every) => window,
            _ => usize::MAX,
        }
    }

    /// `cos, sin` of every position's rotary angles, `rotary / 2` each. `factors` divide the frequencies (Llama 3).
    pub fn angles(&self, base: f32, scaling: f32, factors: Option<&[f32]>) -> Vec<(f32, f32)> {
        let half = self.rotary / 2;
        let frequency: Vec<f64> = (0..half)
            .map(|i| {
                let plain = 1.0 / f64::from(base).powf(2.0 * i as f64 / self.rotary as f64);
                plain / f64::from(scaling) / f64::from(factors.and_then(|f| f.get(i)).copied().unwrap_or(1.0))
            })
            .collect();
        (0..self.context)
            .flat_map(|p| frequency.iter().map(move |f| p as f64 * f))
            .map(|angle| (angle.cos() as f32, angle.sin() as f32))
            .collect()
    }
}
