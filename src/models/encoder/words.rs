//! WordPiece tokens of BERT (Devlin et al. 2019): Han characters one by one, other words cut from the left into the longest
//! known parts. llama.cpp writes the first part of a word with ▁ before it and the later ones bare.

use candle_core::quantized::gguf_file::Content;
use tokenizers::models::bpe::Vocab;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::{Tokenizer, TokenizerBuilder};

use super::{number, tokens};
use crate::models::ModelError;

/// Characters of a text that are cut; an encoder reads far fewer.
const LONGEST: usize = 20_000;

pub struct Words(Tokenizer);

fn wrong(e: impl std::fmt::Display) -> ModelError {
    ModelError::Compute(format!("分词表有误：{e}"))
}

impl Words {
    pub fn read(content: &Content) -> Result<Self, ModelError> {
        let tokens = tokens(content)?;
        let unknown = number(content, "tokenizer.ggml.unknown_token_id")?;
        let unknown = tokens.get(unknown).cloned().ok_or_else(|| wrong("没有未知词"))?;
        let mark = |t: &str| t.starts_with('[') && t.ends_with(']') && t.len() > 2;
        // An uncased vocabulary has no capital letters.
        let cased = tokens.iter().any(|t| !mark(t) && t.contains(|c: char| c.is_ascii_uppercase()));
        let written = |t: String| match t.strip_prefix('▁') {
            Some(first) => first.to_string(),
            None if mark(&t) => t,
            None => format!("##{t}"),
        };
        let vocab = tokens.into_iter().map(written).zip(0u32..);
        let model = WordPiece::builder().vocab(vocab.collect::<Vocab>()).unk_token(unknown).build().map_err(wrong)?;
        let tokenizer = TokenizerBuilder::default()
            .with_model(model)
            .with_normalizer(Some(BertNormalizer::new(true, true, None, !cased)))
            .with_pre_tokenizer(Some(BertPreTokenizer))
            .with_post_processor(None::<tokenizers::processors::bert::BertProcessing>)
            .with_decoder(None::<tokenizers::decoders::wordpiece::WordPiece>)
            .build()
            .map_err(wrong)?;
        Ok(Self(tokenizer.into()))
    }

    pub fn encode(&self, text: &str) -> Result<Vec<u32>, ModelError> {
        let text = text.char_indices().nth(LONGEST).map_or(text, |(end, _)| &text[..end]);
        let tokens = self.0.encode(text, false).map_err(wrong)?;
        Ok(tokens.get_ids().to_vec())
    }
}
