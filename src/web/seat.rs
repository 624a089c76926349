//! Who takes part in a class: found by a cookie of that class alone, and, for commands, by its proof in the header. No account and no
//! session of the bureau is looked at here.

use std::collections::HashMap;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method};

use super::App;
use super::caller::{self, CSRF};
use super::problem::Problem;
use crate::domain::workshop::read_code;
use crate::error::{Class, Report};
use crate::flow::workshops::Taking;

/// Seconds that a place is kept in a browser.
const KEPT: i64 = 24 * 60 * 60;

/// A participant whose request may be answered.
pub struct Seated(pub Taking);

fn name(code: &str) -> String {
    format!("zhicai_join_{code}")
}

/// `Set-Cookie` for a place. `Lax`: people come back through a link from elsewhere.
pub fn cookie(code: &str, secret: &str, https: bool) -> HeaderValue {
    caller::set(format!("{}={secret}; HttpOnly; SameSite=Lax; Path=/; Max-Age={KEPT}", name(code)), https)
}

/// The cookie for that class, where there is exactly one: of two, one may have been planted.
pub fn secret(headers: &HeaderMap, code: &str) -> Option<String> {
    let name = name(&read_code(code)?);
    let mut found = caller::cookies(headers, &name);
    match (found.next(), found.next()) {
        (Some(secret), None) => Some(secret.to_string()),
        _ => None,
    }
}

impl FromRequestParts<App> for Seated {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, flow: &App) -> Result<Self, Problem> {
        let Path(path) = Path::<HashMap<String, String>>::from_request_parts(parts, flow).await?;
        let code = path.get("code").cloned().unwrap_or_default();
        let taking = flow.taking(&code, secret(&parts.headers, &code).as_deref()).await?;
        if !matches!(parts.method, Method::GET | Method::HEAD) {
            let mut sent = parts.headers.get_all(CSRF).iter();
            let proved = sent.next().is_some_and(|v| v.as_bytes() == taking.csrf().as_bytes()) && sent.next().is_none();
            if !proved {
                let detail = "请刷新页面后重试（缺少或不符的 X-Zhicai-Csrf）";
                return Err(Report::new(Class::Forbidden, "join.csrf", "请求未被接受", detail).into());
            }
        }
        Ok(Self(taking))
    }
}
