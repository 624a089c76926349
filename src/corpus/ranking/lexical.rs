//! Parameters of the search by words, from `corpus/ranking/lexical.toml`; `zhicai eval lexical` chooses them.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::domain::law::LawLevel;

/// One tokenisation: BM25's parameters and its share in the sum.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// How soon repetition stops counting.
    pub k1: f32,
    /// How much long texts are held back, 0..1.
    pub b: f32,
    pub share: f32,
}

/// Factors by level of law.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Levels {
    pub statute: f32,
    pub judicial_interpretation: f32,
    pub constitution: f32,
    pub other: f32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lexical {
    /// Where the numbers come from: for people.
    pub about: String,
    /// Weight of the words that `synonyms.toml` adds, 0 for none.
    pub expansion: f32,
    pub words: Field,
    pub pairs: Field,
    pub levels: Levels,
}

/// What the search uses.
pub static LEXICAL: LazyLock<Lexical> = LazyLock::new(|| Lexical::shipped().unwrap_or_default());

impl Default for Lexical {
    fn default() -> Self {
        let field = Field { k1: 1.2, b: 0.75, share: 0.5 };
        let levels = Levels { statute: 1.0, judicial_interpretation: 1.0, constitution: 1.0, other: 1.0 };
        Self { about: String::new(), expansion: 0.0, words: field, pairs: field, levels }
    }
}

impl Lexical {
    /// The file that comes with the program.
    pub fn shipped() -> Option<Self> {
        toml::from_str(&super::super::embedded("ranking/lexical.toml")?).ok()
    }

    /// Factor of a level of law.
    pub fn prior(&self, level: LawLevel) -> f32 {
        match level {
            LawLevel::Statute => self.levels.statute,
            LawLevel::JudicialInterpretation => self.levels.judicial_interpretation,
            LawLevel::Constitution => self.levels.constitution,
            _ => self.levels.other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_file_is_read() {
        let shipped = Lexical::shipped().unwrap();
        assert!([shipped.words, shipped.pairs].iter().all(|f| f.k1 > 0.0 && (0.0..=1.0).contains(&f.b)));
        assert!(!shipped.about.is_empty());
    }
}
