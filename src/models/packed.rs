//! Qwen2, Qwen2.5 and Qwen3 on the packed kernels: the architectures differ only in biases (Qwen2) and in the norms of query
//! and key heads (Qwen3). The cache can be shortened to any length, so a shared prompt is read once.

use candle_core::Device;
use candle_core::quantized::gguf_file::Content;
use candle_core::quantized::{GgmlDType, QTensor};

use super::gguf::GgufFile;
use super::kernels::{
    Activations, KvHead, PackedWeights, attention, embedding_row, matmul, quantize, rms_norm, silu_mul,
};
use super::{LanguageModel, MAX_CONTEXT, ModelError};

struct Layer {
    query: PackedWeights,
    key: PackedWeights,
    value: PackedWeights,
    output: PackedWeights,
    gate: PackedWeights,
    up: PackedWeights,
    down: PackedWeights,
    query_bias: Option<Vec<f32>>,
    key_bias: Option<Vec<f32>>,
    value_bias: Option<Vec<f32>>,
    query_norm: Option<Vec<f32>>,
    key_norm: Option<Vec<f32>>,
    attention_norm: Vec<f32>,
    ffn_norm: Vec<f32>,
    cache: Vec<KvHead>,
}

/// The embedding table: kept in the file's blocks where their type can be read by row, else as floats.
enum Embedding {
    Blocks(GgmlDType, Vec<u8>),
    Floats(Vec<f32>),
}

struct Packed {
    layers: Vec<Layer>,
    embedding: Embedding,
    norm: Vec<f32>,
    head: PackedWeights,
    vocabulary: usize,
    width: usize,
    hidden: usize,
    heads: usize,
    head_dim: usize,
    eps: f32,
    /// `cos, sin` of every position's rotary angles, `head_dim / 2` each.
    rotary: Vec<(f32, f32)>,
    context: usize,
    held: usize,
    acts: Activations,
}

