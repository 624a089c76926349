//! A request that changes a case: who asks, from where, when, the body as text, and whether it may come twice.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::caller::{Caller, Origin};
use super::extract::Text;
use super::problem::Problem;
use crate::error::{Class, Report};
use crate::flow::cases::{Asking, Once};

/// Longest `Idempotency-Key`.
const LONGEST_KEY: usize = 200;

/// Who asks, for requests that read.
pub struct Ask(pub Asking);

/// Who asks, with the body; `once` is set when the request carries an `Idempotency-Key`.
pub struct Asked {
    pub ask: Asking,
    pub body: String,
}

async fn asking<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<Asking, Problem> {
    let Caller(actor) = <Caller as FromRequestParts<S>>::from_request_parts(parts, state).await?;
    let origin = match Origin::from_request_parts(parts, state).await {
        Ok(Origin(origin)) => origin,
        Err(never) => match never {},
    };
    Ok(Asking { actor, origin, now: Timestamp::now(), once: None })
}

impl<S: Send + Sync> FromRequestParts<S> for Ask {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        asking(parts, state).await.map(Self)
    }
}

impl<S: Send + Sync> FromRequest<S> for Asked {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let mut ask = asking(&mut parts, state).await?;
        let (method, path) = (parts.method.clone(), parts.uri.path().to_string());
        let key = key(&parts)?;
        let Text(body) = Text::from_request(Request::from_parts(parts, body), state).await?;
        ask.once = key.map(|key| {
            let digest = hex::encode(Sha256::digest(format!("{method}\n{path}\n{body}").as_bytes()));
            Once { actor_id: ask.actor.id.clone(), key, digest }
        });
        Ok(Self { ask, body })
    }
}

/// The `Idempotency-Key`, where one was sent.
pub fn key(parts: &Parts) -> Result<Option<String>, Problem> {
    let Some(value) = parts.headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().unwrap_or_default().trim();
    if key.is_empty() || key.len() > LONGEST_KEY {
        let detail = format!("Idempotency-Key 应为 1 至 {LONGEST_KEY} 个可见字符");
        return Err(Report::new(Class::Invalid, "http.bad_key", "请求头有误", detail).into());
    }
    Ok(Some(key.to_string()))
}
