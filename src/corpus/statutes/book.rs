//! LawBook: every installed version in memory, found by title, short title or alias.

use std::collections::HashMap;
use std::io::BufRead;
use std::path::Path;

use jiff::civil::Date;

use super::import::{FILE, end_superseded};
use super::repeals::{Repeal, end_repealed, repeals};
use super::split::paragraphs;
use super::{Article, LawVersion, Status, StatuteError};
use crate::domain::law::{Provision, Validity};

/// File of the bureau's own imports.
pub const LOCAL_FILE: &str = "local.jsonl";

/// All installed laws.
#[derive(Debug, Default)]
pub struct LawBook {
    pub versions: Vec<LawVersion>,
    /// Full title → versions, oldest first.
    by_title: HashMap<String, Vec<usize>>,
    /// Short titles and 简称 → full title.
    names: HashMap<String, String>,
    /// What ended a law, by full title.
    repeals: HashMap<String, Repeal>,
}

/// What a provision said on a day.
#[derive(Clone, Debug)]
pub struct Lookup<'a> {
    pub law: &'a LawVersion,
    pub article: Option<&'a Article>,
    pub validity: Validity,
    /// Text of the 款 or 项 asked for, or of the whole article.
    pub text: Option<String>,
}

impl LawBook {
    /// Reads the installed versions; `aliases` maps 简称 to full titles.
    pub fn open(folder: &Path, aliases: &[(String, String)]) -> Result<Self, StatuteError> {
        let mut versions = Vec::new();
        let main = folder.join(FILE);
        if !main.exists() && !folder.join(LOCAL_FILE).exists() {
            return Err(StatuteError::NotInstalled);
        }
        for path in [main, folder.join(LOCAL_FILE)] {
            read(&path, &mut versions)?;
        }
        end_superseded(&mut versions);
        let ended = repeals(&versions);
        end_repealed(&mut versions, &ended);
        Ok(Self::new(versions, aliases))
    }

    pub fn new(versions: Vec<LawVersion>, aliases: &[(String, String)]) -> Self {
        let mut book = Self { repeals: repeals(&versions), versions, ..Self::default() };
        for (i, law) in book.versions.iter().enumerate() {
            book.by_title.entry(law.title.clone()).or_default().push(i);
            if let Some(short) = law.title.strip_prefix("中华人民共和国") {
                book.names.entry(short.to_string()).or_insert_with(|| law.title.clone());
            }
        }
        for list in book.by_title.values_mut() {
            list.sort_by_key(|i| book.versions[*i].effective_from);
        }
        for (alias, title) in aliases {
            if book.by_title.contains_key(title) {
                book.names.insert(alias.clone(), title.clone());
            }
        }
        book
    }

    /// The full title of a name in any of its forms.
    pub fn title_of<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        let name = name.trim().trim_matches(['《', '》']);
        if self.by_title.contains_key(name) {
            return Some(name);
        }
        self.names.get(name).map(String::as_str)
    }

    /// Every name a law can be called by, for recognising citations: names first that are longer.
    pub fn all_names(&self) -> Vec<(&str, &str)> {
        let mut out: Vec<(&str, &str)> = self.by_title.keys().map(|t| (t.as_str(), t.as_str())).collect();
        out.extend(self.names.iter().map(|(n, t)| (n.as_str(), t.as_str())));
        out.sort_by_key(|(n, _)| (std::cmp::Reverse(n.len()), *n));
        out
    }

    pub(super) fn repeals(&self) -> &HashMap<String, Repeal> {
        &self.repeals
    }

    /// Versions of a law, oldest first.
    pub fn versions_of(&self, title: &str) -> impl Iterator<Item = &LawVersion> {
        self.by_title.get(title).into_iter().flatten().map(|i| &self.versions[*i])
    }

    /// The version whose text counts on a day, else the nearest one, with its validity that day.
    pub fn on(&self, title: &str, day: Date) -> Option<(&LawVersion, Validity)> {
        let mut best: Option<(&LawVersion, Validity)> = None;
        for law in self.versions_of(title) {
            let validity = law.validity_on(day);
            if validity == Validity::InForce {
                return Some((law, validity));
            }
            let closer = best.is_none_or(|(b, _)| {
                law.effective_from.is_some_and(|d| d <= day) || b.effective_from > law.effective_from
            });
            if closer {
                best = Some((law, validity));
            }
        }
        best
    }

    /// What the provision said that day.
    pub fn lookup(&self, provision: &Provision, day: Date) -> Option<Lookup<'_>> {
        let title = self.title_of(&provision.law)?.to_string();
        let (law, validity) = self.on(&title, day)?;
        let article = law.article(provision.article, 0);
        let text = article.and_then(|a| a.part(provision.paragraph, &provision.items));
        Some(Lookup { law, article, validity, text })
    }
}

