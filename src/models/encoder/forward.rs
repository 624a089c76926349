//! The encoder's layers: attention both ways, then two linear maps with GELU between them, each added and normed after
//! (Devlin et al. 2019).

use std::collections::BTreeMap;

use candle_core::quantized::gguf_file::Content;

use super::number;
use crate::models::ModelError;
use crate::models::gguf::GgufFile;
use crate::models::kernels::pool::pool;
use crate::models::kernels::{
    Activations, Form, Gate, KvHead, PackedWeights, Span, attention, gate, matmul, padded_rows, quantize,
};
use crate::models::tensors::{Embedding, Tensors};

/// A linear map with its bias.
struct Linear {
    weights: PackedWeights,
    bias: Vec<f32>,
}

struct Norm {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    output_norm: Norm,
    up: Linear,
    down: Linear,
    layer_norm: Norm,
}

pub struct Network {
    width: usize,
    hidden: usize,
    heads: usize,
    positions: usize,
    eps: f32,
    words: Embedding,
    places: Vec<f32>,
    kind: Vec<f32>,
    pooling: Pooling,
    norm: Norm,
    layers: Vec<Layer>,
    file: GgufFile,
    /// Rows of the table already read: texts of one field share most of their words.
    known: BTreeMap<u32, Vec<f32>>,
    caches: Vec<Vec<KvHead>>,
    acts: Activations,
}

/// Word vectors kept in memory at most.
const KNOWN: usize = 16_384;

impl Norm {
    fn read(t: &mut Tensors<'_>, name: &str, n: usize) -> Result<Self, ModelError> {
        Ok(Self { weight: t.floats(&format!("{name}.weight"), n)?, bias: t.floats(&format!("{name}.bias"), n)? })
    }

    fn apply(&self, row: &mut [f32], eps: f32) {
        let n = row.len() as f32;
        let mean = row.iter().sum::<f32>() / n;
        let variance = row.iter().map(|v| (v - mean) * (v - mean)).sum::<f32>() / n;
        let scale = 1.0 / (variance + eps).sqrt();
        for ((v, w), b) in row.iter_mut().zip(&self.weight).zip(&self.bias) {
            *v = (*v - mean) * scale * w + b;
        }
    }
}

impl Linear {
    fn read(t: &mut Tensors<'_>, name: &str, n: usize, k: usize) -> Result<Self, ModelError> {
        let weights = t.packed(&format!("{name}.weight"), Some(n))?;
        if weights.n != n || weights.k != k {
            return Err(ModelError::Compute(format!("张量 {name} 的形状与元数据不符")));
        }
        Ok(Self { weights, bias: t.floats(&format!("{name}.bias"), n)? })
    }
}

/// Rows of a buffer, for the pool.
fn rows(data: &mut [f32], count: usize, width: usize) -> Vec<&mut [f32]> {
    data[..count * width].chunks_exact_mut(width).collect()
}

fn add(row: &mut [f32], more: &[f32]) {
    row.iter_mut().zip(more).for_each(|(x, d)| *x += d);
}

/// How the states of a text become one vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pooling {
    Mean,
    /// The state of the first token.
    First,
}

/// llama.cpp's numbers; without one the mean, as in the e5 family.
fn pooling(content: &Content) -> Result<Pooling, ModelError> {
    match number(content, "bert.pooling_type") {
        Err(_) | Ok(1) => Ok(Pooling::Mean),
        Ok(2) => Ok(Pooling::First),
        Ok(other) => Err(ModelError::Compute(format!("汇聚方式 {other} 不受支持"))),
    }
}

/// The vector of the first kind of token, which all of ours are; models without kinds have none.
fn kind(content: &Content, t: &mut Tensors<'_>, width: usize) -> Result<Vec<f32>, ModelError> {
    let name = "token_types.weight";
    let Some(info) = content.tensor_infos.get(name) else { return Ok(vec![0.0; width]) };
    let all = t.floats(name, info.shape.elem_count())?;
    all.get(..width).map(<[f32]>::to_vec).ok_or_else(|| ModelError::Compute(format!("张量 {name} 的长度与元数据不符")))
}

