//! A GGUF's tensors → packed layers.

use std::io::{Read, Seek, SeekFrom};

use candle_core::quantized::GgmlDType;
use candle_core::quantized::ggml_file::qtensor_from_ggml;
use candle_core::quantized::gguf_file::Content;

use super::config::Config;
use crate::models::ModelError;
use crate::models::gguf::GgufFile;
use crate::models::kernels::{PackedWeights, row_bytes};

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

/// The embedding table stays in the file; a row is read when its token comes.
pub struct Embedding {
    pub dtype: GgmlDType,
    pub offset: u64,
    pub vocabulary: usize,
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

struct Tensors<'a> {
    content: &'a Content,
    file: &'a mut GgufFile,
    bytes: Vec<u8>,
}

impl Tensors<'_> {
    fn has(&self, name: &str) -> bool {
        self.content.tensor_infos.contains_key(name)
    }

    /// Type, shape and bytes. `GgufFile::open` has checked that the bytes are there.
    fn raw(&mut self, name: &str) -> Result<(GgmlDType, Vec<usize>, &[u8]), ModelError> {
        let info =
            self.content.tensor_infos.get(name).ok_or_else(|| ModelError::Compute(format!("缺少张量 {name}")))?;
        let size = info.shape.elem_count() / info.ggml_dtype.block_size() * info.ggml_dtype.type_size();
        let read = |file: &mut GgufFile, bytes: &mut Vec<u8>| -> std::io::Result<()> {
            file.seek(SeekFrom::Start(self.content.tensor_data_offset + info.offset))?;
            bytes.resize(size, 0);
            file.read_exact(bytes)
        };
        read(self.file, &mut self.bytes).map_err(|e| ModelError::Compute(format!("张量 {name}：{e}")))?;
        Ok((info.ggml_dtype, info.shape.dims().to_vec(), &self.bytes))
    }

    /// The matrices of `counts` rows that stand one below the other in a tensor.
    fn stacked<const N: usize>(
        &mut self,
        name: &str,
        counts: [Option<usize>; N],
    ) -> Result<[PackedWeights; N], ModelError> {
        let (dtype, shape, bytes) = self.raw(name)?;
        let [rows, k] = shape[..] else { return Err(ModelError::Compute(format!("张量 {name} 不是矩阵"))) };
        let size = row_bytes(dtype, k)?;
        let mut parts = Vec::with_capacity(N);
        let mut start = 0;
        for count in counts {
            // `None`: an equal share.
            let count = count.unwrap_or(rows / N);
            let part = bytes.get(start * size..(start + count) * size);
            let part = part.ok_or_else(|| ModelError::Compute(format!("张量 {name} 的形状与元数据不符")))?;
            parts.push(PackedWeights::pack(dtype, part, count, k)?);
            start += count;
        }
        if start != rows {
            return Err(ModelError::Compute(format!("张量 {name} 的形状与元数据不符")));
        }
        parts.try_into().map_err(|_| ModelError::Compute(format!("张量 {name} 有误")))
    }

    /// A matrix of `rows` rows, or of as many as it has.
    fn packed(&mut self, name: &str, rows: Option<usize>) -> Result<PackedWeights, ModelError> {
        self.stacked(name, [rows]).map(|[whole]| whole)
    }

    /// A vector of `n` floats.
    fn floats(&mut self, name: &str, n: usize) -> Result<Vec<f32>, ModelError> {
        let (dtype, shape, bytes) = self.raw(name)?;
        if shape.iter().product::<usize>() != n {
            return Err(ModelError::Compute(format!("张量 {name} 的长度与元数据不符")));
        }
        let cpu = candle_core::Device::Cpu;
        Ok(qtensor_from_ggml(dtype, bytes, vec![n], &cpu)?.dequantize(&cpu)?.to_vec1()?)
    }

    fn optional(&mut self, name: &str, n: usize) -> Result<Option<Vec<f32>>, ModelError> {
        if self.has(name) { self.floats(name, n).map(Some) } else { Ok(None) }
    }
}

/// Reads and packs everything `config` needs.
pub fn read(content: &Content, file: &mut GgufFile, config: &Config) -> Result<Weights, ModelError> {
    let mut t = Tensors { content, file, bytes: vec![] };
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
    let info = content.tensor_infos.get(table).ok_or_else(|| ModelError::Compute(format!("缺少张量 {table}")))?;
    let (vocabulary, columns) = info.shape.dims2()?;
    let embedding = Embedding { dtype: info.ggml_dtype, offset: content.tensor_data_offset + info.offset, vocabulary };
    // Without an output matrix the embedding serves as one.
    let head = t.packed(if t.has("output.weight") { "output.weight" } else { table }, None)?;
    if columns != width || head.k != width || head.n < vocabulary {
        return Err(ModelError::Compute("词表的形状与元数据不符".into()));
    }
    let norm = t.floats("output_norm.weight", width)?;
    let factors = ["rope_freqs.weight", "rope_factors_short.weight"].into_iter().find(|name| t.has(name));
    let rope_factors = factors.map(|name| t.floats(name, config.rotary / 2)).transpose()?;
    Ok(Weights { layers, embedding, norm, head, rope_factors })
}
