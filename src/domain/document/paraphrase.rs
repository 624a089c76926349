//! 受限改写: whether a sentence says no more than its material, and what may be written next.
//!
//! A sentence is accepted when it can be read as: spans of the material in their order, approved connectives, function
//! characters and punctuation, with every marker kept once and in place. Words that negate or narrow must stay. So a
//! sentence can be shorter or smoother than its material, but cannot claim anything else. The same automaton verifies a
//! finished sentence and steers the model token by token.

use std::collections::HashMap;

use super::lexicon::{Lexicon, PUNCTUATION};
use super::placeholder::{PlaceholderError, Segment, segments};

/// Share of the material's characters that a sentence must keep.
pub const MIN_COVERAGE: f64 = 0.6;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    Char(char),
    Slot(String),
}

/// The material of one sentence, ready for matching.
#[derive(Clone, Debug)]
pub struct Material {
    items: Vec<Item>,
    /// Positions that must not be skipped.
    keep: Vec<bool>,
    content: usize,
}

impl Material {
    /// Reads a template. A closing `。` is dropped: every sentence ends with its own.
    pub fn parse(template: &str, lexicon: &Lexicon) -> Result<Self, PlaceholderError> {
        let mut items = Vec::new();
        for segment in segments(template.trim().trim_end_matches(['。', '；', '，']))? {
            match segment {
                Segment::Text(text) => items.extend(text.chars().filter(|c| !c.is_whitespace()).map(Item::Char)),
                Segment::Slot(name) => items.push(Item::Slot(name.to_string())),
            }
        }
        let mut keep: Vec<bool> = items.iter().map(|i| matches!(i, Item::Slot(_))).collect();
        let chars: Vec<char> = items.iter().map(|i| if let Item::Char(c) = i { *c } else { '\u{0}' }).collect();
        for word in &lexicon.keep {
            let word: Vec<char> = word.chars().collect();
            for start in 0..chars.len().saturating_sub(word.len().max(1) - 1) {
                if chars[start..].starts_with(&word) {
                    keep[start..start + word.len()].fill(true);
                }
            }
        }
        for (i, c) in chars.iter().enumerate() {
            if lexicon.is_negation(*c) {
                for k in i..(i + 3).min(chars.len()) {
                    if is_word(chars[k]) {
                        keep[k] = true;
                    } else {
                        break;
                    }
                }
            }
        }
        let content = chars.iter().filter(|c| is_word(**c)).count();
        Ok(Self { items, keep, content })
    }

    /// Number of characters, markers not counted.
    pub fn len(&self) -> usize {
        self.content
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The characters of the material.
    pub fn chars(&self) -> impl Iterator<Item = char> + '_ {
        self.items.iter().filter_map(|i| if let Item::Char(c) = i { Some(*c) } else { None })
    }

    fn char_at(&self, i: usize) -> Option<char> {
        match self.items.get(i) {
            Some(Item::Char(c)) => Some(*c),
            _ => None,
        }
    }

    fn slot_at(&self, i: usize) -> bool {
        matches!(self.items.get(i), Some(Item::Slot(_)))
    }

    /// A single copied character stands on its own only next to a marker.
    fn stands_alone(&self, i: usize) -> bool {
        self.slot_at(i + 1) || (i > 0 && self.slot_at(i - 1)) || self.items.len() == 1
    }

    /// Positions where reading can go on after skipping only what may be skipped.
    fn reachable(&self, from: usize) -> impl Iterator<Item = usize> + '_ {
        let end = (from..self.items.len()).find(|i| self.keep[*i]).unwrap_or(self.items.len());
        from..(end + 1).min(self.items.len())
    }
}

