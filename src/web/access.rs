//! Who may call what: one table, and the check made from it before a handler reads anything.
//!
//! What is not in the table is not served. Which objects a person may see is decided in the flow, and a refusal there is
//! [`hidden`]: it looks like something that does not exist.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::caller::{self, Origin};
use super::handlers::health;
use super::problem::Problem;
pub use super::routes::ROUTES;
use super::views::{encoded, refused};
use crate::domain::people::{Role, Scope};
use crate::error::{Class, Report, Result};
use crate::flow::Flow;
pub use crate::flow::people::hidden;
use crate::flow::people::{Signed, Via};
use crate::settings::Local;

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// The machine's own user without sign-in where `[access] local` allows it; otherwise anybody signed in with a role.
    Local,
    /// Anybody signed in.
    SignedIn,
    /// Anybody signed in with one of these roles.
    Roles(&'static [Role]),
}

/// A line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub access: Access,
    /// What a token must be good for; `None`: pages only, no token will do.
    pub scope: Option<Scope>,
}

/// What the check knows: the flow and where the service listens.
#[derive(Clone)]
pub struct Door {
    pub flow: Arc<Flow>,
    /// Only programs on this machine can reach the service.
    pub loopback: bool,
}

/// The line for a request; a HEAD is a GET.
fn line(method: &Method, path: &str) -> Option<&'static Route> {
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    ROUTES.iter().find(|r| r.method == method && r.path == path)
}

/// Lets the request through, with who called, or answers it.
pub async fn check(State(door): State<Door>, mut request: Request, next: Next) -> Response {
    let Some(path) = request.extensions().get::<MatchedPath>().cloned() else {
        return next.run(request).await;
    };
    let Some(route) = line(request.method(), path.as_str()) else {
        return match ROUTES.iter().any(|r| r.path == path.as_str()) {
            true => health::method_not_allowed().await,
            false => Problem(hidden()).into_response(),
        };
    };
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
    let origin = origin(peer, request.headers(), &door.flow.settings().access.proxies);
    let now = Timestamp::now();
    // Copies: a reference to the request, whose body cannot be shared, must not be held while waiting.
    let (method, headers) = (request.method().clone(), request.headers().clone());
    let (signed, renewed) = match pass(&door, route, (&method, &headers), &origin, now).await {
        Ok(passed) => passed,
        Err(report) if report.class == Class::Unauthenticated && (route.path == "/" || is_page(route, &headers)) => {
            // Back to where they wanted to go; the filter of a list is not kept.
            let next = request.uri().path();
            let to = if next == "/" { "/sign-in".to_string() } else { format!("/sign-in?next={}", encoded(next)) };
            return (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response();
        }
        Err(report) if is_page(route, &headers) => return refused(report),
        Err(report) => return Problem(report).into_response(),
    };
    let personal = signed.is_some();
    if let Some(signed) = signed {
        request.extensions_mut().insert(signed);
    }
    request.extensions_mut().insert(Origin(origin));
    let mut response = next.run(request).await;
    if let Some(cookie) = renewed {
        let set = caller::cookie(&cookie, door.flow.settings().access.https);
        response.headers_mut().append(header::SET_COOKIE, set);
    }
    if personal && !response.headers().contains_key(header::CACHE_CONTROL) {
        response.headers_mut().insert(header::CACHE_CONTROL, axum::http::HeaderValue::from_static("no-store"));
    }
    response
}

/// A page asked for by something that shows pages, rather than by a program.
fn is_page(route: &Route, headers: &HeaderMap) -> bool {
    let shows = headers.get(header::ACCEPT).and_then(|a| a.to_str().ok()).is_some_and(|a| a.contains("text/html"));
    shows && route.method == "GET" && route.scope.is_none() && !route.path.starts_with("/api/")
}

/// Who calls, when they may, and the cookie to send when it changed.
async fn pass(
    door: &Door,
    route: &Route,
    (method, headers): (&Method, &HeaderMap),
    origin: &str,
    now: Timestamp,
) -> Result<(Option<Signed>, Option<String>)> {
    if route.access == Access::Public {
        return Ok((None, None));
    }
    let open = route.access == Access::Local && open(door, headers);
    let (signed, renewed) = match caller::credentials(headers, open)? {
        caller::Credentials::Token(token) => (door.flow.by_token(&token, origin, now).await?, None),
        caller::Credentials::Cookie(cookie) => match door.flow.by_session(&cookie, origin, now).await {
            Ok(found) => found,
            // Whoever uses the machine could as well send no cookie.
            Err(report) if open && report.class == Class::Unauthenticated => return Ok((None, None)),
            Err(report) => return Err(report),
        },
        caller::Credentials::None if open => return Ok((None, None)),
        caller::Credentials::None => {
            return Err(Report::new(Class::Unauthenticated, "auth.required", "请先登录", "此操作需要登录"));
        }
    };
    may(route, &signed)?;
    if let Via::Session { csrf, .. } = &signed.via
        && !matches!(*method, Method::GET | Method::HEAD)
    {
        let mut sent = headers.get_all(caller::CSRF).iter();
        if !(sent.next().is_some_and(|v| v.as_bytes() == csrf.as_bytes()) && sent.next().is_none()) {
            let detail = "请刷新页面后重试（缺少或不符的 X-Zhicai-Csrf）";
            return Err(Report::new(Class::Forbidden, "auth.csrf", "请求未被接受", detail));
        }
    }
    Ok((Some(signed), renewed))
}

/// Role and, for a token, scope.
fn may(route: &Route, signed: &Signed) -> Result<()> {
    let role = match route.access {
        Access::Public | Access::SignedIn => true,
        Access::Local => !signed.actor.roles.is_empty(),
        Access::Roles(roles) => signed.actor.has_any(roles),
    };
    if !role {
        return Err(Report::new(Class::Forbidden, "auth.role", "没有权限", "您的角色不能进行此操作"));
    }
    match (&signed.via, route.scope) {
        (Via::Session { .. }, _) => Ok(()),
        (Via::Token { .. }, None) => {
            Err(Report::new(Class::Forbidden, "auth.session_only", "令牌不能这样使用", "请在页面登录后操作"))
        }
        (Via::Token { scopes, .. }, Some(scope)) if scopes.contains(&scope) => Ok(()),
        (Via::Token { .. }, Some(scope)) => Err(Report::new(
            Class::Forbidden,
            "auth.scope",
            "令牌权限不足",
            format!("此操作需要令牌具有“{}”（{}）权限", scope.zh(), scope.code()),
        )),
    }
}

/// Whether the request is the machine's own user's. A page elsewhere can make a name of its own point here, so the name counts.
fn open(door: &Door, headers: &HeaderMap) -> bool {
    let forwarded = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];
    door.loopback
        && door.flow.settings().access.local == Local::Open
        && !forwarded.iter().any(|name| headers.contains_key(*name))
        && headers.get(header::HOST).is_none_or(|host| host.to_str().is_ok_and(names_this_machine))
}

