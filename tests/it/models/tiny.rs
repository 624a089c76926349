//! Writes a model of a few kilobytes with fixed pseudo-random weights, for any architecture.

use std::path::Path;

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};

pub const VOCAB: usize = 272;
pub const CONTEXT: usize = 96;
const WIDTH: usize = 256;
const HEADS: usize = 4;
const KV: usize = 2;
const HEAD: usize = WIDTH / HEADS;
const FF: usize = 512;
const LAYERS: usize = 2;

/// Names and shapes of the tensors candle asks for.
pub fn tensors(arch: &str) -> Vec<(String, Vec<usize>)> {
    let mut list = vec![
        ("token_embd.weight".to_owned(), vec![VOCAB, WIDTH]),
        ("output_norm.weight".to_owned(), vec![WIDTH]),
        ("output.weight".to_owned(), vec![VOCAB, WIDTH]),
    ];
    for layer in 0..LAYERS {
        let mut add = |name: &str, dims: &[usize]| list.push((format!("blk.{layer}.{name}"), dims.to_vec()));
        add("attn_norm.weight", &[WIDTH]);
        add("ffn_norm.weight", &[WIDTH]);
        add("attn_output.weight", &[WIDTH, HEADS * HEAD]);
        add("ffn_down.weight", &[WIDTH, FF]);
        if arch == "phi3" {
            add("attn_qkv.weight", &[(HEADS + 2 * KV) * HEAD, WIDTH]);
        } else {
            add("attn_q.weight", &[HEADS * HEAD, WIDTH]);
            add("attn_k.weight", &[KV * HEAD, WIDTH]);
            add("attn_v.weight", &[KV * HEAD, WIDTH]);
        }
        if matches!(arch, "phi3" | "glm4") {
            add("ffn_up.weight", &[2 * FF, WIDTH]);
        } else {
            add("ffn_up.weight", &[FF, WIDTH]);
            add("ffn_gate.weight", &[FF, WIDTH]);
        }
        if matches!(arch, "qwen2" | "glm4") {
            add("attn_q.bias", &[HEADS * HEAD]);
            add("attn_k.bias", &[KV * HEAD]);
            add("attn_v.bias", &[KV * HEAD]);
        }
        if matches!(arch, "qwen3" | "gemma3") {
            add("attn_q_norm.weight", &[HEAD]);
            add("attn_k_norm.weight", &[HEAD]);
        }
        if matches!(arch, "gemma3" | "glm4") {
            add("post_attention_norm.weight", &[WIDTH]);
            add("post_ffw_norm.weight", &[WIDTH]);
        }
    }
    list
}

pub fn metadata(arch: &str) -> Vec<(String, Value)> {
    let mut list: Vec<(String, Value)> = vec![
        ("general.architecture".into(), Value::String(arch.into())),
        ("general.name".into(), Value::String("tiny".into())),
    ];
    let mut number = |key: &str, value: usize| list.push((format!("{arch}.{key}"), Value::U32(value as u32)));
    number("context_length", CONTEXT);
    number("embedding_length", WIDTH);
    number("block_count", LAYERS);
    number("feed_forward_length", FF);
    number("attention.head_count", HEADS);
    number("attention.head_count_kv", KV);
    number("attention.key_length", HEAD);
    number("attention.value_length", HEAD);
    number("attention.sliding_window", 64);
    number("rope.dimension_count", if arch == "glm4" { HEAD / 2 } else { HEAD });
    list.push((format!("{arch}.attention.layer_norm_rms_epsilon"), Value::F32(1e-6)));
    list.push((format!("{arch}.rope.freq_base"), Value::F32(10_000.0)));
    let sentencepiece = matches!(arch, "gemma3" | "phi3");
    tokenizer(sentencepiece, &mut list);
    list
}

/// What stands for each byte in a vocabulary: the same alphabet as in the loader, written out independently. Printable bytes
/// stand for themselves.
fn byte_alphabet() -> Vec<char> {
    let mut next = 256u32;
    let code = |byte: u32| {
        let printable = (33..=126).contains(&byte) || (161..=172).contains(&byte) || byte >= 174;
        next += u32::from(!printable);
        char::from_u32(if printable { byte } else { next - 1 }).unwrap()
    };
    (0..=255u32).map(code).collect()
}

