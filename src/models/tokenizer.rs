//! Tokenizer from the GGUF itself. Two kinds occur: byte-level BPE (`gpt2`: Qwen, GLM, Llama 3), which candle builds, and
//! SentencePiece (`llama`: Gemma, Phi 3, Llama 2), whose merges are recovered here from the pieces' scores.

use std::collections::HashMap;

use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::quantized::tokenizer::TokenizerFromGguf;
use tokenizers::models::bpe::BPE;
use tokenizers::normalizers::Replace;
use tokenizers::{AddedToken, Tokenizer};

/// `tokenizer.ggml.token_type` values.
const UNKNOWN: u64 = 2;
const CONTROL: u64 = 3;
const USER_DEFINED: u64 = 4;
/// Bytes of a token; real ones have a few dozen.
const LONGEST_TOKEN: usize = 1024;
/// SentencePiece writes a space as this character.
const SPACE: char = '▁';

/// The tokenizer that the file describes, or why there is none.
pub fn load(content: &Content) -> Result<Tokenizer, String> {
    let kind =
        content.metadata.get("tokenizer.ggml.model").and_then(|v| v.to_string().ok()).cloned().unwrap_or_default();
    match kind.as_str() {
        "gpt2" => {
            Tokenizer::from_gguf(content).map_err(|e| e.to_string().lines().next().unwrap_or_default().to_string())
        }
        "llama" => {
            let tokens = strings(content, "tokenizer.ggml.tokens")?;
            let types = types(content, tokens.len())?;
            sentencepiece(content, &tokens, &types)
        }
        other => Err(format!("分词器类型“{other}”不受支持")),
    }
}

fn strings(content: &Content, key: &str) -> Result<Vec<String>, String> {
    let wrong = || format!("元数据“{key}”缺失或不是字符串数组");
    let Some(Value::Array(values)) = content.metadata.get(key) else { return Err(wrong()) };
    values.iter().map(|v| if let Value::String(s) = v { Ok(s.clone()) } else { Err(wrong()) }).collect()
}

fn types(content: &Content, len: usize) -> Result<Vec<u64>, String> {
    match content.metadata.get("tokenizer.ggml.token_type") {
        Some(Value::Array(values)) if values.len() == len => Ok(values
            .iter()
            .map(|v| match v {
                Value::I32(n) => u64::try_from(*n).unwrap_or(1),
                Value::U32(n) => u64::from(*n),
                _ => 1,
            })
            .collect()),
        Some(_) => Err("token_type 与词表长度不一致".into()),
        None => Ok(vec![1; len]),
    }
}

fn sentencepiece(content: &Content, tokens: &[String], types: &[u64]) -> Result<Tokenizer, String> {
    // Every way to cut a token is tried below.
    if tokens.iter().any(|t| t.len() > LONGEST_TOKEN) {
        return Err("词表中有过长的词".into());
    }
    let wrong = |what: String| what;
    let scores: Vec<f32> = match content.metadata.get("tokenizer.ggml.scores") {
        Some(Value::Array(values)) if values.len() == tokens.len() => {
            values.iter().map(|v| if let Value::F32(f) = v { *f } else { f32::MIN }).collect()
        }
        _ => return Err(wrong("元数据“tokenizer.ggml.scores”缺失或长度不符".into())),
    };
    let normal = |id: usize| matches!(types[id], 1 | USER_DEFINED);
    let ids: HashMap<&str, usize> = tokens.iter().enumerate().map(|(id, t)| (t.as_str(), id)).collect();
    // A piece is merged from any two pieces that make it; better pieces first, and for one piece better parts first.
    let mut merges = Vec::new();
    for (id, token) in tokens.iter().enumerate().filter(|(id, _)| normal(*id)) {
        let mut local: Vec<(usize, usize)> = token
            .char_indices()
            .skip(1)
            .filter_map(|(at, _)| Some((*ids.get(&token[..at])?, *ids.get(&token[at..])?)))
            .filter(|&(a, b)| normal(a) && normal(b))
            .collect();
        local.sort_unstable();
        merges.extend(local.into_iter().map(|(a, b)| (scores[id], id, a, b)));
    }
    merges.sort_by(|x, y| y.0.total_cmp(&x.0).then(x.1.cmp(&y.1)));
    let merges = merges.into_iter().map(|(_, _, a, b)| (tokens[a].clone(), tokens[b].clone())).collect::<Vec<_>>();
    let vocab: tokenizers::models::bpe::Vocab =
        tokens.iter().enumerate().map(|(id, t)| (t.clone(), id as u32)).collect();
    let mut builder = BPE::builder().vocab_and_merges(vocab, merges).byte_fallback(true).fuse_unk(true);
    if let Some(unknown) = types.iter().position(|t| *t == UNKNOWN) {
        builder = builder.unk_token(tokens[unknown].clone());
    }
    let bpe = builder.build().map_err(|e| wrong(e.to_string()))?;
    let mut tokenizer = Tokenizer::new(bpe);
    let spaces = Replace::new(" ", SPACE.to_string()).map_err(|e| wrong(e.to_string()))?;
    tokenizer.with_normalizer(Some(spaces)).map_err(|e| wrong(e.to_string()))?;
    let controls = tokens.iter().zip(types).filter(|(_, t)| **t == CONTROL);
    let controls: Vec<_> = controls.map(|(t, _)| AddedToken::from(t.clone(), true)).collect();
    tokenizer.add_special_tokens(controls).map_err(|e| wrong(e.to_string()))?;
    Ok(tokenizer)
}
