//! 用语表: the wording a passage may add to its material, and the wording it may never use. Loaded from `prompts/lexicon.toml`.

use std::collections::HashSet;

use serde::Deserialize;

/// Approved and forbidden wording (discretion.md §5 禁用语).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lexicon {
    /// Whole phrases that carry no fact and may be inserted anywhere, e.g. `经查`, `上述`.
    pub connectives: Vec<String>,
    /// Single characters that may be inserted between copied words.
    pub function_chars: String,
    /// Words of the material that must not be left out: they narrow or negate what is said.
    pub keep: Vec<String>,
    /// Negations: kept together with the two characters that follow.
    pub negations: String,
    /// Phrases that no passage may contain, whatever its material says.
    pub banned: Vec<String>,
}

impl Lexicon {
    pub fn is_function(&self, c: char) -> bool {
        self.function_chars.contains(c)
    }

    pub fn is_negation(&self, c: char) -> bool {
        self.negations.contains(c)
    }

    /// Every character that can be inserted.
    pub fn alphabet(&self) -> HashSet<char> {
        self.connectives
            .iter()
            .flat_map(|c| c.chars())
            .chain(self.function_chars.chars())
            .chain(PUNCTUATION.chars())
            .collect()
    }

    /// Banned phrases found in a text.
    pub fn banned_in(&self, text: &str) -> Vec<String> {
        self.banned.iter().filter(|b| text.contains(b.as_str())).cloned().collect()
    }

    /// Promises between the lists: an insertable phrase may not itself negate, narrow or be banned.
    pub fn problems(&self) -> Vec<String> {
        let mut out = Vec::new();
        for phrase in &self.connectives {
            if phrase.chars().any(|c| self.is_negation(c) || crate::domain::numerals::is_numeral(c)) {
                out.push(format!("衔接语“{phrase}”含有否定词或数字"));
            }
            if self.keep.iter().any(|k| phrase.contains(k.as_str())) || self.banned.contains(phrase) {
                out.push(format!("衔接语“{phrase}”含有不得增删的词"));
            }
        }
        if self.function_chars.chars().any(|c| self.is_negation(c) || crate::domain::numerals::is_numeral(c)) {
            out.push("虚词表含有否定词或数字".into());
        }
        out
    }
}

/// Marks that may be inserted between words; a sentence ends with `。` only.
pub const PUNCTUATION: &str = "，、；：";
