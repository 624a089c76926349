//! Pages of looking up: search, the readers of an article and of a past decision, the check of citations. An address is what a person typed or changed by
//! hand, so nothing in it is an error but a law or an article that does not exist.

use std::collections::BTreeMap;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use jiff::civil::Date;

use super::pages::{Refused, asking};
use crate::error::{Class, Report};
use crate::flow::cases::Filter;
use crate::flow::lookup::{Asked, Found, Kind, ReadWish};
use crate::web::App;
use crate::web::caller::{Origin, Session};
use crate::web::views;

/// Filters of all kinds; those that a kind does not have are kept while another tab is looked at.
pub const FILTERS: &[&str] = &["law", "status", "level", "region", "year", "violation", "tier"];
/// Characters of a question that is looked for among the bureau's own cases.
const OF_A_CASE: usize = 60;
/// The bureau's own cases shown.
const OWN: u32 = 10;

type Pairs = Result<Query<Vec<(String, String)>>, QueryRejection>;

/// What the address says: the first value of each name, without signs that cannot be seen.
fn said(pairs: Pairs) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    for (name, value) in pairs.map(|Query(p)| p).unwrap_or_default() {
        let plain: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        out.entry(name).or_insert_with(|| plain.trim().to_string());
    }
    out
}

/// The day, and whether what was written is none.
fn day(said: &BTreeMap<String, String>) -> (Option<Date>, bool) {
    match said.get("as_of").map(String::as_str).filter(|d| !d.is_empty()) {
        None => (None, false),
        Some(text) => text.parse::<Date>().map_or((None, true), |d| (Some(d), false)),
    }
}

pub async fn search(
    State(flow): State<App>,
    Session(who): Session,
    origin: Origin,
    pairs: Pairs,
) -> Result<Response, Refused> {
    let said = said(pairs);
    let (as_of, odd_day) = day(&said);
    let get = |name: &str| said.get(name).cloned().unwrap_or_default();
    let asked = Asked {
        q: get("q"),
        kind: Kind::from_code(&get("in")).unwrap_or(Kind::Statutes),
        chosen: FILTERS.iter().map(|name| (*name, get(name))).filter(|(_, v)| !v.is_empty()).collect(),
        as_of,
        page: get("page").parse().unwrap_or(1),
    };
    let ask = asking(&who, origin);
    let found = looked(flow.clone(), asked.clone(), who.actor.clone()).await?;
    let mut own = None;
    if !asked.q.is_empty() && asked.q.chars().count() <= OF_A_CASE {
        let filter = Filter { q: Some(asked.q.clone()), limit: Some(OWN), ..Filter::default() };
        own = Some(flow.list_cases(&ask.actor, &filter).await?);
    }
    Ok(views::search(&flow, &who, &asked, &found, own.as_ref(), odd_day))
}

/// The search takes the processor for a while, so it runs where that holds nobody up.
async fn looked(flow: App, asked: Asked, actor: crate::domain::people::Actor) -> Result<Found, Report> {
    let task = tokio::task::spawn_blocking(move || flow.find(&asked, &actor));
    task.await.unwrap_or_else(|_| {
        Err(Report::new(Class::Internal, "search.failed", "检索中断", "请换一种说法再试；一直如此请告诉管理员"))
    })
}

pub async fn article(
    State(flow): State<App>,
    Session(who): Session,
    origin: Origin,
    path: Result<Path<(String, String)>, PathRejection>,
    pairs: Pairs,
) -> Result<Response, Refused> {
    let Ok(Path((law, article))) = path else {
        return Err(
            Report::new(Class::NotFound, "reader.unknown_law", "没有安装这部法律", "地址中的文字不能读取").into()
        );
    };
    let said = said(pairs);
    let (as_of, odd_day) = day(&said);
    let get = |name: &str| said.get(name).filter(|v| !v.is_empty()).cloned();
    let wish = ReadWish { law, article, as_of, version: get("version"), against: get("against") };
    let page = flow.article_page(&asking(&who, origin), &wish).await?;
    Ok(views::article(&flow, &who, &page, &wish, odd_day))
}

pub async fn decision(
    State(flow): State<App>,
    Session(who): Session,
    origin: Origin,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Refused> {
    let Ok(Path(id)) = path else {
        return Err(Report::new(Class::NotFound, "decision.unknown", "没有这件案例", "地址中的文字不能读取").into());
    };
    let page = flow.decision_page(&asking(&who, origin), &id)?;
    Ok(views::decision(&flow, &who, &page))
}

pub async fn cite_check(State(flow): State<App>, Session(who): Session) -> Response {
    views::cite_check(&flow, &who, crate::flow::today())
}
