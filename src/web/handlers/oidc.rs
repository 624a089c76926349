//! Sign-in through the bureau's own service: to it and back. Answers are for a browser under way, so problems go to the page.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;

use crate::error::Report;
use crate::web::App;
use crate::web::assets;
use crate::web::caller::{self, Origin};

/// Cookie of the browser that asked; it must come along from another site, unlike the session's.
const COOKIE: &str = "zhicai_oidc";

pub async fn start(State(flow): State<App>) -> Response {
    match flow.oidc_start(Timestamp::now()).await {
        Ok(departure) => {
            let text =
                format!("{COOKIE}={}; HttpOnly; SameSite=Lax; Path=/api/v1/oidc; Max-Age=600", departure.browser);
            let set = caller::set(text, flow.settings().access.https);
            let location = HeaderValue::try_from(departure.url).unwrap_or(HeaderValue::from_static("/sign-in"));
            (StatusCode::SEE_OTHER, AppendHeaders([(header::SET_COOKIE, set), (header::LOCATION, location)]))
                .into_response()
        }
        Err(report) => back(&report),
    }
}

#[derive(Deserialize)]
pub struct Answer {
    code: Option<String>,
    state: Option<String>,
}

/// The session cookie is not sent with a request that another site began, so the way on is a page of ours.
pub async fn callback(
    State(flow): State<App>,
    Origin(origin): Origin,
    headers: HeaderMap,
    Query(answer): Query<Answer>,
) -> Response {
    let browser = caller::cookies(&headers, COOKIE).next().unwrap_or_default();
    let ends = caller::cookies(&headers, caller::COOKIE).next();
    let (state, code) = (answer.state.unwrap_or_default(), answer.code.unwrap_or_default());
    match flow.oidc_finish(&state, code, browser, ends, &origin, Timestamp::now()).await {
        Ok(opened) => {
            let https = flow.settings().access.https;
            let set = caller::cookie(&opened.cookie, https);
            let gone = caller::set(format!("{COOKIE}=; HttpOnly; SameSite=Lax; Path=/api/v1/oidc; Max-Age=0"), https);
            (AppendHeaders([(header::SET_COOKIE, set), (header::SET_COOKIE, gone)]), assets::signed_in().await)
                .into_response()
        }
        Err(report) => back(&report),
    }
}

/// To the sign-in page, which knows the codes.
fn back(report: &Report) -> Response {
    let location = HeaderValue::try_from(format!("/sign-in?problem={}", report.code));
    let location = location.unwrap_or(HeaderValue::from_static("/sign-in"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}
