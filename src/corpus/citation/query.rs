//! A query that is nothing but a citation, in whatever way people type one.

use std::sync::LazyLock;

use regex::Regex;

use super::{Citation, NUMBERED, find};
use crate::corpus::statutes::LawBook;
use crate::domain::law::Provision;
use crate::domain::numerals;

/// Words around a citation that ask for it and nothing else.
static AROUND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:根据|依据|依照|按照|查|请问|什么是)+|(?:的?(?:规定|内容|条文|原文|全文)|是什么|怎么(?:说|规定)|说了什么|[？?。，,；;：:])+$")
        .expect("the pattern is valid")
});
/// What may stand between a law and a number.
const BETWEEN: &[char] = &['-', '—', '–', '#', ':', '：', '§', '·', '.', '/', '，', ',', '、', '_'];

/// Half-width digits and letters, no spaces, no words around.
fn plain(query: &str) -> String {
    let narrow = |c: char| match c {
        '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '〈' => '《',
        '〉' => '》',
        _ => c,
    };
    let mut text: String = query.chars().filter(|c| !c.is_whitespace()).map(narrow).collect();
    text = text.replace('<', "《").replace('>', "》");
    loop {
        let shorter = AROUND.replace(&text, "").into_owned();
        if shorter.len() == text.len() {
            return text;
        }
        text = shorter;
    }
}

/// The one citation that the query is, if it is one: 民促法64条, 民办教育促进法 第六十四条, 民促法 64, 第64条 民促法, 民促法§64.
pub fn as_query(query: &str, book: &LawBook) -> Option<Citation> {
    let query = plain(query);
    let whole = |text: &str| {
        let mut found = find(text, book);
        let one = found.pop()?;
        (found.is_empty() && one.start == 0 && one.end == text.len() && one.provision.is_some()).then_some(one)
    };
    if let Some(one) = whole(&query) {
        return Some(one);
    }
    // The number first.
    if let Some(number) = NUMBERED.find(&query) {
        let law = query[number.end()..].trim_start_matches(BETWEEN);
        if book.title_of(law).is_some()
            && let Some(one) = whole(&format!("{law}{}", number.as_str().trim()))
        {
            return Some(one);
        }
    }
    bare(&query, book)
}

/// A law and a number without 条, perhaps with something between: 民促法64, 民促法-64, 《民促法》64.
fn bare(query: &str, book: &LawBook) -> Option<Citation> {
    let (name, rest) = match query.strip_prefix('《') {
        Some(inner) => inner.split_once('》')?,
        None => book.all_names().into_iter().find_map(|(name, _)| Some((name, query.strip_prefix(name)?)))?,
    };
    let number = rest.trim_start_matches(BETWEEN).trim_start_matches('第');
    let digits = |c: char| numerals::is_numeral(c);
    if number.is_empty() {
        return None;
    }
    let title = book.title_of(name).map(str::to_string)?;
    // 64-1 and 64.1 mean the first 款.
    let (article, paragraph) = match number.split_once(['-', '.']) {
        Some((article, paragraph)) => (article, numerals::parse(paragraph)?),
        None => (number, 0),
    };
    let article = numerals::parse(article).filter(|_| article.chars().all(digits))?;
    let provision = Provision { law: title.clone(), article, paragraph, items: vec![] };
    let end = query.len();
    Some(Citation { start: 0, end, name: name.into(), title: Some(title), provision: Some(provision), suffix: 0 })
}
