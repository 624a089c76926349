//! Domain values → page models → pages. Templates are embedded; every value is escaped by the engine, and no page carries a script
//! or a style of its own.

mod case;
mod desk;
mod forms;
mod lists;
mod lookup;
mod range;
mod spread;
pub mod vocabularies;
mod workshop;

use std::sync::LazyLock;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use minijinja::value::{Serde, Value};
use minijinja::{Environment, context, escape_formatter};
use serde::Serialize;

pub use case::case;
pub use desk::desk;
pub use lists::{Home, cases, home, overview, reviews};
pub use lookup::{article, cite_check, decision, search};
pub use workshop::{Workshops, class, join_door, seat, workshops};

use super::assets::{Pages, versioned};
use crate::domain::money::Fen;
use crate::domain::people::Role;
use crate::domain::workshop::QuestionKind;
use crate::error::{Class, Report};
use crate::flow::Flow;
use crate::flow::people::{Signed, Via};

/// Address, name and roles of what the top bar leads to; no roles: everybody.
const NAV: &[(&str, &str, &[Role])] = &[
    ("/", "待办", &[]),
    ("/cases", "案件", &[]),
    ("/register", "登记案件", &[Role::Officer, Role::Trainer]),
    ("/reviews", "法制审核", &[Role::Reviewer, Role::Head, Role::Officer, Role::Supervisor]),
    ("/overview", "总览", &[Role::Head, Role::Supervisor]),
    ("/search", "检索", &[]),
    ("/workshops", "研讨", &[Role::Trainer]),
    ("/try", "试算", &[]),
    ("/help", "帮助", &[]),
];

/// Where somebody is in the top bar.
#[derive(Serialize)]
struct Link {
    href: &'static str,
    zh: &'static str,
    on: bool,
}

fn sources() -> Vec<(String, String)> {
    let text = |name: &str| Pages::get(name).and_then(|f| String::from_utf8(f.data.into_owned()).ok());
    Pages::iter().filter_map(|name| Some((name.to_string(), versioned(&text(&name)?)))).collect()
}

fn environment(sources: &[(String, String)]) -> Environment<'_> {
    let mut env = Environment::new();
    // What is not there is shown as nothing.
    env.set_formatter(|out, state, value| {
        if value.is_none() || value.is_undefined() { Ok(()) } else { escape_formatter(out, state, value) }
    });
    env.add_filter("yuan", |fen: Option<i64>| fen.map_or_else(String::new, |f| yuan(Fen(f))));
    env.add_filter("zh", |code: Option<String>, name: String| vocabularies::zh(&name, &code.unwrap_or_default()));
    env.add_filter("minute", minute);
    env.add_filter("points", |tenths: u32| crate::domain::workshop::score::Score::shown(tenths));
    env.add_filter("letter", |place: usize| crate::domain::workshop::score::letter(QuestionKind::Single, place));
    env.add_filter("path", |text: String| encoded(&text));
    for (name, source) in sources {
        if let Err(e) = env.add_template(name, source) {
            tracing::error!(name, "{e:#}");
        }
    }
    env
}

/// A sum as people read it: `30,000`, with 角 and 分 only where there are any.
pub fn yuan(sum: Fen) -> String {
    let told = sum.grouped();
    told.strip_suffix(".00").map_or(told.clone(), str::to_string)
}

/// A moment in the legal time of the country, to the minute.
fn minute(time: String) -> String {
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    match time.parse::<jiff::Timestamp>() {
        Ok(at) => at.to_zoned(zone).strftime("%Y-%m-%d %H:%M").to_string(),
        Err(_) => time,
    }
}

/// A segment of an address: all but letters, digits and `-_.` as %XX.
pub fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

static SOURCES: LazyLock<Vec<(String, String)>> = LazyLock::new(sources);
static PAGES: LazyLock<Environment<'static>> = LazyLock::new(|| environment(&SOURCES));

fn rendered(name: &str, with: Value) -> Result<String, minijinja::Error> {
    PAGES.get_template(name)?.render(with)
}

fn answer(status: StatusCode, name: &str, with: Value) -> Response {
    match rendered(name, with) {
        Ok(html) => (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response(),
        Err(e) => {
            tracing::error!(name, "{e:#}");
            (StatusCode::INTERNAL_SERVER_ERROR, "页面不能生成，请告诉管理员\n").into_response()
        }
    }
}

/// A page for somebody who is signed in; `page` is what the template calls `p`.
pub fn page(flow: &Flow, who: &Signed, at: &str, name: &str, title: &str, page: impl Serialize) -> Response {
    let csrf = match &who.via {
        Via::Session { csrf, .. } => csrf.as_str(),
        Via::Token { .. } => "",
    };
    let open = |roles: &&[Role]| roles.is_empty() || who.actor.has_any(roles);
    let nav: Vec<Link> = NAV
        .iter()
        .filter(|(_, _, roles)| open(roles))
        .map(|(href, zh, _)| Link { href, zh, on: *href == at })
        .collect();
    let roles: Vec<&str> = who.actor.roles.iter().map(|r| r.zh()).collect();
    let with = context! {
        title, csrf,
        nav => Value::from(Serde(nav)),
        bureau => flow.settings().agency.name.as_str(),
        me => context! { id => who.actor.id.as_str(), name => who.actor.name.as_str(), roles => roles.join("、") },
        p => Value::from(Serde(page)),
    };
    answer(StatusCode::OK, name, with)
}

/// The page that works without sign-in.
pub fn open(name: &str) -> Response {
    answer(StatusCode::OK, name, context! {})
}

/// A refusal as a page.
pub fn refused(report: Report) -> Response {
    let status = super::problem::Problem(report.clone()).status();
    let back = if report.class == Class::Unauthenticated { "/sign-in" } else { "/" };
    let with = context! {
        title => report.title, detail => report.detail, basis => report.basis, missing => report.missing,
        code => report.code, back,
    };
    answer(status, "refused.html", with)
}