/// 256 bytes, 中 with what it is merged from, and control tokens.
fn tokenizer(sentencepiece: bool, list: &mut Vec<(String, Value)>) {
    let mut tokens: Vec<(String, i32)> = Vec::new();
    if sentencepiece {
        tokens.extend((0..=255u8).map(|b| (format!("<0x{b:02X}>"), 6)));
        tokens.extend([("中", 1), ("▁", 1), ("▁▁", 4)].map(|(t, k)| (t.to_owned(), k)));
    } else {
        tokens.extend(byte_alphabet().into_iter().map(|c| (c.to_string(), 1)));
        tokens.extend([("ä¸", 1), ("ä¸Ń", 1), ("Ġa", 1)].map(|(t, k)| (t.to_owned(), k)));
    }
    let eos = tokens.len() as u32;
    for control in ["<eos>", "<bos>", "<|im_start|>", "<|im_end|>"] {
        tokens.push((control.into(), 3));
    }
    while tokens.len() < VOCAB {
        tokens.push((format!("[PAD{}]", tokens.len()), 5));
    }
    let strings = |items: Vec<String>| Value::Array(items.into_iter().map(Value::String).collect());
    let kind = if sentencepiece { "llama" } else { "gpt2" };
    let mut add = |key: &str, value: Value| list.push((format!("tokenizer.ggml.{key}"), value));
    add("model", Value::String(kind.into()));
    add("pre", Value::String("qwen2".into()));
    add("eos_token_id", Value::U32(eos));
    add("bos_token_id", Value::U32(eos + 1));
    add("token_type", Value::Array(tokens.iter().map(|t| Value::I32(t.1)).collect()));
    add("scores", Value::Array((0..tokens.len()).map(|i| Value::F32(-(i as f32))).collect()));
    if !sentencepiece {
        add("merges", strings(["ä ¸", "ä¸ Ń", "Ġ a"].map(String::from).to_vec()));
    }
    add("tokens", strings(tokens.into_iter().map(|t| t.0).collect()));
}

fn weights(name: &str, dims: &[usize]) -> QTensor {
    let n: usize = dims.iter().product();
    let mut state = name.bytes().fold(0x9e37_79b9_u64, |h, b| h.wrapping_mul(0x100_0000_01b3) ^ u64::from(b)) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5
    };
    let (mean, dtype) = match dims.len() {
        1 if name.ends_with("norm.weight") => (1.0, GgmlDType::F32),
        1 => (0.0, GgmlDType::F32),
        _ => (0.0, GgmlDType::Q8_0),
    };
    let values: Vec<f32> = (0..n).map(|_| mean + next() * 0.4).collect();
    let tensor = Tensor::from_vec(values, dims, &Device::Cpu).unwrap();
    QTensor::quantize(&tensor, dtype).unwrap()
}

/// Writes the file; `change` may spoil metadata and tensor list first.
pub fn write_with(
    arch: &str,
    path: &Path,
    change: impl FnOnce(&mut Vec<(String, Value)>, &mut Vec<(String, Vec<usize>)>),
) {
    let mut metadata = metadata(arch);
    let mut names = tensors(arch);
    change(&mut metadata, &mut names);
    let built: Vec<(String, QTensor)> = names.into_iter().map(|(n, d)| (n.clone(), weights(&n, &d))).collect();
    let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(k, v)| (k.as_str(), v)).collect();
    let tensors: Vec<(&str, &QTensor)> = built.iter().map(|(n, t)| (n.as_str(), t)).collect();
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    gguf_file::write(&mut file, &metadata, &tensors).unwrap();
    std::io::Write::flush(&mut file).unwrap();
}

pub fn write(arch: &str, path: &Path) {
    write_with(arch, path, |_, _| {});
}

/// Chinese characters that [`write_talker`] adds to the vocabulary.
const CHARACTERS: u32 = 12_000;
/// Context of the model of [`write_talker`].
pub const TALKER_CONTEXT: usize = 2048;

/// A model whose answers are text: nearly every token is a whole Chinese character, so that random weights write some. What
/// they write means nothing.
pub fn write_talker(path: &Path) {
    write_with("qwen2", path, |metadata, tensors| {
        let bytes = byte_alphabet();
        let spelt = |c: char| c.to_string().bytes().map(|b| bytes[usize::from(b)]).collect::<String>();
        let characters: Vec<char> = ('一'..).filter(|c| *c != '中').take(CHARACTERS as usize).collect();
        let count = VOCAB + characters.len();
        for (key, value) in metadata {
            match (key.as_str(), value) {
                ("qwen2.context_length", value) => *value = Value::U32(TALKER_CONTEXT as u32),
                ("tokenizer.ggml.tokens", Value::Array(list)) => {
                    list.extend(characters.iter().map(|c| Value::String(spelt(*c))));
                }
                ("tokenizer.ggml.token_type", Value::Array(list)) => list.resize(count, Value::I32(1)),
                ("tokenizer.ggml.scores", Value::Array(list)) => list.resize(count, Value::F32(0.0)),
                _ => {}
            }
        }
        for (name, dims) in tensors {
            if matches!(name.as_str(), "token_embd.weight" | "output.weight") {
                dims[0] = count;
            }
        }
    });
}
