//! 人员与登录: who is calling, and everything that changes it. The only place that sees a password or a secret.

pub mod invite;
pub mod manage;
pub mod oidc;
pub mod passwords;
pub mod sessions;
pub mod sign_in;
pub mod tokens;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Flow;
use crate::domain::people::{Actor, Scope};
use crate::domain::process_record::{ActorRef, NewEvent};
use crate::error::{Class, Report, Result};

/// What signing in needs in memory.
#[derive(Default)]
pub(super) struct Accounts {
    hashing: passwords::Hashing,
    /// Counting attempts and noting one must not be pulled apart.
    attempts: tokio::sync::Mutex<()>,
    /// When each session was last used; the store has it to the hour.
    seen: Mutex<HashMap<String, Timestamp>>,
    oidc: oidc::Started,
}

impl Accounts {
    fn seen(&self) -> MutexGuard<'_, HashMap<String, Timestamp>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How somebody proved who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Via {
    Session {
        /// Ours; the cookie is not known here.
        id: String,
        csrf: String,
    },
    Token {
        id: String,
        scopes: Vec<Scope>,
    },
}

/// Somebody who is signed in, with the roles they have now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    pub actor: Actor,
    pub login: String,
    pub via: Via,
}

impl From<&Actor> for ActorRef {
    fn from(actor: &Actor) -> Self {
        Self { id: actor.id.clone(), name: actor.name.clone() }
    }
}

/// The administrator of the machine, at its command line.
pub fn machine() -> ActorRef {
    ActorRef { id: "cli".into(), name: "本机管理员（命令行）".into() }
}

/// Nobody yet known.
fn nobody() -> ActorRef {
    ActorRef { id: "nobody".into(), name: "未登录".into() }
}

/// 32 random bytes in lower-case hex.
pub(super) fn secret() -> Result<String> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|e| {
        Report::new(Class::Internal, "auth.random", "无法生成随机数", format!("操作系统的随机源不可用：{e}"))
    })?;
    Ok(hex::encode(bytes))
}

/// SHA-256 of a secret; enough for what has 256 bits.
pub(super) fn digest(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

/// Whether it can be one of our secrets at all.
pub(super) fn is_secret(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Seconds from `then` to `now`; never negative, so that a clock set back makes nothing longer valid than it was.
fn seconds_since(then: Timestamp, now: Timestamp) -> i64 {
    (now.as_second() - then.as_second()).max(0)
}

fn event(at: Timestamp, actor: ActorRef, action: &str, subject: String, origin: &str, detail: Value) -> NewEvent {
    NewEvent::new(at, actor, action, subject, origin).detail(detail)
}

/// What does not exist, or is not for the caller: the two look the same.
pub fn hidden() -> Report {
    Report::new(Class::NotFound, "object.not_found", "没有这个对象", "编号不存在，或您无权查看")
}

impl Flow {
    fn accounts(&self) -> &Accounts {
        &self.accounts
    }
}
