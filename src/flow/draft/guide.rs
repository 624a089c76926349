//! Steers the model through one sentence: only tokens that keep the sentence covered by its material are offered, markers are
//! completed by the program, and the sentence ends at its `。`.

use std::collections::HashSet;
use std::sync::Arc;

use crate::domain::document::lexicon::{Lexicon, PUNCTUATION};
use crate::domain::document::paraphrase::{Matcher, Material};
use crate::engine::{Guide, Step, TokenSet, Vocab};

/// One sentence under one material.
pub struct SentenceGuide {
    material: Arc<Material>,
    lexicon: Arc<Lexicon>,
    /// Tokens made of characters that could occur at all, with their text.
    candidates: Vec<(u32, String)>,
    /// The id of `{{`, if the vocabulary has it as one token.
    open: Option<u32>,
    stop: Option<u32>,
}

impl SentenceGuide {
    pub fn new(material: Arc<Material>, lexicon: Arc<Lexicon>) -> Self {
        Self { material, lexicon, candidates: Vec::new(), open: None, stop: None }
    }

    /// Replays what is written; `None` when it has left the material (cannot happen under this guide).
    fn replay(&self, written: &str) -> Option<Matcher<'_>> {
        let mut matcher = Matcher::new(&self.material, &self.lexicon);
        for segment in crate::domain::document::placeholder::segments(written).ok()? {
            let alive = match segment {
                crate::domain::document::placeholder::Segment::Text(text) => text.chars().all(|c| matcher.push(c)),
                crate::domain::document::placeholder::Segment::Slot(name) => matcher.push_slot(name),
            };
            if !alive {
                return None;
            }
        }
        Some(matcher)
    }
}

impl Guide for SentenceGuide {
    fn begin(&mut self, vocab: &Vocab) {
        let mut alphabet: HashSet<char> = self.lexicon.alphabet();
        alphabet.extend(self.material.chars());
        alphabet.extend(PUNCTUATION.chars());
        let set = vocab.select(|piece| !piece.is_empty() && piece.chars().all(|c| alphabet.contains(&c)));
        self.candidates = set.iter().map(|id| (id, vocab.piece(id).to_string())).collect();
        self.open = vocab.id_of("{{");
        self.stop = vocab.id_of("。");
    }

    fn step(&mut self, written: &str, _vocab: &Vocab) -> Step {
        if written.ends_with('。') {
            return Step::Stop;
        }
        if let Some(before) = written.strip_suffix("{{") {
            return match self.replay(before).and_then(|m| m.next_slot().map(str::to_string)) {
                Some(name) => Step::Force(format!("{name}}}}}")),
                None => Step::Stop,
            };
        }
        let Some(matcher) = self.replay(written) else { return Step::Stop };
        let mut ids: Vec<u32> = self
            .candidates
            .iter()
            .filter(|(_, piece)| {
                let mut next = matcher.clone();
                piece.chars().all(|c| next.push(c))
            })
            .map(|(id, _)| *id)
            .collect();
        let slot = matcher.next_slot();
        if slot.is_some() {
            ids.extend(self.open);
        }
        if matcher.can_end() {
            match self.stop {
                Some(id) => ids.push(id),
                None => return Step::Force("。".into()),
            }
        }
        if !ids.is_empty() {
            return Step::Mask(Arc::new(TokenSet::from_ids(ids)));
        }
        // No whole token fits (a rare character is spelt in bytes): the program writes the only continuation itself.
        match (matcher.next_char(), slot) {
            (Some(c), _) => Step::Force(c.to_string()),
            (None, Some(name)) => Step::Force(format!("{{{{{name}}}}}")),
            (None, None) => Step::Stop,
        }
    }
}
