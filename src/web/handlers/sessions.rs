//! Signing in and out; following a one-time link.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, response::AppendHeaders};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::me::person_json;
use crate::flow::people::invite::{Acceptance, Welcome};
use crate::web::App;
use crate::web::caller::{self, Origin, Session};
use crate::web::extract::Json as Body;
use crate::web::problem::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    login: String,
    password: String,
}

/// A new session; one that came along ends.
pub async fn open(
    State(flow): State<App>,
    Origin(origin): Origin,
    headers: HeaderMap,
    Body(body): Body<SignIn>,
) -> Result<Response, Problem> {
    let ends = caller::cookies(&headers, caller::COOKIE).next();
    let opened = flow.sign_in(&body.login, body.password, ends, &origin, Timestamp::now()).await?;
    let set = caller::cookie(&opened.cookie, flow.settings().access.https);
    let told = json!({ "person": person_json(&opened.person.actor(), &opened.person.login), "csrf": opened.csrf });
    let fresh = [(header::SET_COOKIE, set), (header::CACHE_CONTROL, axum::http::HeaderValue::from_static("no-store"))];
    Ok((StatusCode::OK, AppendHeaders(fresh), Json(told)).into_response())
}

pub async fn close(
    State(flow): State<App>,
    Session(who): Session,
    Origin(origin): Origin,
) -> Result<Response, Problem> {
    flow.sign_out(&who, &origin, Timestamp::now()).await?;
    let gone = caller::no_cookie(flow.settings().access.https);
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, gone)]).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    token: String,
}

/// Whom a link is for. Not in the address, so that the secret stands in no log.
pub async fn show_invitation(State(flow): State<App>, Body(body): Body<Token>) -> Result<Json<Welcome>, Problem> {
    Ok(Json(flow.welcome(&body.token, Timestamp::now()).await?))
}

/// Sets the password; the person then signs in with it.
pub async fn accept_invitation(
    State(flow): State<App>,
    Origin(origin): Origin,
    Body(body): Body<Acceptance>,
) -> Result<Json<serde_json::Value>, Problem> {
    let person = flow.accept(body, &origin, Timestamp::now()).await?;
    Ok(Json(json!({ "login": person.login, "name": person.name })))
}
