//! Answers of a given form: a JSON schema, a regular expression or a grammar decides which tokens may come next (the crate
//! `llguidance`: an Earley parser over the bytes of all tokens at once).
//!
//! Grammars come from callers and are not trusted: their size is bounded here, the work on them by the crate's own limits.

use std::sync::Arc;

use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{TokEnv, TokRxInfo, TokTrie, TokenId, TokenizerEnv};
use llguidance::{Matcher, ParserFactory};
use serde_json::{Value, json};

use super::{Guide, Step, TokenSet, Vocab};

/// The longest grammar or schema, in bytes of its text.
const LONGEST: usize = 64 << 10;
/// An error's explanation is shown up to here.
const SHOWN: usize = 200;

/// Why a form cannot be kept to.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum GrammarError {
    #[error("格式说明过长，最多 {LONGEST} 字节")]
    TooLong,
    #[error("格式说明有误：{0}")]
    Invalid(String),
}

/// A vocabulary as the parser wants it, built once.
pub struct Forms {
    factory: ParserFactory,
}

struct Tokens {
    trie: TokTrie,
}

impl TokenizerEnv for Tokens {
    fn tok_trie(&self) -> &TokTrie {
        &self.trie
    }

    fn tokenize_bytes(&self, s: &[u8]) -> Vec<TokenId> {
        self.trie.greedy_tokenize(s)
    }

    // Not the model's own way to cut a text.
    fn tokenize_is_canonical(&self) -> bool {
        false
    }
}

impl Forms {
    /// `words` are the bytes of every id, control tokens marked; `ends` the ids that end a text.
    fn new(words: &[Vec<u8>], ends: &[u32]) -> Result<Self, GrammarError> {
        let first = ends.first().copied().unwrap_or_default();
        let trie = TokTrie::from(&TokRxInfo::new(words.len() as u32, first), words).with_eos_tokens(ends);
        let env: TokEnv = Arc::new(Tokens { trie });
        let mut factory = ParserFactory::new_simple(&env).map_err(|e| invalid(&e))?;
        factory.quiet();
        factory.limits_mut().verbose_errors = false;
        Ok(Self { factory })
    }

    /// Of a model's vocabulary.
    pub fn of(vocab: &Vocab) -> Result<Self, GrammarError> {
        let mark = TokTrie::SPECIAL_TOKEN_MARKER;
        let word = |id: u32| match vocab.is_special(id) || vocab.ends().contains(&id) {
            true => [&[mark], vocab.bytes(id)].concat(),
            false => vocab.bytes(id).to_vec(),
        };
        Self::new(&(0..vocab.len() as u32).map(word).collect::<Vec<_>>(), vocab.ends())
    }

    fn matcher(&self, grammar: &TopLevelGrammar) -> Result<Matcher, GrammarError> {
        let matcher = Matcher::new(self.factory.create_parser(grammar.clone()));
        match matcher.get_error() {
            Some(e) => Err(GrammarError::Invalid(shown(&e))),
            None => Ok(matcher),
        }
    }
}

fn shown(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(SHOWN).collect()
}

fn invalid(e: &dyn std::fmt::Display) -> GrammarError {
    GrammarError::Invalid(shown(&e.to_string()))
}

/// Keeps an answer to a form.
pub struct GrammarGuide {
    grammar: TopLevelGrammar,
    matcher: Option<Matcher>,
}

impl GrammarGuide {
    /// JSON that satisfies `schema`; keywords that cannot be kept to are an error.
    pub fn json_schema(schema: &Value) -> Result<Self, GrammarError> {
        if schema.to_string().len() > LONGEST {
            return Err(GrammarError::TooLong);
        }
        let mut schema = schema.clone();
        match &mut schema {
            // One way to put spaces: left to itself a small model writes nothing else.
            Value::Object(members) => {
                let spaces = json!({ "whitespace_flexible": false, "item_separator": ", ", "key_separator": ": " });
                members.insert("x-guidance".into(), spaces);
            }
            Value::Bool(_) => {}
            _ => return Err(GrammarError::Invalid("JSON Schema 应为对象".into())),
        }
        Self::checked(TopLevelGrammar::from_json_schema(schema))
    }

    /// Any JSON object.
    pub fn json_object() -> Result<Self, GrammarError> {
        Self::json_schema(&json!({ "type": "object" }))
    }

    /// A text that matches `regex` (syntax of the crate `regex`) as a whole.
    pub fn regex(regex: &str) -> Result<Self, GrammarError> {
        if regex.len() > LONGEST {
            return Err(GrammarError::TooLong);
        }
        Self::checked(TopLevelGrammar::from_regex(regex))
    }

    /// A context-free grammar in Lark's notation.
    pub fn lark(grammar: &str) -> Result<Self, GrammarError> {
        if grammar.len() > LONGEST {
            return Err(GrammarError::TooLong);
        }
        Self::checked(TopLevelGrammar::from_lark(grammar.to_string()))
    }

    /// Compiled once over single bytes, so that a wrong form is an error now and not in the middle of an answer.
    fn checked(grammar: TopLevelGrammar) -> Result<Self, GrammarError> {
        let mut words: Vec<Vec<u8>> = (0..=255u8).map(|b| vec![b]).collect();
        words.push([&[TokTrie::SPECIAL_TOKEN_MARKER][..], b"end"].concat());
        Forms::new(&words, &[256])?.matcher(&grammar)?;
        Ok(Self { grammar, matcher: None })
    }
}

