//! What became of a law that no longer counts: read from the closing articles of the laws that ended it (本法自…起施行。《…》同时废止),
//! and from the later text of the same law.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;
use serde::Serialize;

use super::{Article, LawBook, LawVersion, Status};
use crate::domain::law::Validity;

/// One law ended by another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Repeal {
    /// Full title of the law that ended it.
    pub by: String,
    /// Article that says so: `第一千二百六十条`.
    pub article: String,
    /// First day without the old law; absent where the article names no day.
    pub from: Option<Date>,
}

/// Where to look instead of a text that no longer counts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Successor {
    pub law: String,
    /// Id of the version.
    pub version: String,
    /// The article most like the old one, by its words alone; absent where none is near.
    pub article: Option<String>,
    /// Share of common character pairs, 0..1 (Dice coefficient).
    pub likeness: f32,
    /// For people.
    pub note: String,
}

/// Likeness from which an article is named: below it, chance agreements of legal phrases begin.
pub(super) const NEAR: f32 = 0.45;

static ENDED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"《([^《》]+)》([^《》。；]*)").ok());
static STARTS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"自\s*(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日起施行").ok());

/// Only part of a law is ended by such words.
const PARTS: [&str; 4] = ["条", "中的", "有关", "部分"];

fn day_in(text: &str) -> Option<Date> {
    let found = STARTS.as_ref()?.captures_iter(text).last()?;
    let part = |i: usize| found.get(i)?.as_str().parse::<i16>().ok();
    Date::new(part(1)?, i8::try_from(part(2)?).ok()?, i8::try_from(part(3)?).ok()?).ok()
}

/// Laws that an article ends as a whole, with the day.
fn ended(text: &str) -> (Vec<&str>, Option<Date>) {
    let mut names = Vec::new();
    for sentence in text.split_inclusive(['。', '；']) {
        let Some(end) = sentence.find("同时废止") else { continue };
        for found in ENDED.iter().flat_map(|r| r.captures_iter(&sentence[..end])) {
            let (Some(name), Some(after)) = (found.get(1), found.get(2)) else { continue };
            if !PARTS.iter().any(|p| after.as_str().contains(p)) {
                names.push(name.as_str());
            }
        }
    }
    let before = text.find("同时废止").map_or("", |end| &text[..end]);
    (names, day_in(before))
}

/// Every law that an installed law says it ends, by full title as written there.
pub(super) fn repeals(laws: &[LawVersion]) -> HashMap<String, Repeal> {
    let mut out = HashMap::new();
    for law in laws {
        for article in law.articles.iter().filter(|a| a.text.contains("同时废止")) {
            let (names, from) = ended(&article.text);
            for name in names.into_iter().filter(|n| *n != law.title) {
                let repeal = Repeal { by: law.title.clone(), article: article.label.clone(), from };
                out.entry(name.to_string()).or_insert(repeal);
            }
        }
    }
    out
}

/// Gives the texts of ended laws their last day.
pub(super) fn end_repealed(laws: &mut [LawVersion], repeals: &HashMap<String, Repeal>) {
    for law in laws.iter_mut().filter(|l| l.effective_to.is_none() && l.status != Status::Superseded) {
        let Some(from) = repeals.get(&law.title).and_then(|r| r.from) else { continue };
        // A law may bear the title of an older one that the clause meant.
        if law.effective_from.is_some_and(|start| start < from) {
            law.effective_to = from.yesterday().ok();
            law.status = Status::Repealed;
        }
    }
}

fn pairs(text: &str) -> HashSet<(char, char)> {
    let plain: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).collect();
    plain.windows(2).map(|w| (w[0], w[1])).collect()
}

/// Share of the character pairs that two texts have in common.
pub(super) fn likeness(one: &str, other: &str) -> f32 {
    let (one, other) = (pairs(one), pairs(other));
    2.0 * one.intersection(&other).count() as f32 / (one.len() + other.len()).max(1) as f32
}

/// The article most like a text.
pub(super) fn nearest<'a>(law: &'a LawVersion, text: &str) -> Option<(&'a Article, f32)> {
    let wanted = pairs(text);
    let likeness = |a: &Article| {
        let other = pairs(&a.text);
        2.0 * wanted.intersection(&other).count() as f32 / (wanted.len() + other.len()).max(1) as f32
    };
    law.articles.iter().map(|a| (a, likeness(a))).max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.number.cmp(&a.0.number)))
}

impl LawBook {
    /// What ended the law of a title or short title; for laws that are not installed, too.
    pub fn repeal_of(&self, name: &str) -> Option<(&str, &Repeal)> {
        let name = name.trim().trim_matches(['《', '》']);
        let full = format!("中华人民共和国{name}");
        [name, full.as_str()].iter().find_map(|n| self.repeals().get_key_value(*n)).map(|(n, r)| (n.as_str(), r))
    }

    /// Where to look instead of an article of a text that no longer counts on a day; none while it counts, or when nothing
    /// is known.
    pub fn successor(&self, law: &LawVersion, article: &Article, day: Date) -> Option<Successor> {
        if law.validity_on(day) != Validity::Repealed {
            return None;
        }
        let (heir, why) = match self.on(&law.title, day).filter(|(heir, _)| heir.effective_from > law.effective_from) {
            Some((heir, _)) => (heir, "已有新的文本".to_string()),
            None => {
                let (_, repeal) = self.repeal_of(&law.title)?;
                let (heir, _) = self.on(&repeal.by, day)?;
                let since = repeal.from.map(|d| format!("自{d}起")).unwrap_or_default();
                (heir, format!("{since}被《{}》{}废止", repeal.by, repeal.article))
            }
        };
        let found = nearest(heir, &article.text).filter(|(_, likeness)| *likeness >= NEAR);
        let note = match found {
            Some((a, _)) => format!("{why}；文字最接近的是《{}》{}，须人工核对", heir.title, a.label),
            None => format!("{why}；《{}》中没有文字相近的条文，须人工核对", heir.title),
        };
        Some(Successor {
            law: heir.title.clone(),
            version: heir.id.clone(),
            article: found.map(|(a, _)| a.label.clone()),
            likeness: found.map_or(0.0, |(_, l)| l),
            note,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn closing_articles_name_what_they_end_and_since_when() {
        let (names, day) = ended("本法自 2026年8月15日起施行。 《甲法》、 《乙法》同时废止。");
        assert_eq!((names, day), (vec!["甲法", "乙法"], Some(date(2026, 8, 15))));
        let (names, day) = ended("本法自公布之日起施行。1991年4月9日通过的《甲法》和1993年发布的《乙条例》同时废止。");
        assert_eq!((names, day), (vec!["甲法", "乙条例"], None));
        let (names, _) =
            ended("本法自2020年1月1日起施行。《甲法》第三条、《乙法》中的有关规定同时废止；《丙法》继续有效。");
        assert!(names.is_empty(), "{names:?}");
        let (_, day) = ended("本法自2020年13月1日起施行。《甲法》同时废止。");
        assert_eq!(day, None);
    }
}
