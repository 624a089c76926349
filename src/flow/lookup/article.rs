//! The reader of one article: its text on a day by 款 and 项, its neighbours, its versions, two of them side by side.

use jiff::civil::Date;
use serde::Serialize;

use super::cited::CitedBy;
use crate::corpus::citation;
use crate::corpus::statutes::{Article, LawVersion, Repeal, Standing, Successor, paragraphs};
use crate::domain::document::diff::{Op, Run, diff};
use crate::error::{Class, Report, Result};
use crate::flow::cases::Asking;
use crate::flow::{Flow, today};

/// Which article, in which text.
#[derive(Clone, Debug, Default)]
pub struct ReadWish {
    pub law: String,
    pub article: String,
    pub as_of: Option<Date>,
    /// This version instead of the one of the day.
    pub version: Option<String>,
    /// The version to compare with.
    pub against: Option<String>,
}

/// A 款 with its 项.
#[derive(Clone, Debug, Serialize)]
pub struct Part {
    pub number: u32,
    pub text: String,
    pub items: Vec<Part>,
}

/// A version of the law, as one of the choices.
#[derive(Clone, Debug, Serialize)]
pub struct VersionLine {
    pub id: String,
    pub from: Option<Date>,
    pub to: Option<Date>,
    pub standing: Standing,
    pub standing_zh: &'static str,
    pub on: bool,
    pub against: bool,
    /// It has an article of this number.
    pub has: bool,
}

/// Another article of the same text.
#[derive(Clone, Debug, Serialize)]
pub struct Neighbour {
    pub label: String,
    pub address: String,
}

/// Two versions, the older left.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    pub left: Side,
    pub right: Side,
    pub same: bool,
    /// The numbers differ: the article was found by its words.
    pub moved: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct Side {
    pub version: String,
    pub from: Option<Date>,
    pub label: String,
    pub runs: Vec<Run>,
}

/// Everything the reader shows.
#[derive(Clone, Debug, Serialize)]
pub struct ArticlePage {
    pub law: String,
    pub short: String,
    pub level: &'static str,
    pub issuer: Option<String>,
    pub published: Option<Date>,
    pub source: String,
    pub day: Date,
    pub today: bool,
    pub version: String,
    pub from: Option<Date>,
    pub to: Option<Date>,
    pub standing: Standing,
    pub standing_zh: &'static str,
    pub label: String,
    pub address: String,
    pub chapter: String,
    pub parts: Vec<Part>,
    pub previous: Option<Neighbour>,
    pub next: Option<Neighbour>,
    pub versions: Vec<VersionLine>,
    pub comparison: Option<Comparison>,
    pub no_comparison: Option<String>,
    pub successor: Option<Successor>,
    pub repeal: Option<Repeal>,
    pub cited: CitedBy,
}

fn missing(code: &str, title: &str, detail: String) -> Report {
    Report::new(Class::NotFound, code, title, detail)
}

fn neighbour(law: &LawVersion, place: Option<usize>) -> Option<Neighbour> {
    let article = law.articles.get(place?)?;
    Some(Neighbour { label: article.label.clone(), address: article.address() })
}

fn parts(text: &str) -> Vec<Part> {
    let cut = |start: usize, end: usize| text.get(start..end).unwrap_or_default().trim().to_string();
    paragraphs(text)
        .into_iter()
        .map(|p| Part {
            number: p.number,
            text: cut(p.start, p.items.first().map_or(p.end, |i| i.start)),
            items: p
                .items
                .iter()
                .map(|i| Part { number: i.number, text: cut(i.start, i.end), items: vec![] })
                .collect(),
        })
        .collect()
}

