//! What a wrong citation may have meant.

use std::collections::HashSet;

use jiff::civil::Date;

use super::Citation;
use crate::corpus::statutes::LawBook;

/// Share of common character pairs from which two names are near.
const NEAR: f32 = 0.4;

fn pairs(name: &str) -> HashSet<(char, char)> {
    let plain: Vec<char> = name.trim_start_matches("中华人民共和国").chars().collect();
    plain.windows(2).map(|w| (w[0], w[1])).collect()
}

/// The law with the name most like `name` (Dice coefficient over character pairs).
pub fn law<'a>(name: &str, book: &'a LawBook) -> Option<&'a str> {
    let wanted = pairs(name);
    let share = |other: &str| {
        let other = pairs(other);
        2.0 * wanted.intersection(&other).count() as f32 / (wanted.len() + other.len()).max(1) as f32
    };
    let best = book.all_names().into_iter().map(|(n, title)| (share(n), title));
    best.filter(|(s, _)| *s >= NEAR).max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(a.1))).map(|(_, title)| title)
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