/// Builds from a GGUF of architecture `qwen2` or `qwen3`.
pub fn build(content: Content, file: &mut GgufFile) -> Result<Box<dyn LanguageModel>, ModelError> {
    let arch =
        content.metadata.get("general.architecture").and_then(|v| v.to_string().ok()).cloned().unwrap_or_default();
    let number = |key: &str| -> Result<usize, ModelError> {
        let key = format!("{arch}.{key}");
        let value = content.metadata.get(&key).ok_or_else(|| ModelError::Compute(format!("缺少元数据 {key}")))?;
        Ok(value.to_u32()? as usize)
    };
    let float = |key: &str| content.metadata.get(&format!("{arch}.{key}")).and_then(|v| v.to_f32().ok());
    let (heads, kv_heads) = (number("attention.head_count")?, number("attention.head_count_kv")?);
    let (width, blocks) = (number("embedding_length")?, number("block_count")?);
    if heads == 0 || kv_heads == 0 || !heads.is_multiple_of(kv_heads) {
        return Err(ModelError::Compute("注意力头数有误".into()));
    }
    let head_dim = number("attention.key_length").unwrap_or(width / heads);
    if !matches!(head_dim, 64 | 128) || !width.is_multiple_of(32) {
        // Shapes that the kernels do not have: candle reads them.
        return match arch.as_str() {
            "qwen3" => super::stock::qwen3::build(content, file),
            _ => super::stock::qwen2::build(content, file),
        };
    }
    let context = number("context_length").unwrap_or(2048).min(MAX_CONTEXT);
    let eps = float("attention.layer_norm_rms_epsilon").unwrap_or(1e-6);
    let base = float("rope.freq_base").unwrap_or(10_000.0);

    let mut tensor = |name: &str| -> Result<QTensor, ModelError> { Ok(content.tensor(file, name, &Device::Cpu)?) };
    let floats =
        |t: QTensor| -> Result<Vec<f32>, ModelError> { Ok(t.dequantize(&Device::Cpu)?.flatten_all()?.to_vec1()?) };
    let mut layers = Vec::with_capacity(blocks);
    let mut hidden = 0;
    for i in 0..blocks {
        let mut packed = |name: &str| PackedWeights::pack(&tensor(&format!("blk.{i}.{name}.weight"))?);
        let (query, key, value) = (packed("attn_q")?, packed("attn_k")?, packed("attn_v")?);
        let (output, gate, up, down) =
            (packed("attn_output")?, packed("ffn_gate")?, packed("ffn_up")?, packed("ffn_down")?);
        let shapes =
            query.n == heads * head_dim && key.n == kv_heads * head_dim && value.n == key.n && output.n == width;
        if !shapes || gate.n != up.n || down.k != gate.n || down.n != width || query.k != width || output.k != query.n {
            return Err(ModelError::Compute(format!("第 {i} 层的形状与元数据不符")));
        }
        hidden = gate.n;
        let mut optional = |name: &str| tensor(&format!("blk.{i}.{name}")).ok().map(floats).transpose();
        layers.push(Layer {
            query_bias: optional("attn_q.bias")?,
            key_bias: optional("attn_k.bias")?,
            value_bias: optional("attn_v.bias")?,
            query_norm: optional("attn_q_norm.weight")?,
            key_norm: optional("attn_k_norm.weight")?,
            attention_norm: floats(tensor(&format!("blk.{i}.attn_norm.weight"))?)?,
            ffn_norm: floats(tensor(&format!("blk.{i}.ffn_norm.weight"))?)?,
            cache: (0..kv_heads).map(|_| KvHead::new(head_dim)).collect(),
            query,
            key,
            value,
            output,
            gate,
            up,
            down,
        });
    }
    let table = tensor("token_embd.weight")?;
    let vocabulary = table.shape().dims2()?.0;
    // Without an output matrix the embedding serves as one.
    let head = match tensor("output.weight") {
        Ok(t) => PackedWeights::pack(&t)?,
        Err(_) => PackedWeights::pack(&table)?,
    };
    let embedding = match table.dtype() {
        GgmlDType::Q8_0 | GgmlDType::Q5_0 | GgmlDType::Q4_0 | GgmlDType::Q4K => {
            Embedding::Blocks(table.dtype(), table.data()?.into_owned())
        }
        _ => Embedding::Floats(floats(table)?),
    };
    let norm = floats(tensor("output_norm.weight")?)?;
    let half = head_dim / 2;
    let rotary = (0..context)
        .flat_map(|p| (0..half).map(move |i| p as f32 / base.powf(2.0 * i as f32 / head_dim as f32)))
        .map(|angle| (angle.cos(), angle.sin()))
        .collect();
    Ok(Box::new(Packed {
        layers,
        embedding,
        norm,
        head,
        vocabulary,
        width,
        hidden,
        heads,
        head_dim,
        eps,
        rotary,
        context,
        held: 0,
        acts: Activations::default(),
    }))
}

impl Packed {
    fn embed(&self, id: u32, out: &mut [f32]) -> Result<(), ModelError> {
        let id = id as usize;
        if id >= self.vocabulary {
            return Err(ModelError::Compute(format!("词号 {id} 超出词表")));
        }
        match &self.embedding {
            Embedding::Blocks(dtype, data) => embedding_row(*dtype, data, self.width, id, out),
            Embedding::Floats(data) => {
                out.copy_from_slice(&data[id * self.width..][..self.width]);
                Some(())
            }
        }
        .ok_or_else(|| ModelError::Compute("词向量类型不可读".into()))
    }
}

/// Bias, per-head norm and rotation of one row of query or key heads.
fn finish_heads(
    row: &mut [f32],
    dim: usize,
    bias: Option<&Vec<f32>>,
    norm: Option<&Vec<f32>>,
    eps: f32,
    angles: &[(f32, f32)],
) {
    if let Some(bias) = bias {
        row.iter_mut().zip(bias).for_each(|(x, b)| *x += b);
    }
    let mut normed = [0f32; 128];
    for head in row.chunks_exact_mut(dim) {
        if let Some(norm) = norm {
            rms_norm(head, norm, &mut normed[..dim], eps);
            head.copy_from_slice(&normed[..dim]);
        }
        let (lo, hi) = head.split_at_mut(dim / 2);
        for ((a, b), (cos, sin)) in lo.iter_mut().zip(hi).zip(angles) {
            (*a, *b) = (*a * cos - *b * sin, *b * cos + *a * sin);
        }
    }
}