fn names_this_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((six, _)) => six,
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Where the request came from: the peer, or what a proxy of ours says of it.
fn origin(peer: Option<IpAddr>, headers: &HeaderMap, proxies: &[IpAddr]) -> String {
    let Some(peer) = peer else { return "local".into() };
    let by_proxy = proxies.contains(&peer);
    let told = headers.get_all("x-forwarded-for").iter().next_back().filter(|_| by_proxy);
    // The last entry is the one our proxy wrote; those before it are the caller's word.
    let told = told.and_then(|v| v.to_str().ok()).and_then(|v| v.rsplit(',').next());
    let told = told.and_then(|ip| ip.trim().parse::<IpAddr>().ok());
    told.unwrap_or(peer).to_canonical().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_local() {
        for local in ["localhost", "localhost:8088", "127.0.0.1:8088", "127.8.8.8", "[::1]:8088", "LOCALHOST:1"] {
            assert!(names_this_machine(local), "{local}");
        }
        for other in ["evil.example", "127.0.0.1.evil.example:8088", "localhost.evil.example", "10.0.0.1", "[::2]", ""]
        {
            assert!(!names_this_machine(other), "{other}");
        }
    }

    #[test]
    fn only_a_proxy_of_ours_is_believed_and_only_its_own_word() {
        let (proxy, stranger): (IpAddr, IpAddr) = ("10.0.0.2".parse().unwrap(), "10.0.0.9".parse().unwrap());
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "1.1.1.1, 2.2.2.2".parse().unwrap());
        assert_eq!(origin(Some(proxy), &headers, &[proxy]), "2.2.2.2");
        assert_eq!(origin(Some(stranger), &headers, &[proxy]), "10.0.0.9");
        headers.insert("x-forwarded-for", "<script>".parse().unwrap());
        assert_eq!(origin(Some(proxy), &headers, &[proxy]), "10.0.0.2");
    }
}