impl Guide for GrammarGuide {
    fn begin(&mut self, vocab: &Vocab) {
        self.matcher = vocab.forms().and_then(|forms| forms.matcher(&self.grammar)).ok();
    }

    fn step(&mut self, _written: &str, _vocab: &Vocab) -> Step {
        let Some(matcher) = self.matcher.as_mut().filter(|m| !m.is_stopped()) else { return Step::Stop };
        if let Ok(forced) = String::from_utf8(matcher.compute_ff_bytes())
            && !forced.is_empty()
        {
            return Step::Force(forced);
        }
        match matcher.compute_mask() {
            Ok(mask) if !mask.is_zero() => Step::Mask(Arc::new(TokenSet::from_words(mask.as_slice()))),
            // Over one of the limits, or nothing fits any more.
            _ => Step::Stop,
        }
    }

    fn accept(&mut self, id: u32) {
        if let Some(matcher) = &mut self.matcher {
            // A refused token stops the matcher, and with it the answer.
            let _ = matcher.consume_token(id);
        }
    }

    fn every_token(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Single bytes, some longer tokens that overlap with them, and an end.
    fn words() -> (Vec<Vec<u8>>, u32) {
        let mut words: Vec<Vec<u8>> = (0..=255u8).map(|b| vec![b]).collect();
        let longer = ["{\"", "\": ", "罚", "罚款", "从轻", "\"}", ", ", "true", "12", "}}", "\": \"", "从轻处罚\""];
        words.extend(longer.iter().map(|w| w.as_bytes().to_vec()));
        let end = words.len() as u32;
        words.push([&[TokTrie::SPECIAL_TOKEN_MARKER][..], b"end"].concat());
        (words, end)
    }

    /// Writes a text by choosing among what is allowed, as a model without any sense would.
    fn walk(guide: &GrammarGuide, mut random: u64) -> Option<String> {
        let (words, end) = words();
        let forms = Forms::new(&words, &[end]).unwrap();
        let mut matcher = forms.matcher(&guide.grammar).unwrap();
        let mut text = Vec::new();
        for _ in 0..300 {
            if matcher.is_stopped() {
                return String::from_utf8(text).ok();
            }
            let mask = TokenSet::from_words(matcher.compute_mask().unwrap().as_slice());
            let allowed: Vec<u32> = mask.iter().collect();
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let id = allowed[(random >> 33) as usize % allowed.len()];
            if id == end {
                return String::from_utf8(text).ok();
            }
            text.extend_from_slice(&words[id as usize]);
            matcher.consume_token(id).unwrap();
        }
        None
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn whatever_is_chosen_satisfies_the_schema(seed: u64) {
            let schema = json!({
                "type": "object",
                "properties": {
                    "conclusion": { "enum": ["从轻处罚", "从重处罚", "不予处罚"] },
                    "urgent": { "type": "boolean" },
                    "days": { "type": "integer", "minimum": 1, "maximum": 90 },
                },
                "required": ["conclusion", "urgent", "days"],
                "additionalProperties": false,
            });
            let guide = GrammarGuide::json_schema(&schema).unwrap();
            let text = walk(&guide, seed).expect("ends");
            let value: Value = serde_json::from_str(&text).unwrap();
            prop_assert!(["从轻处罚", "从重处罚", "不予处罚"].contains(&value["conclusion"].as_str().unwrap()));
            prop_assert!(value["urgent"].is_boolean());
            prop_assert!((1..=90).contains(&value["days"].as_i64().unwrap()));
        }

        #[test]
        fn whatever_is_chosen_matches_the_expression(seed: u64) {
            let expression = "第[一二三四五六七八九十]{1,3}条(第[一二三]款)?";
            let text = walk(&GrammarGuide::regex(expression).unwrap(), seed).expect("ends");
            prop_assert!(regex::Regex::new(&format!("^{expression}$")).unwrap().is_match(&text), "{text}");
        }

        #[test]
        fn whatever_is_chosen_follows_the_grammar(seed: u64) {
            let grammar = "start: \"罚款\" sum (\"，\" \"没收\" sum)?\nsum: /[1-9][0-9]{0,3}/ \"元\"\n";
            let text = walk(&GrammarGuide::lark(grammar).unwrap(), seed).expect("ends");
            let expected = regex::Regex::new("^罚款[1-9][0-9]{0,3}元(，没收[1-9][0-9]{0,3}元)?$").unwrap();
            prop_assert!(expected.is_match(&text), "{text}");
        }
    }

    #[test]
    fn wrong_forms_are_refused_before_anything_is_written() {
        let refused = |r: Result<GrammarGuide, GrammarError>| r.err().expect("refused");
        assert!(matches!(refused(GrammarGuide::regex("(")), GrammarError::Invalid(_)));
        assert!(matches!(refused(GrammarGuide::lark("start: nothing")), GrammarError::Invalid(_)));
        assert!(matches!(refused(GrammarGuide::json_schema(&json!(3))), GrammarError::Invalid(_)));
        assert!(matches!(refused(GrammarGuide::json_schema(&json!({"type": "thing"}))), GrammarError::Invalid(_)));
        let remote = json!({"$ref": "https://example.invalid/schema.json"});
        assert!(matches!(refused(GrammarGuide::json_schema(&remote)), GrammarError::Invalid(_)));
        assert_eq!(refused(GrammarGuide::regex(&"a".repeat(LONGEST + 1))), GrammarError::TooLong);
        let contradiction = json!({"type": "integer", "minimum": 5, "maximum": 1});
        assert!(GrammarGuide::json_schema(&contradiction).is_err());
    }
}
