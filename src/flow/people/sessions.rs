//! Sessions: found by their cookie, given a new one every hour, ended when idle, old, closed, or when an old cookie comes back.

use jiff::Timestamp;
use serde_json::json;

use super::{Signed, Via, digest, event, is_secret, nobody, passwords, seconds_since, secret};
use crate::domain::process_record::ActorRef;
use crate::error::{Class, Report, Result, Wrong};
use crate::flow::{Flow, report};
use crate::store::StoreError;
use crate::store::people::SetPassword;
use crate::store::people::sessions::{EndSession, RotateSession, Session};

/// Seconds after which a session gets a new cookie.
pub const ROTATE: i64 = 60 * 60;
/// Seconds without use after which it ends.
pub const IDLE: i64 = 8 * 60 * 60;
/// Seconds after which it ends in any case.
pub const OLDEST: i64 = 24 * 60 * 60;
/// Seconds in which requests that were under way may still carry the cookie before the last.
pub const GRACE: i64 = 60;

/// Sessions whose last use is kept in memory; beyond that the old ones are forgotten.
const SEEN: usize = 10_000;

fn not_signed_in(code: &str, detail: &str) -> Report {
    Report::new(Class::Unauthenticated, code, "请先登录", detail)
}

impl Flow {
    /// Who calls with this cookie, and the cookie to use from now on when it changes.
    pub async fn by_session(&self, cookie: &str, origin: &str, now: Timestamp) -> Result<(Signed, Option<String>)> {
        let unknown = || not_signed_in("auth.session", "登录已失效，请重新登录");
        if !is_secret(cookie) {
            return Err(unknown());
        }
        let hash = digest(cookie);
        let found = self.reader().await?.session(&hash).await.map_err(report::store)?;
        let (session, person) = found.filter(|(_, p)| !p.disabled).ok_or_else(unknown)?;
        let actor = ActorRef { id: person.id.clone(), name: person.name.clone() };
        let since_rotation = seconds_since(session.rotated_at, now);
        if session.by_last && since_rotation >= GRACE {
            // Somebody kept a cookie that its owner has long replaced: neither can be told from the other.
            self.end(&session, nobody(), "session.reused", origin, now).await?;
            return Err(unknown());
        }
        if seconds_since(session.opened_at, now) >= OLDEST || seconds_since(self.used(&session), now) >= IDLE {
            self.end(&session, actor, "session.expired", origin, now).await?;
            return Err(not_signed_in("auth.expired", "登录已过期，请重新登录"));
        }
        self.note_use(&session, now);
        let renewed = match session.by_last || since_rotation < ROTATE {
            true => None,
            false => self.rotate(&session, &hash, actor, origin, now).await?,
        };
        let via = Via::Session { id: session.id, csrf: session.csrf };
        Ok((Signed { login: person.login.clone(), actor: person.actor(), via }, renewed))
    }

    fn used(&self, session: &Session) -> Timestamp {
        let seen = self.accounts().seen().get(&session.id).copied();
        seen.map_or(session.rotated_at, |seen| seen.max(session.rotated_at))
    }

    fn note_use(&self, session: &Session, now: Timestamp) {
        let mut seen = self.accounts().seen();
        if seen.len() >= SEEN {
            seen.retain(|_, at| seconds_since(*at, now) < IDLE);
        }
        let last = seen.entry(session.id.clone()).or_insert(now);
        *last = now.max(*last);
    }

    async fn rotate(
        &self,
        session: &Session,
        hash: &str,
        actor: ActorRef,
        origin: &str,
        now: Timestamp,
    ) -> Result<Option<String>> {
        let cookie = secret()?;
        let event = event(now, actor, "session.rotated", format!("session:{}", session.id), origin, json!({}));
        let change = RotateSession { id: session.id.clone(), hash: hash.into(), new_hash: digest(&cookie) };
        match self.writer().await?.commit(event, change).await {
            Ok(_) => Ok(Some(cookie)),
            // Another request of the same session was first; its answer carries the new cookie.
            Err(StoreError::NotFound(_)) => Ok(None),
            Err(e) => Err(report::store(e)),
        }
    }

    async fn end(&self, session: &Session, actor: ActorRef, action: &str, origin: &str, now: Timestamp) -> Result<()> {
        self.accounts().seen().remove(&session.id);
        let event = event(now, actor, action, format!("session:{}", session.id), origin, json!({}));
        let change = EndSession(session.id.clone());
        self.writer().await?.commit(event, change).await.map_err(report::store)?;
        Ok(())
    }

    /// Ends the caller's session.
    pub async fn sign_out(&self, who: &Signed, origin: &str, now: Timestamp) -> Result<()> {
        let Via::Session { id, .. } = &who.via else { return Err(sessions_only()) };
        self.accounts().seen().remove(id);
        let event = event(now, (&who.actor).into(), "session.closed", format!("session:{id}"), origin, json!({}));
        self.writer().await?.commit(event, EndSession(id.clone())).await.map_err(report::store)?;
        Ok(())
    }

    /// Changes the caller's password, who must know the old one; all their other sessions end.
    pub async fn change_password(
        &self,
        who: &Signed,
        current: String,
        new: String,
        origin: &str,
        now: Timestamp,
    ) -> Result<()> {
        let Via::Session { id: session, .. } = &who.via else { return Err(sessions_only()) };
        passwords::check(&new, &[&who.login, &who.actor.name], "new")?;
        // A session left open must not serve to guess the password without limit.
        self.attempt(&digest(&who.login), origin, now).await?;
        let found = self.reader().await?.person_to_sign_in(&who.login).await.map_err(report::store)?;
        let hash = found.filter(|(p, _)| p.id == who.actor.id).and_then(|(_, hash)| hash);
        if !self.accounts().hashing.verify(current, hash).await? {
            let message = "原密码不对";
            let wrong = Wrong { path: "current".into(), code: "password.wrong".into(), message: message.into() };
            return Err(Report::new(Class::Invalid, "password.wrong", "密码没有修改", message).errors(vec![wrong]));
        }
        let hash = self.accounts().hashing.hash(new).await?;
        let subject = format!("person:{}", who.actor.id);
        let event = event(now, (&who.actor).into(), "password.changed", subject, origin, json!({}));
        let forget = crate::store::people::access::Forget(digest(&who.login));
        let change = SetPassword { person_id: who.actor.id.clone(), hash, keep_session: Some(session.clone()) };
        self.writer().await?.commit(event, (change, forget)).await.map_err(report::store)?;
        Ok(())
    }
}

/// What a token cannot do for its person.
fn sessions_only() -> Report {
    Report::new(Class::Forbidden, "auth.session_only", "令牌不能这样使用", "请在页面登录后操作")
}