impl Network {
    pub fn read(content: &Content, file: &mut GgufFile) -> Result<Self, ModelError> {
        let of = |key: &str| number(content, &format!("bert.{key}"));
        let (width, hidden, heads) = (of("embedding_length")?, of("feed_forward_length")?, of("attention.head_count")?);
        let (blocks, positions) = (of("block_count")?, of("context_length")?);
        let eps = content.metadata.get("bert.attention.layer_norm_epsilon").and_then(|v| v.to_f32().ok());
        let sound = |n: usize, most: usize| n > 0 && n <= most && n.is_multiple_of(32);
        if !sound(width, 4096)
            || !sound(hidden, 16_384)
            || heads == 0
            || !width.is_multiple_of(heads * 32)
            || width / heads > 256
            || !(4..=8192).contains(&positions)
            || blocks > 64
        {
            return Err(ModelError::Compute("编码模型的形状不受支持".into()));
        }
        let pooling = pooling(content)?;
        let reopened = file.reopen()?;
        let mut t = Tensors::new(content, file);
        let (words, columns) = t.embedding("token_embd.weight")?;
        if columns != width {
            return Err(ModelError::Compute("词表的形状与元数据不符".into()));
        }
        let layer = |t: &mut Tensors<'_>, i: usize| -> Result<Layer, ModelError> {
            let name = |part: &str| format!("blk.{i}.{part}");
            Ok(Layer {
                query: Linear::read(t, &name("attn_q"), width, width)?,
                key: Linear::read(t, &name("attn_k"), width, width)?,
                value: Linear::read(t, &name("attn_v"), width, width)?,
                output: Linear::read(t, &name("attn_output"), width, width)?,
                output_norm: Norm::read(t, &name("attn_output_norm"), width)?,
                up: Linear::read(t, &name("ffn_up"), hidden, width)?,
                down: Linear::read(t, &name("ffn_down"), width, hidden)?,
                layer_norm: Norm::read(t, &name("layer_output_norm"), width)?,
            })
        };
        Ok(Self {
            width,
            hidden,
            heads,
            positions,
            eps: eps.unwrap_or(1e-12),
            words,
            places: t.floats("position_embd.weight", positions * width)?,
            kind: kind(content, &mut t, width)?,
            pooling,
            norm: Norm::read(&mut t, "token_embd_norm", width)?,
            layers: (0..blocks).map(|i| layer(&mut t, i)).collect::<Result<_, _>>()?,
            file: reopened,
            known: BTreeMap::new(),
            caches: vec![],
            acts: Activations::default(),
        })
    }

    pub fn width(&self) -> usize {
        self.width
    }

    /// Positions a text may have, the marks included.
    pub fn positions(&self) -> usize {
        self.positions
    }

    /// The last layer's states of each text pooled, `[text][width]`.
    pub fn pooled(&mut self, texts: &[&[u32]]) -> Result<Vec<f32>, ModelError> {
        let (width, hidden, heads, eps) = (self.width, self.hidden, self.heads, self.eps);
        let dim = width / heads;
        let total: usize = texts.iter().map(|t| t.len()).sum();
        let padded = padded_rows(total);
        let mut x = vec![0f32; padded * width];
        let mut at = 0;
        for text in texts {
            if text.is_empty() || text.len() > self.positions {
                return Err(ModelError::ContextOverflow { needed: text.len(), context: self.positions });
            }
            for (place, id) in text.iter().enumerate() {
                self.word(*id, &mut x[at * width..][..width])?;
                add(&mut x[at * width..][..width], &self.places[place * width..][..width]);
                at += 1;
            }
        }
        pool().each(&mut rows(&mut x, total, width), |_, row| {
            add(row, &self.kind);
            self.norm.apply(row, eps);
        });
        while self.caches.len() < texts.len() {
            self.caches.push((0..heads).map(|_| KvHead::new(dim)).collect());
        }
        let buffer = |n: usize| vec![0f32; padded * n];
        let (mut query, mut key, mut value) = (buffer(width), buffer(width), buffer(width));
        let (mut mixed, mut delta, mut wide) = (buffer(width), buffer(width), buffer(hidden));
        let ones = vec![1f32; hidden];
        let acts = &mut self.acts;
        for layer in &self.layers {
            quantize(acts, Form::Many, total, width, |r, o| o.copy_from_slice(&x[r * width..][..width]));
            let outs = [(&layer.query, &mut query), (&layer.key, &mut key), (&layer.value, &mut value)];
            matmul(&mut outs.map(|(l, out)| (&l.weights, &mut out[..])), acts);
            pool().each(&mut rows(&mut query, total, width), |_, row| add(row, &layer.query.bias));
            let mut start = 0;
            for (text, cache) in texts.iter().zip(&mut self.caches) {
                pool().each(cache, |h, head| {
                    head.reserve(text.len());
                    let mut k = vec![0f32; dim];
                    let mut v = vec![0f32; dim];
                    for i in 0..text.len() {
                        let from = (start + i) * width + h * dim;
                        k.copy_from_slice(&key[from..from + dim]);
                        add(&mut k, &layer.key.bias[h * dim..][..dim]);
                        v.copy_from_slice(&value[from..from + dim]);
                        add(&mut v, &layer.value.bias[h * dim..][..dim]);
                        head.store(i, &k, &v);
                    }
                });
                start += text.len();
            }
            let mut row = 0;
            let spans: Vec<Span<'_>> = texts
                .iter()
                .zip(&self.caches)
                .map(|(text, cache)| {
                    let tokens = text.len();
                    row += tokens;
                    Span { row: row - tokens, tokens, pos: 0, cache, window: usize::MAX, both_ways: true }
                })
                .collect();
            attention(&query, &mut mixed, heads, 1.0 / (dim as f32).sqrt(), &spans);
            quantize(acts, Form::Many, total, width, |r, o| o.copy_from_slice(&mixed[r * width..][..width]));
            matmul(&mut [(&layer.output.weights, &mut delta[..])], acts);
            pool().each(&mut rows(&mut x, total, width), |i, row| {
                add(row, &delta[i * width..][..width]);
                add(row, &layer.output.bias);
                layer.output_norm.apply(row, eps);
            });
            quantize(acts, Form::Many, total, width, |r, o| o.copy_from_slice(&x[r * width..][..width]));
            matmul(&mut [(&layer.up.weights, &mut wide[..])], acts);
            pool().each(&mut rows(&mut wide, total, hidden), |_, row| add(row, &layer.up.bias));
            quantize(acts, Form::Many, total, hidden, |r, o| {
                gate(Gate::GeluTanh, &wide[r * hidden..][..hidden], &ones, o);
            });
            matmul(&mut [(&layer.down.weights, &mut delta[..])], acts);
            pool().each(&mut rows(&mut x, total, width), |i, row| {
                add(row, &delta[i * width..][..width]);
                add(row, &layer.down.bias);
                layer.layer_norm.apply(row, eps);
            });
        }
        let mut pooled = vec![0f32; texts.len() * width];
        let mut start = 0;
        for (text, vector) in texts.iter().zip(pooled.chunks_exact_mut(width)) {
            let states = x[start * width..][..text.len() * width].chunks_exact(width);
            let taken = if self.pooling == Pooling::First { 1 } else { text.len() };
            states.take(taken).for_each(|row| add(vector, row));
            vector.iter_mut().for_each(|m| *m /= taken as f32);
            start += text.len();
        }
        Ok(pooled)
    }

    fn word(&mut self, id: u32, out: &mut [f32]) -> Result<(), ModelError> {
        if let Some(row) = self.known.get(&id) {
            out.copy_from_slice(row);
            return Ok(());
        }
        self.words.row(&mut self.file, id, &mut vec![], out)?;
        if self.known.len() < KNOWN {
            self.known.insert(id, out.to_vec());
        }
        Ok(())
    }
}
