//! Which words of a text a question found, as runs: whoever draws them marks runs, and never puts marks into text.

use serde::Serialize;

use super::ranking::synonyms;
use super::tokenizer;

/// A run of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Piece {
    pub text: String,
    /// Words of the question.
    pub hit: bool,
}

/// Words that are marked, at most: a pasted narrative would mark everything.
const MOST: usize = 60;
/// Characters kept before the first hit of an excerpt.
const LEAD: usize = 24;

/// What of a question is worth marking, longest first: its words, and the statute words that they stand for.
pub fn words(question: &str) -> Vec<String> {
    let whole: Vec<String> = tokenizer::words(question).into_iter().map(|w| w.2).collect();
    let long = |w: &String| w.chars().count() > 1 && !w.chars().all(|c| c.is_ascii_digit());
    let mut out: Vec<String> = whole.iter().filter(|w| long(w)).cloned().collect();
    if out.is_empty() {
        out = whole.into_iter().filter(|w| w.chars().all(|c| !c.is_ascii_digit())).collect();
    }
    out.extend(synonyms::expansions(question).into_iter().map(str::to_lowercase));
    out.sort_by_key(|w| std::cmp::Reverse(w.chars().count()));
    out.dedup();
    out.truncate(MOST);
    out
}

/// Byte ranges of the words in a text, in order, none over another.
fn places(text: &str, words: &[String]) -> Vec<(usize, usize)> {
    // Lower case may be longer or shorter: then letters are compared as they stand.
    let lower = text.to_ascii_lowercase();
    let mut out: Vec<(usize, usize)> = vec![];
    for word in words.iter().filter(|w| !w.is_empty()) {
        for (at, found) in lower.match_indices(word.as_str()) {
            let end = at + found.len();
            if out.iter().all(|(s, e)| end <= *s || at >= *e) {
                out.push((at, end));
            }
        }
    }
    out.sort_unstable();
    out
}

fn runs(text: &str, from: usize, to: usize, places: &[(usize, usize)]) -> Vec<Piece> {
    let mut out = vec![];
    let mut add = |start: usize, end: usize, hit| {
        if let Some(text) = text.get(start..end).filter(|t| !t.is_empty()) {
            out.push(Piece { text: text.to_string(), hit });
        }
    };
    let mut at = from;
    for (start, end) in places.iter().filter(|(s, e)| *s >= from && *e <= to) {
        add(at, *start, false);
        add(*start, *end, true);
        at = *end;
    }
    add(at, to, false);
    out
}

/// The whole text in runs.
pub fn marked(text: &str, words: &[String]) -> Vec<Piece> {
    runs(text, 0, text.len(), &places(text, words))
}

/// About `most` characters of a text from shortly before the first word that was found, in runs.
pub fn excerpt(text: &str, words: &[String], most: usize) -> Vec<Piece> {
    let places = places(text, words);
    let ends: Vec<usize> = text.char_indices().map(|(i, _)| i).chain([text.len()]).collect();
    let count = ends.len() - 1;
    if count <= most {
        return runs(text, 0, text.len(), &places);
    }
    let first = places.first().map_or(0, |(start, _)| ends.partition_point(|i| i < start));
    let begin = if first <= LEAD { 0 } else { (first - LEAD).min(count.saturating_sub(most)) };
    let (from, to) = (ends[begin], ends[(begin + most).min(count)]);
    let mut out = runs(text, from, to, &places);
    let dots = || Piece { text: "…".into(), hit: false };
    if from > 0 {
        out.insert(0, dots());
    }
    if to < text.len() {
        out.push(dots());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pieces: &[Piece]) -> String {
        pieces.iter().map(|p| if p.hit { format!("[{}]", p.text) } else { p.text.clone() }).collect()
    }

    #[test]
    fn words_are_marked_once_and_the_text_stays() {
        let words = words("擅自举办 <b>");
        let text = "违反规定擅自举办民办学校的，<b>责令停止办学</b>。";
        let got = marked(text, &words);
        assert_eq!(got.iter().map(|p| p.text.as_str()).collect::<String>(), text);
        assert!(shown(&got).contains("[擅自][举办]"), "{}", shown(&got));
    }

    #[test]
    fn excerpts_begin_near_the_first_hit_and_survive_any_text() {
        let long = format!("{}收费{}", "甲".repeat(300), "乙".repeat(300));
        let got = excerpt(&long, &["收费".into()], 100);
        assert!(shown(&got).starts_with('…') && shown(&got).contains("[收费]") && shown(&got).ends_with('…'));
        for text in ["", "İİİ收费", "😀收费\u{0}", "ﬀ收费"] {
            for most in [0, 1, 3, 100] {
                excerpt(text, &words("收费 İ ﬀ 😀"), most);
                assert_eq!(marked(text, &words("收费")).iter().map(|p| p.text.as_str()).collect::<String>(), text);
            }
        }
        assert!(words("").is_empty() && words("，。！").is_empty());
    }
}