fn is_word(c: char) -> bool {
    c != '\u{0}' && !c.is_whitespace() && !"，。、；：！？（）()“”‘’《》—…·,.;:!?\"'".contains(c)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Mode {
    /// Between words.
    Open,
    /// Inside a copied span; `1` = one character so far, `2` = two or more.
    Copy(u8),
    /// Inside an approved phrase: which one, how many characters written.
    Phrase(u16, u8),
}

/// Position in the material (everything before is used or skipped) and mode.
type State = (usize, Mode);

/// Reads a sentence piece by piece. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Matcher<'a> {
    material: &'a Material,
    lexicon: &'a Lexicon,
    /// Live readings with the most characters copied so far.
    states: HashMap<State, usize>,
    last: Option<char>,
}

impl<'a> Matcher<'a> {
    pub fn new(material: &'a Material, lexicon: &'a Lexicon) -> Self {
        Self { material, lexicon, states: HashMap::from([((0, Mode::Open), 0)]), last: None }
    }

    /// Whether any reading is left.
    pub fn alive(&self) -> bool {
        !self.states.is_empty()
    }

    /// Reads one character.
    pub fn push(&mut self, c: char) -> bool {
        let mut next: HashMap<State, usize> = HashMap::new();
        let mut put = |state: State, covered: usize| {
            let best = next.entry(state).or_insert(covered);
            *best = (*best).max(covered);
        };
        let doubled = PUNCTUATION.contains(c) && self.last.is_none_or(|l| PUNCTUATION.contains(l));
        for (&(at, mode), &covered) in &self.states {
            if let Mode::Phrase(which, written) = mode {
                let phrase = &self.lexicon.connectives[which as usize];
                let mut rest = phrase.chars().skip(written as usize);
                if rest.next() == Some(c) {
                    put(
                        (at, if rest.next().is_none() { Mode::Open } else { Mode::Phrase(which, written + 1) }),
                        covered,
                    );
                }
                continue;
            }
            if let Mode::Copy(run) = mode
                && self.material.char_at(at) == Some(c)
            {
                let gain = usize::from(is_word(c));
                put((at + 1, Mode::Copy(if is_word(c) { (run + 1).min(2) } else { 2 })), covered + gain);
            }
            if !self.complete(at, mode) {
                continue;
            }
            for i in self.material.reachable(at) {
                if self.material.char_at(i) == Some(c) && (is_word(c) || i == at) {
                    put((i + 1, Mode::Copy(if is_word(c) { 1 } else { 2 })), covered + usize::from(is_word(c)));
                }
            }
            for (which, phrase) in self.lexicon.connectives.iter().enumerate() {
                let mut chars = phrase.chars();
                if chars.next() == Some(c) {
                    let done = chars.next().is_none();
                    put((at, if done { Mode::Open } else { Mode::Phrase(which as u16, 1) }), covered);
                }
            }
            if self.lexicon.is_function(c) || (PUNCTUATION.contains(c) && !doubled) {
                put((at, Mode::Open), covered);
            }
        }
        self.states = next;
        self.last = Some(c);
        self.alive()
    }

    /// Reads a marker.
    pub fn push_slot(&mut self, name: &str) -> bool {
        let mut next: HashMap<State, usize> = HashMap::new();
        for (&(at, mode), &covered) in &self.states {
            if !self.complete(at, mode) {
                continue;
            }
            for i in self.material.reachable(at) {
                if matches!(&self.material.items[i], Item::Slot(s) if s == name) {
                    let best = next.entry((i + 1, Mode::Open)).or_insert(covered);
                    *best = (*best).max(covered);
                }
            }
        }
        self.states = next;
        self.last = Some('\u{0}');
        self.alive()
    }