impl LawVersion {
    /// 效力 on a day. Unknown when the law was in force but this version's text had not begun, or when an end is known to
    /// exist but not its date.
    pub fn validity_on(&self, day: Date) -> Validity {
        let Some(from) = self.effective_from else { return Validity::Unknown };
        if day < from {
            return match self.law_from {
                Some(first) if day < first => Validity::NotYetInForce,
                Some(_) => Validity::Unknown,
                None => Validity::Unknown,
            };
        }
        match (self.effective_to, self.status) {
            (Some(to), _) if day > to => Validity::Repealed,
            (Some(_), _) | (None, Status::Current) => Validity::InForce,
            // Replaced or repealed on a day the source does not give.
            (None, Status::Repealed) => Validity::Repealed,
            (None, Status::Superseded | Status::Unknown) => Validity::Unknown,
        }
    }

    pub fn article(&self, number: u32, suffix: u32) -> Option<&Article> {
        self.articles.iter().find(|a| a.number == number && a.suffix == suffix && number > 0)
    }

    /// Without 中华人民共和国.
    pub fn short_title(&self) -> &str {
        self.title.strip_prefix("中华人民共和国").unwrap_or(&self.title)
    }
}

impl Article {
    /// The text of a 款 (0 = whole article) and its 项; `None` when there is no such part.
    pub fn part(&self, paragraph: u32, items: &[u32]) -> Option<String> {
        let parts = paragraphs(&self.text);
        if paragraph == 0 && items.is_empty() {
            return Some(self.text.clone());
        }
        // 第三十二条第一项: the article has one 款, which is not named.
        let part = parts.iter().find(|p| p.number == paragraph.max(1))?;
        if items.is_empty() {
            return Some(self.text[part.start..part.end].to_string());
        }
        let lead_end = part.items.first()?.start;
        let mut out = self.text[part.start..lead_end].trim_end().to_string();
        for number in items {
            let item = part.items.iter().find(|i| i.number == *number)?;
            out.push('\n');
            out.push_str(&self.text[item.start..item.end]);
        }
        Some(out)
    }
}

fn read(path: &Path, into: &mut Vec<LawVersion>) -> Result<(), StatuteError> {
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(StatuteError::Io { path: path.into(), source }),
    };
    for (i, line) in std::io::BufReader::with_capacity(1 << 20, file).lines().enumerate() {
        let line = line.map_err(|source| StatuteError::Io { path: path.into(), source })?;
        if line.trim().is_empty() {
            continue;
        }
        into.push(serde_json::from_str(&line).map_err(|e| StatuteError::Damaged {
            path: path.into(),
            line: i + 1,
            why: e.to_string(),
        })?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::law::LawLevel;
    use jiff::civil::date;

    fn law(from: Date, law_from: Date, status: Status) -> LawVersion {
        LawVersion {
            id: String::new(),
            title: "中华人民共和国某法".into(),
            level: LawLevel::Statute,
            issuer: None,
            published: None,
            law_from: Some(law_from),
            effective_from: Some(from),
            effective_to: None,
            status,
            source: String::new(),
            articles: vec![Article {
                number: 1,
                suffix: 0,
                label: "第一条".into(),
                chapter: String::new(),
                text: format!("{from}文：\n（一）甲；\n（二）乙。\n第二款。"),
            }],
        }
    }

    #[test]
    fn the_text_of_the_day_is_found_and_unknown_is_said() {
        let mut all = vec![
            law(date(2010, 1, 1), date(2000, 1, 1), Status::Superseded),
            law(date(2020, 1, 1), date(2000, 1, 1), Status::Current),
        ];
        end_superseded(&mut all);
        let book = LawBook::new(all, &[("某简称".into(), "中华人民共和国某法".into())]);
        let provision = Provision { law: "某简称".into(), article: 1, paragraph: 1, items: vec![2] };
        let at = |d| book.lookup(&provision, d).map(|l| (l.validity, l.text)).unwrap();
        assert_eq!(at(date(2021, 1, 1)), (Validity::InForce, Some("2020-01-01文：\n（二）乙。".into())));
        assert_eq!(at(date(2015, 1, 1)).0, Validity::InForce);
        assert!(at(date(2015, 1, 1)).1.unwrap().starts_with("2010-01-01文"));
        assert_eq!(at(date(2005, 1, 1)).0, Validity::Unknown);
        assert_eq!(at(date(1999, 1, 1)).0, Validity::NotYetInForce);
        assert!(book.lookup(&Provision::new("没有的法", 1), date(2021, 1, 1)).is_none());
        let none = Provision { law: "某法".into(), article: 1, paragraph: 3, items: vec![] };
        assert_eq!(book.lookup(&none, date(2021, 1, 1)).unwrap().text, None);
    }
}
