//! Who is calling, as handlers get it; the cookie and the header it comes by.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};

use super::problem::Problem;
use crate::domain::people::Actor;
use crate::error::{self, Class, Report};
use crate::flow::people::Signed;
use crate::flow::people::tokens::PREFIX;

/// Name of the session cookie.
pub const COOKIE: &str = "zhicai_session";
/// Header in which a page proves that it is ours.
pub const CSRF: &str = "x-zhicai-csrf";

/// The signed-in person; `Option<Caller>` where the route may be used without.
pub struct Caller(pub Actor);

impl Caller {
    /// Who it is, where sign-in is not needed.
    pub fn actor(caller: &Option<Self>) -> Option<&Actor> {
        caller.as_ref().map(|c| &c.0)
    }
}

/// The signed-in person and how they signed in.
pub struct Session(pub Signed);

/// Where the request came from, for the record.
#[derive(Clone, Debug)]
pub struct Origin(pub String);

fn signed(parts: &Parts) -> Option<&Signed> {
    parts.extensions.get::<Signed>()
}

fn required() -> Problem {
    Report::new(Class::Unauthenticated, "auth.required", "请先登录", "此操作需要登录").into()
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        signed(parts).map(|s| Self(s.actor.clone())).ok_or_else(required)
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(signed(parts).map(|s| Self(s.actor.clone())))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Session {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        signed(parts).cloned().map(Self).ok_or_else(required)
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Session {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(signed(parts).cloned().map(Self))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Origin>().cloned().unwrap_or_else(|| Self("local".into())))
    }
}

/// What a request brought along.
pub enum Credentials {
    None,
    Cookie(String),
    Token(String),
}

/// Reads the token or, without one, the cookie. Ordinary clients of language models send a key of any kind; where no sign-in is
/// needed (`open`) only ours is looked at.
pub fn credentials(headers: &HeaderMap, open: bool) -> error::Result<Credentials> {
    let wrong = |detail: &str| Report::new(Class::Unauthenticated, "auth.token", "令牌无效", detail);
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    if let Some(first) = sent.next() {
        let text = first.to_str().unwrap_or_default();
        let (kind, rest) = text.split_once(' ').unwrap_or((text, ""));
        let token = match kind.to_ascii_lowercase().as_str() {
            "bearer" => Some(rest.trim().to_string()),
            "basic" => password(rest.trim()),
            _ => None,
        };
        match token {
            _ if sent.next().is_some() => return Err(wrong("请求中有多个 Authorization")),
            Some(token) if token.starts_with(PREFIX) => return Ok(Credentials::Token(token)),
            _ if open => {}
            _ => return Err(wrong("请使用 Authorization: Bearer zc_…")),
        }
    }
    let mut cookies = cookies(headers, COOKIE);
    match (cookies.next(), cookies.next()) {
        (None, _) => Ok(Credentials::None),
        (Some(cookie), None) => Ok(Credentials::Cookie(cookie.into())),
        // One of them may have been planted; which one cannot be told.
        (Some(_), Some(_)) => Ok(Credentials::Cookie(String::new())),
    }
}

/// The password of HTTP Basic (RFC 7617): programs that subscribe to calendars know no other way to send a token.
fn password(encoded: &str) -> Option<String> {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).ok()?;
    String::from_utf8(bytes).ok()?.split_once(':').map(|(_, password)| password.to_string())
}

/// The values of all cookies of that name.
pub fn cookies<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(move |(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// `Set-Cookie` of a session.
pub fn cookie(secret: &str, https: bool) -> HeaderValue {
    set(format!("{COOKIE}={secret}; HttpOnly; SameSite=Strict; Path=/"), https)
}

/// `Set-Cookie` that takes the session away.
pub fn no_cookie(https: bool) -> HeaderValue {
    set(format!("{COOKIE}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0"), https)
}

/// A `Set-Cookie` from text of ours (letters, digits, signs).
pub fn set(mut text: String, https: bool) -> HeaderValue {
    if https {
        text.push_str("; Secure");
    }
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}
