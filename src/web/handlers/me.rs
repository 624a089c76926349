//! The caller: who they are, their password, their tokens.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::domain::people::{Actor, Role};
use crate::flow::people::Via;
use crate::flow::people::tokens::{NewToken, TokenWish};
use crate::web::App;
use crate::web::caller::{Origin, Session};
use crate::web::extract::Json as Body;
use crate::web::problem::Problem;

/// A person as they see themselves.
pub(super) fn person_json(actor: &Actor, login: &str) -> Value {
    let roles_zh: Vec<&str> = actor.roles.iter().map(|r: &Role| r.zh()).collect();
    json!({
        "id": actor.id, "login": login, "name": actor.name, "roles": actor.roles, "roles_zh": roles_zh, "certs": actor.certs,
        "legal_qualification": actor.legal_qualification, "first_time_reviewer": actor.first_time_reviewer,
    })
}

pub async fn show(Session(who): Session) -> Json<Value> {
    let person = person_json(&who.actor, &who.login);
    Json(match &who.via {
        Via::Session { csrf, .. } => json!({ "person": person, "csrf": csrf }),
        Via::Token { scopes, .. } => json!({ "person": person, "scopes": scopes }),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Passwords {
    current: String,
    new: String,
}

pub async fn change_password(
    State(flow): State<App>,
    Session(who): Session,
    Origin(origin): Origin,
    Body(body): Body<Passwords>,
) -> Result<StatusCode, Problem> {
    flow.change_password(&who, body.current, body.new, &origin, Timestamp::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub async fn tokens(State(flow): State<App>, Session(who): Session) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({ "tokens": flow.tokens(&who).await? })))
}

pub async fn add_token(
    State(flow): State<App>,
    Session(who): Session,
    Origin(origin): Origin,
    Body(wish): Body<TokenWish>,
) -> Result<(StatusCode, Json<NewToken>), Problem> {
    Ok((StatusCode::CREATED, Json(flow.add_token(&who, wish, &origin, Timestamp::now()).await?)))
}

pub async fn revoke_token(
    State(flow): State<App>,
    Session(who): Session,
    Origin(origin): Origin,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    flow.revoke_token(&who, &id, &origin, Timestamp::now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
