//! A GGUF's tensors → packed layers.

use candle_core::quantized::gguf_file::Content;

use super::config::Config;
use crate::models::ModelError;
use crate::models::gguf::GgufFile;
use crate::models::kernels::PackedWeights;
use crate::models::tensors::{Embedding, Tensors};

/// One decoder layer.
pub struct Layer {
    pub query: PackedWeights,
    pub key: PackedWeights,
    pub value: PackedWeights,
    pub output: PackedWeights,
    pub gate: PackedWeights,
    pub up: PackedWeights,
    pub down: PackedWeights,
    pub query_bias: Option<Vec<f32>>,
    pub key_bias: Option<Vec<f32>>,
    pub value_bias: Option<Vec<f32>>,
    pub query_norm: Option<Vec<f32>>,
    pub key_norm: Option<Vec<f32>>,
    pub attention_norm: Vec<f32>,
    pub ffn_norm: Vec<f32>,
    /// Norms of what attention and feed-forward add (Gemma 3).
    pub after_attention: Option<Vec<f32>>,
    pub after_ffn: Option<Vec<f32>>,
    /// Positions seen; `usize::MAX` for all.
    pub window: usize,
}

/// Everything that is read once.
pub struct Weights {
    pub layers: Vec<Layer>,
    pub embedding: Embedding,
    pub norm: Vec<f32>,
    pub head: PackedWeights,
    /// Divisors of the rotary frequencies (Llama 3, Phi 3).
    pub rope_factors: Option<Vec<f32>>,
}

/// Reads and packs everything `config` needs.
pub fn read(content: &Content, file: &mut GgufFile, config: &Config) -> Result<Weights, ModelError> {
    let mut t = Tensors::new(content, file);
    let (width, dim) = (config.width, config.head_dim);
    let (q_width, kv_width) = (config.heads * dim, config.kv_heads * dim);
    let mut layers: Vec<Layer> = Vec::with_capacity(config.blocks);
    for i in 0..config.blocks {
        let name = |part: &str| format!("blk.{i}.{part}");
        let fused = name("attn_qkv.weight");
        let [query, key, value] = if t.has(&fused) {
            t.stacked(&fused, [Some(q_width), Some(kv_width), Some(kv_width)])?
        } else {
            let [query, key, value] = ["attn_q.weight", "attn_k.weight", "attn_v.weight"].map(name);
            [t.packed(&query, Some(q_width))?, t.packed(&key, Some(kv_width))?, t.packed(&value, Some(kv_width))?]
        };
        let [gate, up] = if t.has(&name("ffn_gate.weight")) {
            [t.packed(&name("ffn_gate.weight"), None)?, t.packed(&name("ffn_up.weight"), None)?]
        } else {
            t.stacked(&name("ffn_up.weight"), [None, None])?
        };
        let layer = Layer {
            query,
            key,
            value,
            output: t.packed(&name("attn_output.weight"), Some(width))?,
            gate,
            up,
            down: t.packed(&name("ffn_down.weight"), Some(width))?,
            query_bias: t.optional(&name("attn_q.bias"), q_width)?,
            key_bias: t.optional(&name("attn_k.bias"), kv_width)?,
            value_bias: t.optional(&name("attn_v.bias"), kv_width)?,
            query_norm: t.optional(&name("attn_q_norm.weight"), dim)?,
            key_norm: t.optional(&name("attn_k_norm.weight"), dim)?,
            attention_norm: t.floats(&name("attn_norm.weight"), width)?,
            ffn_norm: t.floats(&name("ffn_norm.weight"), width)?,
            after_attention: t.optional(&name("post_attention_norm.weight"), width)?,
            after_ffn: t.optional(&name("post_ffw_norm.weight"), width)?,
            window: config.window_of(i),
        };
        let attention = layer.query.n == q_width && layer.key.n == kv_width && layer.value.n == kv_width;
        let inputs = [&layer.query, &layer.key, &layer.value, &layer.gate, &layer.up].iter().all(|w| w.k == width);
        let hidden = layer.gate.n;
        let rest = layer.output.k == q_width && layer.up.n == hidden && layer.down.k == hidden;
        let even = layers.first().is_none_or(|first| first.gate.n == hidden);
        if !attention || !inputs || !rest || !even || layer.output.n != width || layer.down.n != width {
            return Err(ModelError::Compute(format!("第 {i} 层的形状与元数据不符")));
        }
        layers.push(layer);
    }
    let table = "token_embd.weight";
    let (embedding, columns) = t.embedding(table)?;
    // Without an output matrix the embedding serves as one.
    let head = t.packed(if t.has("output.weight") { "output.weight" } else { table }, None)?;
    if columns != width || head.k != width || head.n < embedding.vocabulary {
        return Err(ModelError::Compute("词表的形状与元数据不符".into()));
    }
    let norm = t.floats("output_norm.weight", width)?;
    let factors = ["rope_freqs.weight", "rope_factors_short.weight"].into_iter().find(|name| t.has(name));
    let rope_factors = factors.map(|name| t.floats(name, config.rotary / 2)).transpose()?;
    Ok(Weights { layers, embedding, norm, head, rope_factors })
}
