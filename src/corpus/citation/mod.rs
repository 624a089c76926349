//! 引用: every citation in running Chinese text, in any of its usual forms, and whether it holds.

mod nearest;
mod query;

use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;
use serde::Serialize;

use super::statutes::LawBook;
use crate::domain::law::{Provision, Validity};
use crate::domain::numerals;
pub use nearest::law as law_like;
pub use query::as_query;

static NUMBERED: LazyLock<Regex> = LazyLock::new(|| {
    const N: &str = "[〇零一二三四五六七八九十百千\\d０-９]+";
    Regex::new(&format!(
        r"^[\s　]*第?(?P<a>{N})条(?:之(?P<s>[一二三四五六七八九十]))?(?:第?(?P<p>{N})款)?(?P<i>(?:[、和及,，]?第?[（(]?{N}[)）]?项)*)"
    ))
    .expect("the pattern is valid")
});
static ITEM: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"第?[（(]?([〇零一二三四五六七八九十百\d]+)[)）]?项").expect("the pattern is valid"));
static NEXT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(?:、|和|以及|及|或者|或|，)(?:第)").expect("the pattern is valid"));

/// One citation found in a text. `start..end` are byte offsets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Citation {
    pub start: usize,
    pub end: usize,
    /// As written.
    pub name: String,
    /// Full title, when the name is known.
    pub title: Option<String>,
    /// `None` when only the law is named.
    pub provision: Option<Provision>,
    pub suffix: u32,
}

/// Every citation of a text, in order. 本法、本条例 refer to the law named last.
pub fn find(text: &str, book: &LawBook) -> Vec<Citation> {
    let names: Vec<(&str, &str)> = book.all_names().into_iter().filter(|(n, _)| n.chars().count() >= 3).collect();
    let mut out: Vec<Citation> = Vec::new();
    let mut last: Option<(String, Option<String>)> = None;
    let mut at = 0;
    // Where the citation before ended.
    let mut cited = 0;
    while at < text.len() {
        let rest = &text[at..];
        let mut start = at;
        let (name, title, length) = if let Some(inner) = rest.strip_prefix('《') {
            let Some(close) = inner.find('》').filter(|c| *c <= 200) else {
                at += '《'.len_utf8();
                continue;
            };
            let name = inner[..close].to_string();
            let title = book.title_of(&name).map(str::to_string);
            (name, title, '《'.len_utf8() + close + '》'.len_utf8())
        } else if let Some(own) = ["本法", "本条例", "本办法", "该法", "该条例"]
            .into_iter()
            .find(|o| rest.starts_with(o) && numbered(&rest[o.len()..]))
        {
            match &last {
                Some((name, title)) => (name.clone(), title.clone(), own.len()),
                None => (own.to_string(), None, own.len()),
            }
        } else if let Some((name, title)) =
            names.iter().find(|(n, _)| rest.starts_with(n) && numbered(&rest[n.len()..]))
        {
            ((*name).to_string(), Some((*title).to_string()), name.len())
        } else if rest.starts_with('第')
            && numbered(rest)
            && let Some(name) = nearest::misspelt(&text[cited..at], book)
        {
            start = at - name.len();
            (name.to_string(), None, 0)
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
            continue;
        };
        last = Some((name.clone(), title.clone()));
        let mut end = at + length;
        let mut first = true;
        while let Some(c) = NUMBERED.captures(&text[end..]) {
            let whole = c.get(0).map_or(0, |m| m.end());
            let Some(article) = numerals::parse(&c["a"]) else { break };
            let items = c
                .name("i")
                .map(|m| ITEM.captures_iter(m.as_str()).filter_map(|i| numerals::parse(&i[1])).collect())
                .unwrap_or_default();
            let paragraph = c.name("p").and_then(|m| numerals::parse(m.as_str())).unwrap_or(0);
            let provision = Provision { law: title.clone().unwrap_or_else(|| name.clone()), article, paragraph, items };
            let suffix = c.name("s").and_then(|m| numerals::parse(m.as_str())).unwrap_or(0);
            end += whole;
            out.push(Citation {
                start,
                end,
                name: name.clone(),
                title: title.clone(),
                provision: Some(provision),
                suffix,
            });
            first = false;
            // 第六十二条、第六十四条: the law carries over.
            match NEXT.find(&text[end..]) {
                Some(joint) if numbered(&text[end + joint.end() - '第'.len_utf8()..]) => {
                    end += joint.end() - '第'.len_utf8();
                    start = end;
                }
                _ => break,
            }
        }
        if first {
            out.push(Citation { start, end, name, title, provision: None, suffix: 0 });
        }
        at = end.max(at + 1);
        cited = at;
    }
    out
}

fn numbered(rest: &str) -> bool {
    NUMBERED.is_match(rest)
}

/// How a citation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Ok,
    /// The law is there, the article (款, 项) is not.
    NotFound,
    /// No such law is installed: a person must check it.
    UnknownLaw,
    Repealed,
    NotYetInForce,
    /// The text of that day is not installed.
    Unknown,
}

