//! The vocabulary as text, and sets of tokens.

use std::collections::HashMap;
use std::sync::OnceLock;

use tokenizers::Tokenizer;

use super::grammar::{Forms, GrammarError};

/// A set of token ids as a bitmap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenSet {
    bits: Vec<u64>,
}

impl TokenSet {
    pub fn from_ids(ids: impl IntoIterator<Item = u32>) -> Self {
        let mut set = Self::default();
        for id in ids {
            set.insert(id);
        }
        set
    }

    /// From a bitmap of 32-bit words, the lowest id first.
    pub fn from_words(words: &[u32]) -> Self {
        let word = |pair: &[u32]| u64::from(pair[0]) | pair.get(1).map_or(0, |high| u64::from(*high) << 32);
        Self { bits: words.chunks(2).map(word).collect() }
    }

    pub fn insert(&mut self, id: u32) {
        let word = id as usize / 64;
        if word >= self.bits.len() {
            self.bits.resize(word + 1, 0);
        }
        self.bits[word] |= 1 << (id % 64);
    }

    pub fn contains(&self, id: u32) -> bool {
        self.bits.get(id as usize / 64).is_some_and(|w| w >> (id % 64) & 1 == 1)
    }

    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.bits.iter().enumerate().flat_map(|(i, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                (left != 0).then(|| {
                    let bit = left.trailing_zeros();
                    left &= left - 1;
                    i as u32 * 64 + bit
                })
            })
        })
    }

    pub fn is_empty(&self) -> bool {
        self.bits.iter().all(|w| *w == 0)
    }
}

/// Every token's bytes, and the tokenizer itself.
pub struct Vocab {
    tokenizer: Tokenizer,
    bytes: Vec<Vec<u8>>,
    special: Vec<bool>,
    by_text: HashMap<Vec<u8>, u32>,
    /// Ids that end a text.
    ends: Vec<u32>,
    forms: OnceLock<Result<Forms, GrammarError>>,
}

impl Vocab {
    pub fn new(tokenizer: Tokenizer, ends: &[u32]) -> Self {
        let size = tokenizer.get_vocab_size(true);
        let alphabet = byte_alphabet();
        let added = tokenizer.get_added_tokens_decoder();
        let (mut bytes, mut special) = (Vec::with_capacity(size), Vec::with_capacity(size));
        for id in 0..size as u32 {
            let known = added.get(&id);
            let text = tokenizer.id_to_token(id).unwrap_or_default();
            // Byte-level BPE writes every byte as one printable character; added tokens are plain text.
            let raw = if known.is_some() {
                None
            } else {
                text.chars().map(|c| alphabet.get(&c).copied()).collect::<Option<Vec<u8>>>()
            };
            // SentencePiece spells single bytes as <0xE4>.
            let byte =
                text.strip_prefix("<0x").and_then(|t| t.strip_suffix('>')).and_then(|t| u8::from_str_radix(t, 16).ok());
            bytes.push(byte.map(|b| vec![b]).or(raw).unwrap_or_else(|| text.replace('▁', " ").into_bytes()));
            special.push(known.is_some_and(|t| t.special));
        }
        let mut by_text = HashMap::with_capacity(size);
        for (id, b) in bytes.iter().enumerate().filter(|(id, b)| !special[*id] && !b.is_empty()) {
            by_text.entry(b.clone()).or_insert(id as u32);
        }
        let ends = ends.iter().copied().filter(|id| (*id as usize) < size).collect();
        Self { tokenizer, bytes, special, by_text, ends, forms: OnceLock::new() }
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Ids that end a text.
    pub fn ends(&self) -> &[u32] {
        &self.ends
    }

    /// What answers of a given form are steered with; built when it is first needed.
    pub fn forms(&self) -> Result<&Forms, GrammarError> {
        self.forms.get_or_init(|| Forms::of(self)).as_ref().map_err(Clone::clone)
    }

    pub fn bytes(&self, id: u32) -> &[u8] {
        self.bytes.get(id as usize).map_or(&[], Vec::as_slice)
    }

    /// The token's text; empty when it is special or only part of a character.
    pub fn piece(&self, id: u32) -> &str {
        if self.is_special(id) { "" } else { std::str::from_utf8(self.bytes(id)).unwrap_or_default() }
    }

    pub fn is_special(&self, id: u32) -> bool {
        self.special.get(id as usize).copied().unwrap_or(true)
    }

    /// The one token that is exactly this text.
    pub fn id_of(&self, text: &str) -> Option<u32> {
        self.by_text.get(text.as_bytes()).copied()
    }

    /// Ordinary tokens of whole characters whose text passes.
    pub fn select(&self, passes: impl Fn(&str) -> bool) -> TokenSet {
        TokenSet::from_ids((0..self.len() as u32).filter(|id| {
            let piece = self.piece(*id);
            !piece.is_empty() && passes(piece)
        }))
    }

    /// Token ids of a text; special tokens in it are read as such only when `special`.
    pub fn encode(&self, text: &str, special: bool) -> Result<Vec<u32>, super::EngineError> {
        let fail = |e: tokenizers::Error| super::EngineError::Tokenize(e.to_string());
        if special {
            return Ok(self.tokenizer.encode(text, false).map_err(fail)?.get_ids().to_vec());
        }
        // Text from outside must not smuggle in control tokens: they are broken up before they are tokenised.
        let mut ids = Vec::new();
        for part in text.split_inclusive("<|") {
            ids.extend(
                self.tokenizer
                    .encode(part, false)
                    .map_err(fail)?
                    .get_ids()
                    .iter()
                    .copied()
                    .filter(|id| !self.is_special(*id)),
            );
        }
        Ok(ids)
    }
}

/// GPT-2's printable stand-ins for the 256 bytes.
fn byte_alphabet() -> HashMap<char, u8> {
    let printable = |b: u8| matches!(b, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    let mut next = 256u32;
    (0..=255u8)
        .map(|b| {
            if printable(b) {
                (char::from(b), b)
            } else {
                let c = char::from_u32(next).unwrap_or('\u{FFFD}');
                next += 1;
                (c, b)
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_sets_hold_what_was_put_in() {
        let set = TokenSet::from_ids([0, 63, 64, 1000]);
        assert_eq!(set.iter().collect::<Vec<_>>(), vec![0, 63, 64, 1000]);
        assert!(set.contains(64) && !set.contains(65) && !set.contains(100_000));
        assert!(TokenSet::default().is_empty());
        assert_eq!(TokenSet::from_words(&[1, 2, 4]), TokenSet::from_ids([0, 33, 66]));
    }

    #[test]
    fn the_byte_alphabet_has_every_byte_once() {
        let alphabet = byte_alphabet();
        let mut seen: Vec<u8> = alphabet.values().copied().collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..=255).collect::<Vec<u8>>());
        assert_eq!(alphabet[&'Ġ'], b' ');
    }
}
