//! Chinese tokens with real positions: jieba words in one field, Han character pairs in the other. Registered on every open.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jieba_rs::Jieba;
use tantivy::tokenizer::{Token, TokenStream, Tokenizer, TokenizerManager};

use crate::domain::numerals;

pub const WORDS: &str = "zh_words";
pub const PAIRS: &str = "zh_pairs";
pub const PLAIN_WORDS: &str = "zh_plain_words";

/// The dictionary without law names: what it cuts does not depend on which statutes are installed.
static PLAIN: LazyLock<Arc<Jieba>> = LazyLock::new(|| Arc::new(Jieba::new()));

/// One dictionary for the process; law names are added when a corpus is opened.
static JIEBA: LazyLock<Mutex<Arc<Jieba>>> = LazyLock::new(|| Mutex::new(PLAIN.clone()));

pub(super) fn jieba() -> Arc<Jieba> {
    JIEBA.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Makes `words` single tokens from now on.
pub fn add_words<'a>(words: impl Iterator<Item = &'a str>) {
    let mut current = JIEBA.lock().unwrap_or_else(PoisonError::into_inner);
    let mut next = (**current).clone();
    for word in words {
        next.add_word(word, Some(20_000), Some("nz"));
    }
    *current = Arc::new(next);
}

/// The tokenizers under their names.
pub fn register(manager: &TokenizerManager) {
    manager.register(WORDS, Words);
    manager.register(PLAIN_WORDS, PlainWords);
    manager.register(PAIRS, Pairs);
}

/// Tokens of a text as (byte start, byte end, text).
fn stream(tokens: Vec<(usize, usize, String)>) -> Tokens {
    let tokens = tokens
        .into_iter()
        .enumerate()
        .map(|(position, (offset_from, offset_to, text))| Token {
            offset_from,
            offset_to,
            position,
            text,
            position_length: 1,
        })
        .collect();
    Tokens { tokens, at: None }
}

#[derive(Clone, Debug, Default)]
pub struct Words;

/// [`Words`] by the dictionary without law names.
#[derive(Clone, Debug, Default)]
pub struct PlainWords;

#[derive(Clone, Debug, Default)]
pub struct Pairs;

pub struct Tokens {
    tokens: Vec<Token>,
    at: Option<usize>,
}

impl TokenStream for Tokens {
    fn advance(&mut self) -> bool {
        let next = self.at.map_or(0, |i| i + 1);
        self.at = Some(next);
        next < self.tokens.len()
    }

    fn token(&self) -> &Token {
        &self.tokens[self.at.unwrap_or(0)]
    }

    fn token_mut(&mut self) -> &mut Token {
        let at = self.at.unwrap_or(0);
        &mut self.tokens[at]
    }
}

impl Tokenizer for Words {
    type TokenStream<'a> = Tokens;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Tokens {
        stream(words(text))
    }
}

impl Tokenizer for PlainWords {
    type TokenStream<'a> = Tokens;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Tokens {
        stream(plain_words(text))
    }
}

impl Tokenizer for Pairs {
    type TokenStream<'a> = Tokens;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Tokens {
        stream(pairs(text))
    }
}

/// Words of the default cut; a run of numerals is one token told apart by value, so 第六十四条 and 64 meet.
pub fn words(text: &str) -> Vec<(usize, usize, String)> {
    words_by(&jieba(), text)
}

/// [`words`] by the dictionary without law names, the same in every process.
pub fn plain_words(text: &str) -> Vec<(usize, usize, String)> {
    words_by(&PLAIN, text)
}

fn words_by(jieba: &Jieba, text: &str) -> Vec<(usize, usize, String)> {
    let mut out = Vec::new();
    let mut plain = 0;
    let mut at = 0;
    while at < text.len() {
        let run: usize = text[at..].chars().take_while(|c| in_number(*c)).map(char::len_utf8).sum();
        let value = (text[at..at + run].chars().count() > 1 || text[at..].starts_with(|c: char| c.is_ascii_digit()))
            .then(|| numerals::parse(&text[at..at + run]))
            .flatten();
        match value {
            Some(value) => {
                cut(jieba, text, plain, at, &mut out);
                out.push((at, at + run, value.to_string()));
                plain = at + run;
                at = plain;
            }
            None => at += run.max(text[at..].chars().next().map_or(1, char::len_utf8)),
        }
    }
    cut(jieba, text, plain, text.len(), &mut out);
    out
}

/// Numerals that make up article and document numbers; 万 and 亿 stay with jieba.
fn in_number(c: char) -> bool {
    numerals::is_numeral(c) && !"万亿壹贰叁肆伍陆柒捌玖拾佰仟两".contains(c)
}

fn cut(jieba: &Jieba, text: &str, from: usize, to: usize, out: &mut Vec<(usize, usize, String)>) {
    let base = text.as_ptr() as usize;
    for word in jieba.cut(&text[from..to], true) {
        let word = word.word;
        let start = word.as_ptr() as usize - base;
        if word.chars().any(char::is_alphanumeric) {
            out.push((start, start + word.len(), word.to_lowercase()));
        }
    }
}

/// Neighbouring Han characters, and runs of letters or digits whole.
pub fn pairs(text: &str) -> Vec<(usize, usize, String)> {
    let mut out = Vec::new();
    let mut previous: Option<(usize, char)> = None;
    let mut run: Option<(usize, usize)> = None;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        if c.is_ascii_alphanumeric() {
            run = Some((run.map_or(at, |r| r.0), end));
            previous = None;
            continue;
        }
        if let Some((s, e)) = run.take() {
            out.push((s, e, text[s..e].to_lowercase()));
        }
        if c.is_alphanumeric() {
            if let Some((start, p)) = previous {
                out.push((start, end, [p, c].iter().collect()));
            }
            previous = Some((at, c));
        } else {
            previous = None;
        }
    }
    if let Some((s, e)) = run {
        out.push((s, e, text[s..e].to_lowercase()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_and_offsets_are_real() {
        let text = "擅自举办民办学校，处1倍罚款。";
        let tokens = words(text);
        for (s, e, _) in &tokens {
            assert!(text.get(*s..*e).is_some());
        }
        assert!(tokens.windows(2).all(|w| w[0].1 <= w[1].0), "{tokens:?}");
        let mut tokenizer = Words;
        let mut stream = tokenizer.token_stream(text);
        let mut positions = vec![];
        while stream.advance() {
            positions.push(stream.token().position);
        }
        assert_eq!(positions, (0..tokens.len()).collect::<Vec<_>>());
    }

    #[test]
    fn numbers_meet_in_any_writing() {
        let value = |t: &str| words(t).into_iter().map(|w| w.2).collect::<Vec<_>>();
        assert!(value("六十四").contains(&"64".to_string()), "{:?}", value("六十四"));
        assert!(value("64").contains(&"64".to_string()));
        assert!(value("二〇二五").contains(&"2025".to_string()), "{:?}", value("二〇二五"));
    }

    #[test]
    fn pairs_do_not_cross_punctuation() {
        let got: Vec<String> = pairs("罚款，A1元").into_iter().map(|p| p.2).collect();
        assert_eq!(got, vec!["罚款", "a1"]);
    }
}
