//! Personal tokens for programs: `zc_…`, shown once, kept as a digest.

use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Signed, Via, digest, event, hidden, id, is_secret, secret};
use crate::domain::people::token::LONGEST_DAYS;
use crate::domain::people::{Scope, Token};
use crate::domain::process_record::ActorRef;
use crate::domain::process_record::event::legal_time;
use crate::error::{Class, Report, Result, Wrong};
use crate::flow::{Flow, report};
use crate::store::StoreError;
use crate::store::people::tokens::{AddToken, RevokeToken, UseToken};

/// What our tokens begin with.
pub const PREFIX: &str = "zc_";

/// A token to be made.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenWish {
    /// What it is for, in the person's words.
    pub name: String,
    pub scopes: Vec<Scope>,
    /// 90 days when not said.
    #[serde(default = "usual_days")]
    pub expires_in_days: u32,
}

fn usual_days() -> u32 {
    90
}

/// A token that was made, with its secret.
#[derive(Clone, Debug, Serialize)]
pub struct NewToken {
    #[serde(flatten)]
    pub token: Token,
    /// Shown this once.
    pub secret: String,
}

impl Flow {
    /// Who calls with this token.
    pub async fn by_token(&self, written: &str, origin: &str, now: Timestamp) -> Result<Signed> {
        let unknown = || {
            Report::new(Class::Unauthenticated, "auth.token", "令牌无效", "令牌不存在、已撤销或已过期，请换用新的令牌")
        };
        let secret = written.strip_prefix(PREFIX).filter(|s| is_secret(s)).ok_or_else(unknown)?;
        let found = self.reader().await?.token(&digest(secret)).await.map_err(report::store)?;
        let (token, person) = found.ok_or_else(unknown)?;
        let expires = token.expires_at.parse::<Timestamp>().ok();
        if person.disabled || token.revoked_at.is_some() || expires.is_none_or(|at| now >= at) {
            return Err(unknown());
        }
        let day = legal_time(now).get(..10).unwrap_or_default().to_string();
        if token.used_on.as_ref() != Some(&day) {
            let actor = ActorRef { id: person.id.clone(), name: person.name.clone() };
            let event = event(now, actor, "token.used", format!("token:{}", token.id), origin, json!({ "day": day }));
            let change = UseToken { id: token.id.clone(), day };
            self.writer().await?.commit(event, change).await.map_err(report::store)?;
        }
        let via = Via::Token { id: token.id, scopes: token.scopes };
        Ok(Signed { login: person.login.clone(), actor: person.actor(), via })
    }

    /// The caller's tokens, the newest first.
    pub async fn tokens(&self, who: &Signed) -> Result<Vec<Token>> {
        self.reader().await?.tokens(&who.actor.id).await.map_err(report::store)
    }

    /// Makes a token for the caller.
    pub async fn add_token(&self, who: &Signed, wish: TokenWish, origin: &str, now: Timestamp) -> Result<NewToken> {
        let name = wish.name.trim();
        let mut wrong = Vec::new();
        let mut note = |path: &str, message: &str| {
            wrong.push(Wrong { path: path.into(), code: "tokens.wrong".into(), message: message.into() });
        };
        if !(1..=40).contains(&name.chars().count()) || name.chars().any(char::is_control) {
            note("name", "请写明用途，最长40字");
        }
        if wish.scopes.is_empty() {
            note("scopes", "请至少选择一项权限：read、write、draft");
        }
        if !(1..=LONGEST_DAYS).contains(&wish.expires_in_days) {
            note("expires_in_days", "有效期须为1至366天");
        }
        if let Some(first) = wrong.first() {
            let detail = first.message.clone();
            return Err(Report::new(Class::Invalid, "tokens.wrong", "令牌有误", detail).errors(wrong));
        }
        let scopes: Vec<Scope> = Scope::ALL.iter().copied().filter(|s| wish.scopes.contains(s)).collect();
        let expires = now.checked_add((i64::from(wish.expires_in_days) * 24).hours()).unwrap_or(now);
        let (secret, token_id) = (secret()?, id());
        let token = Token {
            id: token_id.clone(),
            name: name.into(),
            scopes,
            created_at: legal_time(now),
            expires_at: legal_time(expires),
            revoked_at: None,
            used_on: None,
        };
        let detail = json!({ "name": name, "scopes": token.scopes, "expires_at": token.expires_at });
        let event = event(now, (&who.actor).into(), "token.added", format!("token:{token_id}"), origin, detail);
        let change = AddToken { person_id: who.actor.id.clone(), token, hash: digest(&secret) };
        let made = self.writer().await?.commit(event, change).await.map_err(report::store)?;
        Ok(NewToken { token: made.output, secret: format!("{PREFIX}{secret}") })
    }

    /// Revokes one of the caller's tokens; those of others do not exist for them.
    pub async fn revoke_token(&self, who: &Signed, token: &str, origin: &str, now: Timestamp) -> Result<()> {
        let event = event(now, (&who.actor).into(), "token.revoked", format!("token:{token}"), origin, json!({}));
        let change = RevokeToken { id: token.into(), person_id: who.actor.id.clone() };
        match self.writer().await?.commit(event, change).await {
            Ok(_) => Ok(()),
            Err(StoreError::NotFound(_)) => Err(hidden()),
            Err(e) => Err(report::store(e)),
        }
    }
}
