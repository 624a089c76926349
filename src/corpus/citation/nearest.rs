//! What a wrong citation may have meant.

use std::collections::HashSet;

use jiff::civil::Date;

use super::Citation;
use crate::corpus::statutes::LawBook;

/// Share of common character pairs from which two names are near.
const NEAR: f32 = 0.4;

/// From here on a name without brackets is taken for a law's, misspelt.
const MISSPELT: f32 = 0.6;
/// Characters of the longest name without brackets that is looked at.
const LONGEST: usize = 24;

fn pairs(name: &str) -> HashSet<(char, char)> {
    let plain: Vec<char> = name.trim_start_matches("中华人民共和国").chars().collect();
    plain.windows(2).map(|w| (w[0], w[1])).collect()
}

/// Dice coefficient over character pairs.
fn likeness(wanted: &HashSet<(char, char)>, other: &str) -> f32 {
    let other = pairs(other);
    2.0 * wanted.intersection(&other).count() as f32 / (wanted.len() + other.len()).max(1) as f32
}

/// The law with the name most like `name`.
pub fn law<'a>(name: &str, book: &'a LawBook) -> Option<&'a str> {
    let wanted = pairs(name);
    let share = |other: &str| likeness(&wanted, other);
    let best = book.all_names().into_iter().map(|(n, title)| (share(n), title));
    best.filter(|(s, _)| *s >= NEAR).max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(a.1))).map(|(_, title)| title)
}

/// The end of `before` that is a law's name with a wrong, missing or extra character, as written: 依据民办教育促近法 → 民办教育促近法.
pub fn misspelt<'t>(before: &'t str, book: &LawBook) -> Option<&'t str> {
    // Narrower than what counts as a law in brackets: 决定 and 解释 are everyday words in a document.
    let ends = |text: &str| text.ends_with('法') || ["条例", "规定", "办法", "细则"].iter().any(|e| text.ends_with(e));
    if !ends(before) {
        return None;
    }
    let of_a_name = |c: char| c.is_alphabetic() && !c.is_ascii();
    let starts = before.char_indices().rev().take(LONGEST).take_while(|(_, c)| of_a_name(*c)).skip(3);
    let known: Vec<(&str, usize)> = book.all_names().into_iter().map(|(n, _)| (n, n.chars().count())).collect();
    let mut best: Option<(f32, &str)> = None;
    for (length, (at, _)) in (4..).zip(starts) {
        let name = &before[at..];
        let wanted = pairs(name);
        let near = known.iter().filter(|(_, l)| l.abs_diff(length) <= 1).map(|(n, _)| likeness(&wanted, n));
        let share = near.fold(0.0, f32::max);
        if share >= MISSPELT && best.is_none_or(|(s, _)| share > s) {
            best = Some((share, name));
        }
    }
    let (_, name) = best?;
    let full = before.strip_suffix(name).and_then(|b| b.strip_suffix("中华人民共和国"));
    Some(full.map_or(name, |b| &before[b.len()..]))
}

/// The right citation nearest to a wrong one, in words: the law with a like name, the article with the nearest number.
pub fn nearest(c: &Citation, book: &LawBook, day: Date) -> Option<String> {
    let title = match &c.title {
        Some(title) => title.as_str(),
        None => law(&c.name, book)?,
    };
    let (version, _) = book.on(title, day)?;
    let Some(provision) = &c.provision else { return Some(format!("《{title}》")) };
    let article = version
        .articles
        .iter()
        .filter(|a| a.number > 0)
        .min_by_key(|a| (a.number.abs_diff(provision.article), a.suffix.abs_diff(c.suffix)))?;
    Some(format!("《{title}》{}", article.label))
}