impl LanguageModel for Packed {
    fn forward(&mut self, tokens: &[u32], pos: usize) -> Result<Vec<f32>, ModelError> {
        let (t, width, dim) = (tokens.len(), self.width, self.head_dim);
        let needed = pos + t;
        if needed > self.context {
            return Err(ModelError::ContextOverflow { needed, context: self.context });
        }
        if pos > self.held || t == 0 {
            return Err(ModelError::Compute("位置不连续".into()));
        }
        let (q_width, kv_width) = (self.heads * dim, self.layers[0].key.n);
        let mut x = vec![0f32; t * width];
        for (row, id) in x.chunks_exact_mut(width).zip(tokens) {
            self.embed(*id, row)?;
        }
        let mut query = vec![0f32; t * q_width];
        let mut key = vec![0f32; t * kv_width];
        let mut value = vec![0f32; t * kv_width];
        let mut mixed = vec![0f32; t * q_width];
        let mut delta = vec![0f32; t * width];
        let (mut gate, mut up) = (vec![0f32; t * self.hidden], vec![0f32; t * self.hidden]);
        let (eps, half) = (self.eps, dim / 2);
        let acts = &mut self.acts;
        for layer in &mut self.layers {
            quantize(acts, t, width, |r, o| rms_norm(&x[r * width..][..width], &layer.attention_norm, o, eps));
            matmul(&mut [(&layer.query, &mut query), (&layer.key, &mut key), (&layer.value, &mut value)], acts);
            for head in &mut layer.cache {
                head.reserve(needed);
            }
            for i in 0..t {
                let angles = &self.rotary[(pos + i) * half..][..half];
                finish_heads(
                    &mut query[i * q_width..][..q_width],
                    dim,
                    layer.query_bias.as_ref(),
                    layer.query_norm.as_ref(),
                    eps,
                    angles,
                );
                let k = &mut key[i * kv_width..][..kv_width];
                finish_heads(k, dim, layer.key_bias.as_ref(), layer.key_norm.as_ref(), eps, angles);
                let v = &mut value[i * kv_width..][..kv_width];
                if let Some(bias) = &layer.value_bias {
                    v.iter_mut().zip(bias).for_each(|(x, b)| *x += b);
                }
                for (h, head) in layer.cache.iter_mut().enumerate() {
                    head.store(pos + i, &k[h * dim..][..dim], &v[h * dim..][..dim]);
                }
            }
            match dim {
                64 => attention::<64>(&query, &mut mixed, t, pos, self.heads, &layer.cache),
                _ => attention::<128>(&query, &mut mixed, t, pos, self.heads, &layer.cache),
            }
            quantize(acts, t, q_width, |r, o| o.copy_from_slice(&mixed[r * q_width..][..q_width]));
            matmul(&mut [(&layer.output, &mut delta)], acts);
            x.iter_mut().zip(&delta).for_each(|(x, d)| *x += d);
            quantize(acts, t, width, |r, o| rms_norm(&x[r * width..][..width], &layer.ffn_norm, o, eps));
            matmul(&mut [(&layer.gate, &mut gate), (&layer.up, &mut up)], acts);
            let hidden = self.hidden;
            quantize(acts, t, hidden, |r, o| silu_mul(&gate[r * hidden..][..hidden], &up[r * hidden..][..hidden], o));
            matmul(&mut [(&layer.down, &mut delta)], acts);
            x.iter_mut().zip(&delta).for_each(|(x, d)| *x += d);
        }
        let last = &x[(t - 1) * width..];
        quantize(acts, 1, width, |_, o| rms_norm(last, &self.norm, o, eps));
        let mut logits = vec![0f32; self.head.n];
        matmul(&mut [(&self.head, &mut logits)], acts);
        logits.truncate(self.vocabulary);
        self.held = needed;
        Ok(logits)
    }

    fn keep(&mut self, len: usize) -> usize {
        self.held = self.held.min(len);
        self.held
    }

    fn context(&self) -> usize {
        self.context
    }
}
