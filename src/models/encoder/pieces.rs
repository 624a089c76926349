//! SentencePiece unigram tokens of XLM-R: characters brought to their compatibility form, spaces written as ▁, and the most
//! likely cut (Kudo 2018).
//!
//! The normalisation comes as our own list of characters, or as the table that SentencePiece compiles and llama.cpp keeps.

use std::collections::HashMap;

use candle_core::quantized::gguf_file::{Content, Value};
use tokenizers::models::unigram::Unigram;
use tokenizers::normalizers::Precompiled;
use tokenizers::{Model, NormalizedString, Normalizer};

use super::{array, number, tokens};
use crate::models::ModelError;

/// Metadata key of the normalisation: code point, length, code points that take its place, and so on.
pub const NORMALIZER: &str = "zhicai.tokenizer.normalizer";
/// The same as SentencePiece compiles it, byte for byte.
const COMPILED: &str = "tokenizer.ggml.precompiled_charsmap";
const SPACE: char = '▁';
/// Characters tokenised together: the search for the best cut is kept short.
const LONGEST: usize = 2000;

pub struct Pieces {
    model: Unigram,
    normal: Normal,
}

enum Normal {
    Replaced(HashMap<char, String>),
    Compiled(Box<Precompiled>),
}

impl Pieces {
    pub fn read(content: &Content) -> Result<Self, ModelError> {
        let wrong = || ModelError::Compute("分词表有误".into());
        let tokens = tokens(content)?;
        let scores = array(content, "tokenizer.ggml.scores")?;
        if tokens.len() != scores.len() {
            return Err(wrong());
        }
        let vocab = tokens
            .into_iter()
            .zip(scores)
            .map(|(t, s)| Some((t, f64::from(s.to_f32().ok()?))))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(wrong)?;
        let unknown = number(content, "tokenizer.ggml.unknown_token_id")?;
        let model = Unigram::from(vocab, Some(unknown), false).map_err(|e| ModelError::Compute(e.to_string()))?;
        let normal = if content.metadata.contains_key(NORMALIZER) {
            Normal::Replaced(replacements(array(content, NORMALIZER)?).ok_or_else(wrong)?)
        } else {
            let byte = |v: &Value| match v {
                Value::U8(b) => Some(*b),
                Value::I8(b) => Some(b.cast_unsigned()),
                _ => None,
            };
            let bytes = array(content, COMPILED)?.iter().map(byte).collect::<Option<Vec<u8>>>().ok_or_else(wrong)?;
            Normal::Compiled(Box::new(Precompiled::from(&bytes).map_err(|_| wrong())?))
        };
        Ok(Self { model, normal })
    }

    pub fn encode(&self, text: &str) -> Result<Vec<u32>, ModelError> {
        let mut plain = String::with_capacity(text.len() + 4);
        plain.push(SPACE);
        let mut push = |c: char| match c {
            ' ' if plain.ends_with(SPACE) => {}
            ' ' => plain.push(SPACE),
            c => plain.push(c),
        };
        match &self.normal {
            Normal::Replaced(replaced) => {
                for c in text.chars() {
                    match replaced.get(&c) {
                        Some(other) => other.chars().for_each(&mut push),
                        None => push(c),
                    }
                }
            }
            Normal::Compiled(compiled) => {
                let mut text = NormalizedString::from(text);
                compiled.normalize(&mut text).map_err(|e| ModelError::Compute(e.to_string()))?;
                text.get().chars().for_each(&mut push);
            }
        }
        let mut ids = Vec::new();
        let mut rest = &plain[..];
        while !rest.is_empty() {
            let end = rest.char_indices().nth(LONGEST).map_or(rest.len(), |(at, _)| at);
            let tokens = self.model.tokenize(&rest[..end]).map_err(|e| ModelError::Compute(e.to_string()))?;
            ids.extend(tokens.into_iter().map(|t| t.id));
            rest = &rest[end..];
        }
        Ok(ids)
    }
}

fn replacements(flat: &[Value]) -> Option<HashMap<char, String>> {
    let mut values = flat.iter().map(|v| v.to_u32().ok());
    let mut map = HashMap::new();
    while let Some(from) = values.next() {
        let (from, count) = (char::from_u32(from?)?, values.next()??);
        let to: Option<String> = (0..count).map(|_| char::from_u32(values.next()??)).collect();
        map.insert(from, to?);
    }
    Some(map)
}
