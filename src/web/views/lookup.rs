//! Search, the readers of an article and of a past decision, the check of citations.

use axum::response::Response;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::json;

use super::encoded;
use crate::flow::Flow;
use crate::flow::cases::Page;
use crate::flow::lookup::{ArticlePage, Asked, CANDIDATES, DecisionPage, Facet, Found, Kind, ReadWish};
use crate::flow::people::Signed;

/// A kind of hits as a tab.
#[derive(Serialize)]
struct Tab {
    zh: &'static str,
    href: String,
    n: usize,
    /// As many as are fetched: there may be more.
    full: bool,
    on: bool,
}

/// A filter that is set, with the address without it.
#[derive(Serialize)]
struct Chip {
    zh: String,
    without: String,
}

/// A value of a filter, with the address that sets or lifts it.
#[derive(Serialize)]
struct Value {
    zh: String,
    n: usize,
    on: bool,
    href: String,
}

#[derive(Serialize)]
struct Group {
    name: &'static str,
    zh: &'static str,
    options: Vec<Value>,
}

/// The address of a search with some of its parts changed; an empty value takes the part out.
fn address(asked: &Asked, changes: &[(&str, &str)]) -> String {
    let as_of = asked.as_of.map(|d| d.to_string()).unwrap_or_default();
    let mut parts: Vec<(&str, &str)> = vec![("q", &asked.q), ("in", asked.kind.code()), ("as_of", &as_of)];
    parts.extend(asked.chosen.iter().map(|(name, value)| (*name, value.as_str())));
    for (name, value) in changes {
        parts.retain(|(n, _)| n != name);
        parts.push((name, value));
    }
    let parts = parts.iter().filter(|(_, v)| !v.is_empty()).map(|(n, v)| format!("{n}={}", encoded(v)));
    format!("/search?{}", parts.collect::<Vec<_>>().join("&"))
}

fn group(asked: &Asked, facet: &Facet) -> Group {
    let option = |v: &crate::flow::lookup::Choice| Value {
        zh: v.zh.clone(),
        n: v.n,
        on: v.on,
        href: address(asked, &[(facet.name, if v.on { "" } else { &v.code })]),
    };
    Group { name: facet.name, zh: facet.zh, options: facet.values.iter().map(option).collect() }
}

/// Filters that the kind has, by name and Chinese name.
fn filters_of(kind: Kind) -> &'static [(&'static str, &'static str)] {
    match kind {
        Kind::Statutes => &[("law", "法律"), ("status", "效力"), ("level", "层级")],
        Kind::Cases => &[("violation", "违法行为"), ("tier", "阶次"), ("region", "地区"), ("year", "年份")],
        Kind::Norms => &[("law", "文件"), ("status", "效力")],
    }
}

fn chips(asked: &Asked, found: &Found) -> Vec<Chip> {
    let mut out: Vec<Chip> = filters_of(asked.kind)
        .iter()
        .filter_map(|(name, zh)| {
            let code = asked.chosen.get(name)?;
            let values = found.facets.iter().filter(|f| f.name == *name).flat_map(|f| &f.values);
            let told = values.filter(|v| v.on).map(|v| v.zh.as_str()).next().unwrap_or(code);
            Some(Chip { zh: format!("{zh}：{told}"), without: address(asked, &[(name, "")]) })
        })
        .collect();
    out.extend(asked.as_of.map(|d| Chip { zh: format!("{d}有效的"), without: address(asked, &[("as_of", "")]) }));
    out
}

/// 检索.
pub fn search(flow: &Flow, who: &Signed, asked: &Asked, found: &Found, own: Option<&Page>, odd_day: bool) -> Response {
    // Filters of one kind mean nothing for another; a law and a document share a name only by chance.
    let plain: Vec<(&str, &str)> = asked.chosen.keys().map(|name| (*name, "")).collect();
    let tab = |kind: Kind, n: usize| {
        let mut changes = plain.clone();
        changes.push(("in", kind.code()));
        Tab { zh: kind.zh(), href: address(asked, &changes), n, full: n >= CANDIDATES, on: kind == asked.kind }
    };
    let tabs = [tab(Kind::Statutes, found.statutes), tab(Kind::Cases, found.cases), tab(Kind::Norms, found.norms)];
    let fetched = tabs.iter().find(|t| t.on).map_or(0, |t| t.n);
    let page = |n: usize| address(asked, &[("page", &n.to_string())]);
    let groups: Vec<Group> = found.facets.iter().map(|f| group(asked, f)).collect();
    let other_tabs: Vec<&Tab> = tabs.iter().filter(|t| !t.on && t.n > 0).collect();
    let model = json!({
        "q": asked.q, "kind": asked.kind.code(), "as_of": asked.as_of, "day": found.day, "odd_day": odd_day,
        "today": asked.as_of.is_none_or(|d| d == crate::flow::today()),
        "tabs": tabs, "other_tabs": other_tabs, "rows": found.rows, "groups": groups, "chips": chips(asked, found),
        "total": found.total, "fetched": fetched, "page": found.page, "pages": found.pages,
        "before": (found.page > 1).then(|| page(found.page - 1)),
        "after": (found.page < found.pages).then(|| page(found.page + 1)),
        "hints": found.hints, "cut": found.cut, "own": own.map(|p| &p.items), "more_own": own.is_some_and(|p| p.next_cursor.is_some()), "hidden": kept(asked),
        "cleared": address(asked, &plain), "norm_use": crate::flow::lookup::NORM_USE,
    });
    super::page(flow, who, "/search", "search.html", "检索", model)
}

/// Filters that the form takes along: those of the kind that is looked at.
fn kept(asked: &Asked) -> Vec<(&'static str, &String)> {
    asked
        .chosen
        .iter()
        .filter(|(name, _)| filters_of(asked.kind).iter().any(|(n, _)| n == *name))
        .map(|(n, v)| (*n, v))
        .collect()
}

/// 条文.
pub fn article(flow: &Flow, who: &Signed, page: &ArticlePage, wish: &ReadWish, odd_day: bool) -> Response {
    let base = format!("/articles/{}/", encoded(&page.law));
    let day = wish.as_of.map(|d| format!("as_of={d}"));
    let version = wish.version.as_ref().map(|v| format!("version={}", encoded(v)));
    let kept: Vec<String> = day.into_iter().chain(version).collect();
    let kept = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
    let model = json!({
        "a": page, "base": base, "kept": kept, "as_of": wish.as_of, "version_asked": wish.version, "odd_day": odd_day,
    });
    let title = format!("{}{}", page.short, page.label);
    super::page(flow, who, "/search", "article.html", &title, model)
}

/// 既往案例.
pub fn decision(flow: &Flow, who: &Signed, page: &DecisionPage) -> Response {
    super::page(flow, who, "/search", "decision.html", &page.title, json!({ "d": page }))
}

/// 核对引用.
pub fn cite_check(flow: &Flow, who: &Signed, today: Date) -> Response {
    super::page(flow, who, "/search", "cite-check.html", "核对引用", json!({ "today": today }))
}