    /// The marker that can be written now, if any.
    pub fn next_slot(&self) -> Option<&'a str> {
        self.states.keys().filter(|(at, mode)| self.complete(*at, *mode)).find_map(|(at, _)| {
            self.material.reachable(*at).find_map(|i| match &self.material.items[i] {
                Item::Slot(name) => Some(name.as_str()),
                Item::Char(_) => None,
            })
        })
    }

    /// Whether the sentence may end here.
    pub fn can_end(&self) -> bool {
        if self.last.is_none_or(|l| PUNCTUATION.contains(l)) {
            return false;
        }
        let needed = (self.material.content as f64 * MIN_COVERAGE).ceil() as usize;
        self.states.iter().any(|(&(at, mode), &covered)| {
            self.complete(at, mode)
                && covered >= needed
                && !self.material.keep[at.min(self.material.items.len())..].contains(&true)
        })
    }

    /// The character that continues the copied span, for when no token offers a choice.
    pub fn next_char(&self) -> Option<char> {
        self.states.keys().filter(|(_, m)| matches!(m, Mode::Copy(_))).find_map(|(at, _)| self.material.char_at(*at))
    }

    fn complete(&self, at: usize, mode: Mode) -> bool {
        match mode {
            Mode::Open => true,
            Mode::Copy(run) => run >= 2 || (at > 0 && self.material.stands_alone(at - 1)),
            Mode::Phrase(..) => false,
        }
    }
}

/// Reads a whole template (without its final `。`) and says whether it is covered by the material.
pub fn matches(sentence: &str, material: &Material, lexicon: &Lexicon) -> Result<bool, PlaceholderError> {
    let mut matcher = Matcher::new(material, lexicon);
    for segment in segments(sentence.trim_end_matches('。'))? {
        match segment {
            Segment::Text(text) => {
                if !text.chars().all(|c| matcher.push(c)) {
                    return Ok(false);
                }
            }
            Segment::Slot(name) => {
                if !matcher.push_slot(name) {
                    return Ok(false);
                }
            }
        }
    }
    Ok(matcher.can_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lexicon() -> Lexicon {
        Lexicon {
            connectives: vec!["经查".into(), "上述".into(), "期间".into()],
            function_chars: "的并于对在".into(),
            keep: vec!["部分".into(), "涉嫌".into()],
            negations: "未不无".into(),
            banned: vec!["情节恶劣".into()],
        }
    }

    fn ok(source: &str, sentence: &str) -> bool {
        let lexicon = lexicon();
        matches(sentence, &Material::parse(source, &lexicon).unwrap(), &lexicon).unwrap()
    }

    const SOURCE: &str = "{{fact:日期1}}至{{fact:日期2}}，当事人未取得办学许可证，招收学生{{fact:数量1}}，收取培训费{{amt:金额1}}，已退还部分费用{{amt:金额2}}。";

    #[test]
    fn shorter_and_smoother_is_accepted() {
        assert!(ok(SOURCE, SOURCE));
        assert!(ok(
            SOURCE,
            "经查，{{fact:日期1}}至{{fact:日期2}}期间，当事人未取得办学许可证，并招收学生{{fact:数量1}}，收取培训费{{amt:金额1}}，已退还部分费用{{amt:金额2}}。"
        ));
    }

    #[test]
    fn a_dropped_negation_or_limit_is_refused() {
        assert!(!ok(SOURCE, &SOURCE.replace("未取得", "取得")));
        assert!(!ok(SOURCE, &SOURCE.replace("部分", "")));
    }

    #[test]
    fn moved_lost_or_invented_markers_are_refused() {
        assert!(!ok(SOURCE, &SOURCE.replace("{{amt:金额1}}", "{{amt:金额2}}")));
        assert!(!ok(SOURCE, &SOURCE.replace("，已退还部分费用{{amt:金额2}}", "")));
        assert!(!ok(SOURCE, &SOURCE.replace("{{fact:数量1}}", "三十七名")));
        assert!(!ok(SOURCE, &SOURCE.replace("{{fact:日期2}}", "{{fact:日期9}}")));
    }

    #[test]
    fn turned_around_or_added_claims_are_refused() {
        assert!(!ok("学生甲将教师打伤后离开现场。", "教师将学生甲打伤后离开现场。"));
        assert!(!ok(SOURCE, &SOURCE.replace("费用{{amt:金额2}}", "费用{{amt:金额2}}，造成恶劣影响")));
        assert!(!ok(SOURCE, "当事人未取得办学许可证。"));
    }
}