/// Whether words quoted after the citation are those of the article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quoted {
    Faithful,
    Differs,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// In characters, end exclusive.
    pub start: usize,
    pub end: usize,
    pub text: String,
    pub law: Option<String>,
    pub article: Option<u32>,
    /// 1 for 之一.
    #[serde(skip_serializing_if = "is_zero")]
    pub suffix: u32,
    pub paragraph: Option<u32>,
    pub items: Vec<u32>,
    pub version: Option<String>,
    pub state: State,
    pub quoted: Option<Quoted>,
    /// The right citation nearest to a wrong one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<String>,
    /// For people.
    pub message: String,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(n: &u32) -> bool {
    *n == 0
}

impl Finding {
    pub fn passes(&self) -> bool {
        self.state == State::Ok && self.quoted != Some(Quoted::Differs)
    }
}

/// Checks every citation of a text as of a day.
pub fn check(text: &str, book: &LawBook, day: Date) -> Vec<Finding> {
    find(text, book)
        .into_iter()
        .filter(|c| c.provision.is_some() || c.title.is_some() || looks_like_law(&c.name))
        .map(|c| {
            let mut finding = check_one(text, &c, book, day);
            if matches!(finding.state, State::NotFound | State::UnknownLaw) {
                finding.nearest = nearest::nearest(&c, book, day);
            }
            if let Some(nearest) = &finding.nearest {
                finding.message.push_str(&format!("；相近的有{nearest}"));
            }
            finding
        })
        .collect()
}

fn looks_like_law(name: &str) -> bool {
    name.ends_with('法') || ["条例", "规定", "办法", "细则", "决定", "解释"].iter().any(|e| name.ends_with(e))
}

fn check_one(text: &str, c: &Citation, book: &LawBook, day: Date) -> Finding {
    let before = text[..c.start].chars().count();
    let mut finding = Finding {
        start: before,
        end: before + text[c.start..c.end].chars().count(),
        text: text[c.start..c.end].to_string(),
        law: c.title.clone(),
        article: c.provision.as_ref().map(|p| p.article),
        suffix: c.suffix,
        paragraph: c.provision.as_ref().map(|p| p.paragraph).filter(|p| *p > 0),
        items: c.provision.as_ref().map(|p| p.items.clone()).unwrap_or_default(),
        version: None,
        state: State::UnknownLaw,
        quoted: None,
        nearest: None,
        message: format!("《{}》没有安装，须人工核对", c.name),
    };
    let Some(title) = &c.title else {
        if let Some((title, repeal)) = book.repeal_of(&c.name).filter(|(_, r)| r.from.is_some_and(|from| from <= day)) {
            finding.state = State::Repealed;
            let since = repeal.from.map(|d| d.to_string()).unwrap_or_default();
            finding.message = format!("《{title}》自{since}起已被《{}》{}废止", repeal.by, repeal.article);
        }
        return finding;
    };
    let Some((law, validity)) = book.on(title, day) else { return finding };
    finding.version = Some(law.id.clone());
    (finding.state, finding.message) = match validity {
        Validity::InForce => (State::Ok, "有效".to_string()),
        Validity::Repealed => (State::Repealed, format!("《{title}》在{day}已废止或被新版本取代")),
        Validity::NotYetInForce => (State::NotYetInForce, format!("《{title}》在{day}尚未施行")),
        Validity::Unknown => (State::Unknown, format!("没有《{title}》在{day}的文本，须人工核对")),
    };
    let Some(provision) = &c.provision else { return finding };
    let part = law.article(provision.article, c.suffix).map(|a| a.part(provision.paragraph, &provision.items));
    match part {
        None => {
            finding.state = State::NotFound;
            finding.message = format!("《{title}》没有{}", provision.number_zh());
        }
        Some(None) => {
            finding.state = State::NotFound;
            finding.message = format!("《{title}》第{}条没有所引的款、项", numerals::to_han(provision.article));
        }
        Some(Some(said)) => {
            let article = law.article(provision.article, c.suffix);
            if let Some(successor) = article.and_then(|a| book.successor(law, a, day)) {
                finding.message = format!("《{title}》在{day}不再适用：{}", successor.note);
            }
            if let Some(quote) = quotation(&text[c.end..]) {
                let plain = |t: &str| t.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
                let faithful = plain(&said).contains(&plain(quote));
                finding.quoted = Some(if faithful { Quoted::Faithful } else { Quoted::Differs });
                if !faithful {
                    finding.message = "引文与条文不一致".into();
                }
            }
        }
    }
    finding
}

/// Words in “…” right after a citation (规定：“…”), at least six characters: shorter ones are terms, not quotations.
fn quotation(rest: &str) -> Option<&str> {
    let open =
        rest.find('“').filter(|i| rest[..*i].chars().count() <= 12 && !rest[..*i].contains(['。', '；', '《']))?;
    let body = &rest[open + '“'.len_utf8()..];
    let quote = &body[..body.find('”')?];
    (quote.chars().count() >= 6).then_some(quote)
}
