//! 登录: a name and a password against a session. Attempts are counted before the password is looked at.

use jiff::Timestamp;
use serde_json::json;

use super::{digest, event, id, nobody, secret};
use crate::domain::people::{Person, login_key};
use crate::domain::process_record::ActorRef;
use crate::error::{Class, Report, Result};
use crate::flow::{Flow, report};
use crate::store::people::access::Attempt;
use crate::store::people::sessions::OpenSession;

/// Seconds in which failures count.
const WINDOW: i64 = 15 * 60;
/// Failures for one name, and from one address, within the window.
const FOR_NAME: u32 = 5;
const FROM_ADDRESS: u32 = 20;

/// A session that was opened; the cookie is shown this once.
#[derive(Clone, Debug)]
pub struct Opened {
    pub cookie: String,
    pub csrf: String,
    pub person: Person,
}

impl Flow {
    /// Signs a person in. `ends` is a cookie that came along; that session ends.
    pub async fn sign_in(
        &self,
        login: &str,
        password: String,
        ends: Option<&str>,
        origin: &str,
        now: Timestamp,
    ) -> Result<Opened> {
        let key = login_key(login);
        let name_key = digest(&key.clone().unwrap_or_else(|| login.trim().to_lowercase()));
        self.attempt(&name_key, origin, now).await?;
        let found = match &key {
            Some(key) => self.reader().await?.person_to_sign_in(key).await.map_err(report::store)?,
            None => None,
        };
        let (person, hash) = match found {
            Some((person, hash)) if !person.disabled => (Some(person), hash),
            _ => (None, None),
        };
        let right = self.accounts().hashing.verify(password, hash).await?;
        match person.filter(|_| right) {
            Some(person) => self.open_session(person, Some(name_key), ends, "password", origin, now).await,
            None => {
                Err(Report::new(Class::Unauthenticated, "auth.wrong", "不能登录", "登录名或密码不对，或账号未启用"))
            }
        }
    }

    /// Notes an attempt, or says how long to wait.
    pub(super) async fn attempt(&self, name_key: &str, address: &str, now: Timestamp) -> Result<()> {
        let (at, since) = (now.as_second(), now.as_second() - WINDOW);
        let _counting = self.accounts().attempts.lock().await;
        let reader = self.reader().await?;
        let name = reader.attempts_for(name_key, since, FOR_NAME).await.map_err(report::store)?;
        let place = reader.attempts_from(address, since, FROM_ADDRESS).await.map_err(report::store)?;
        // Until the oldest of those that fill the limit has left the window.
        let wait = |times: &[i64], most: u32| {
            let full = times.len() >= most as usize;
            times.last().filter(|_| full).map(|oldest| (oldest + WINDOW - at + 1).clamp(1, WINDOW))
        };
        if let Some(seconds) = wait(&name, FOR_NAME).max(wait(&place, FROM_ADDRESS)) {
            let detail = format!("请在{}分钟后再试；忘记密码请找管理员", (seconds + 59) / 60);
            return Err(Report::new(Class::Busy, "auth.too_many", "登录失败次数过多", detail).retry_after(seconds));
        }
        let event = event(now, nobody(), "session.attempted", "session".into(), address, json!({}));
        let change = Attempt { id: id(), name_key: name_key.into(), address: address.into(), at, since };
        self.writer().await?.commit(event, change).await.map_err(report::store)?;
        Ok(())
    }

    pub(super) async fn open_session(
        &self,
        person: Person,
        name_key: Option<String>,
        ends: Option<&str>,
        how: &str,
        origin: &str,
        now: Timestamp,
    ) -> Result<Opened> {
        let (cookie, csrf, session) = (secret()?, secret()?, id());
        let actor = ActorRef { id: person.id.clone(), name: person.name.clone() };
        let subject = format!("person:{}", person.id);
        let event = event(now, actor, "session.opened", subject, origin, json!({ "session": session, "how": how }));
        let change = OpenSession {
            id: session,
            person_id: person.id.clone(),
            hash: digest(&cookie),
            csrf: csrf.clone(),
            address: origin.into(),
            name_key,
            ends: ends.map(digest),
        };
        self.writer().await?.commit(event, change).await.map_err(report::store)?;
        Ok(Opened { cookie, csrf, person })
    }
}