impl Flow {
    /// The article with all that belongs to it; cases as far as the caller may see them.
    pub async fn article_page(&self, ask: &Asking, wish: &ReadWish) -> Result<ArticlePage> {
        let laws = &self.corpus.laws;
        let Some(title) = laws.title_of(&wish.law) else {
            let near =
                citation::law_like(&wish.law, laws).map(|t| format!("；名称相近的有《{t}》")).unwrap_or_default();
            let shown: String = wish.law.chars().take(60).collect();
            return Err(missing("reader.unknown_law", "没有安装这部法律", format!("“{shown}”{near}")));
        };
        let day = wish.as_of.unwrap_or_else(today);
        let picked = wish.version.as_deref().and_then(|id| laws.version(id)).filter(|v| v.title == title);
        let Some(law) = picked.or_else(|| laws.on(title, day).map(|(law, _)| law)) else {
            return Err(missing("reader.unknown_law", "没有安装这部法律", format!("《{title}》没有文本")));
        };
        let Some(place) = law.place(&wish.article) else {
            let shown: String = wish.article.chars().take(20).collect();
            let last = law.articles.last().map(|a| format!("，该文本至{}为止", a.label)).unwrap_or_default();
            let detail = format!("《{title}》（{}）没有“{shown}”{last}", law.id);
            return Err(missing("reader.unknown_article", "没有这一条", detail));
        };
        let Some(article) = law.articles.get(place) else {
            return Err(missing("reader.unknown_article", "没有这一条", String::new()));
        };
        let against = wish.against.as_deref().and_then(|id| laws.version(id));
        let against = against.filter(|v| v.title == title && v.id != law.id);
        let (comparison, no_comparison) = match against.map(|other| compare(law, article, other)) {
            None => (None, None),
            Some(Ok(comparison)) => (Some(comparison), None),
            Some(Err(why)) => (None, Some(why)),
        };
        let standing = laws.standing(law, day);
        let line = |v: &LawVersion| {
            let standing = laws.standing(v, day);
            VersionLine {
                id: v.id.clone(),
                from: v.effective_from,
                to: v.effective_to,
                standing,
                standing_zh: standing.zh(),
                on: v.id == law.id,
                against: against.is_some_and(|a| a.id == v.id),
                has: v.articles.iter().any(|a| (a.number, a.suffix) == (article.number, article.suffix)),
            }
        };
        let mut versions: Vec<VersionLine> = laws.versions_of(title).map(line).collect();
        versions.reverse();
        Ok(ArticlePage {
            law: title.to_string(),
            short: law.short_title().to_string(),
            level: law.level.zh(),
            issuer: law.issuer.clone(),
            published: law.published,
            source: law.source.clone(),
            day,
            today: day == today(),
            version: law.id.clone(),
            from: law.effective_from,
            to: law.effective_to,
            standing,
            standing_zh: standing.zh(),
            label: article.label.clone(),
            address: article.address(),
            chapter: article.chapter.clone(),
            parts: parts(&article.text),
            previous: neighbour(law, place.checked_sub(1)),
            next: neighbour(law, place.checked_add(1)),
            versions,
            comparison,
            no_comparison,
            successor: laws.successor(law, article, day),
            repeal: laws.repeal_of(title).filter(|_| standing == Standing::Repealed).map(|(_, r)| r.clone()),
            cited: self.cited_by(ask, title, article).await?,
        })
    }
}

/// The article beside the same one of another version: by its number, or by its words where numbers have moved.
fn compare(law: &LawVersion, article: &Article, other: &LawVersion) -> std::result::Result<Comparison, String> {
    let same_number = other.articles.iter().find(|a| (a.number, a.suffix) == (article.number, article.suffix));
    let like = other.like(&article.text);
    let by_words = like.filter(|(found, likeness)| {
        found.label != article.label && same_number.is_none_or(|a| a.likeness(&article.text) < *likeness)
    });
    let (theirs, moved) = match (by_words, same_number) {
        (Some((found, _)), _) => (found, true),
        (None, Some(found)) => (found, false),
        (None, None) => return Err(format!("{}没有{}，也没有文字相近的条文", other.id, article.label)),
    };
    let ours_is_older = law.effective_from < other.effective_from;
    let ((old_law, old), (new_law, new)) =
        if ours_is_older { ((law, article), (other, theirs)) } else { ((other, theirs), (law, article)) };
    let runs = diff(&old.text, &new.text);
    let side = |law: &LawVersion, article: &Article, without: Op| Side {
        version: law.id.clone(),
        from: law.effective_from,
        label: article.label.clone(),
        runs: runs.iter().filter(|r| r.op != without).cloned().collect(),
    };
    Ok(Comparison {
        left: side(old_law, old, Op::Ins),
        right: side(new_law, new, Op::Del),
        same: runs.iter().all(|r| r.op == Op::Same),
        moved,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_keep_their_items_apart() {
        let got = parts("有下列情形的，责令改正：\n（一）甲；\n（二）乙。\n第二款。");
        assert_eq!(got.len(), 2);
        assert_eq!((got[0].text.as_str(), got[0].items.len()), ("有下列情形的，责令改正：", 2));
        assert_eq!((got[0].items[1].number, got[0].items[1].text.as_str()), (2, "（二）乙。"));
        assert!(parts("").is_empty());
    }
}
