//! One-time links. The secret stands behind `#`, so that it is sent to no server and stands in no log.

use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{digest, event, hidden, id, is_secret, manage, nobody, passwords, secret};
use crate::domain::people::{Person, Role};
use crate::domain::process_record::ActorRef;
use crate::domain::process_record::event::legal_time;
use crate::error::{Class, Report, Result};
use crate::flow::{Flow, report};
use crate::store::StoreError;
use crate::store::people::invitations::{Accept, Invite};

/// Hours a link is valid.
const FIRST_HOURS: i64 = 24;
const INVITATION_HOURS: i64 = 72;

/// A link that was made.
#[derive(Clone, Debug, Serialize)]
pub struct Link {
    /// Path and fragment; whoever has it can use it once.
    pub url: String,
    /// RFC 3339.
    pub expires_at: String,
}

/// Somebody who follows a link.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    pub token: String,
    pub password: String,
    /// For the first administrator only; others were given theirs.
    pub login: Option<String>,
    pub name: Option<String>,
}

/// Whom a link is for, as far as the page needs to know.
#[derive(Clone, Debug, Serialize)]
pub struct Welcome {
    /// Absent for the first administrator.
    pub login: Option<String>,
    pub name: Option<String>,
}

fn spent() -> Report {
    Report::new(
        Class::NotFound,
        "invitation.not_found",
        "链接不能使用",
        "链接不存在、已使用或已过期，请找管理员重新发送",
    )
}

impl Flow {
    /// A link for the first administrator, while there is nobody; earlier ones no longer work.
    pub async fn first_link(&self, by: ActorRef, origin: &str, now: Timestamp) -> Result<Option<Link>> {
        if !self.reader().await?.nobody().await.map_err(report::store)? {
            return Ok(None);
        }
        match self.link(by, None, FIRST_HOURS, origin, now).await {
            // Somebody came first in the meantime.
            Err(report) if report.code == "people.not_first" => Ok(None),
            other => other.map(Some),
        }
    }

    /// A link with which a person sets a password, the first or a new one.
    pub async fn invite(&self, by: ActorRef, person_id: &str, origin: &str, now: Timestamp) -> Result<Link> {
        let person = self.person(person_id).await?;
        if person.disabled {
            return Err(Report::new(Class::Conflict, "people.disabled", "此人已停用", "请先启用，再发送邀请"));
        }
        self.link(by, Some(person.id), INVITATION_HOURS, origin, now).await
    }

    async fn link(
        &self,
        by: ActorRef,
        person_id: Option<String>,
        hours: i64,
        origin: &str,
        now: Timestamp,
    ) -> Result<Link> {
        let (secret, expires_at) = (secret()?, now.checked_add(hours.hours()).unwrap_or(now));
        let subject = person_id.as_ref().map_or_else(|| "person:first".to_string(), |id| format!("person:{id}"));
        let detail = json!({ "expires_at": legal_time(expires_at) });
        let event = event(now, by, "person.invited", subject, origin, detail);
        let change = Invite { id: id(), person_id, hash: digest(&secret), expires_at };
        self.writer().await?.commit(event, change).await.map_err(report::store)?;
        Ok(Link { url: format!("/welcome#{secret}"), expires_at: legal_time(expires_at) })
    }

    /// Whom an unused link is for.
    pub async fn welcome(&self, token: &str, now: Timestamp) -> Result<Welcome> {
        let person = self.invited(token, now).await?;
        Ok(Welcome { login: person.as_ref().map(|p| p.login.clone()), name: person.map(|p| p.name) })
    }

    /// The person an unused link is for; `None` for the first administrator.
    async fn invited(&self, token: &str, now: Timestamp) -> Result<Option<Person>> {
        if !is_secret(token) {
            return Err(spent());
        }
        let reader = self.reader().await?;
        let link = reader.invitation(&digest(token)).await.map_err(report::store)?;
        let link = link.filter(|l| l.usable(now)).ok_or_else(spent)?;
        match link.person_id {
            None if reader.nobody().await.map_err(report::store)? => Ok(None),
            None => Err(spent()),
            Some(id) => {
                let person = reader.person(&id).await.map_err(report::store)?;
                person.filter(|p| !p.disabled).map(Some).ok_or_else(spent)
            }
        }
    }

    /// Uses a link, once, and returns whose it was.
    pub async fn accept(&self, with: Acceptance, origin: &str, now: Timestamp) -> Result<Person> {
        let person = self.invited(&with.token, now).await?;
        let first = match &person {
            Some(_) => None,
            None => Some(manage::checked(Person {
                id: id(),
                login: with.login.unwrap_or_default(),
                name: with.name.unwrap_or_default(),
                roles: vec![Role::Admin],
                certs: vec![],
                legal_qualification: false,
                first_time_reviewer: false,
                external_id: None,
                disabled: false,
                has_password: false,
                version: 1,
            })?),
        };
        if let Some(whose) = person.as_ref().or(first.as_ref()) {
            passwords::check(&with.password, &[&whose.login, &whose.name], "password")?;
        }
        let password_hash = self.accounts().hashing.hash(with.password).await?;
        let event = event(now, nobody(), "invitation.accepted", "person".into(), origin, json!({}));
        let change = Accept { hash: digest(&with.token), password_hash, first };
        match self.writer().await?.commit(event, change).await {
            Ok(done) => Ok(done.output),
            Err(StoreError::NotFound(_) | StoreError::Refused { .. }) => Err(spent()),
            Err(e) => Err(report::store(e)),
        }
    }

    /// The person of a 登录名, for the command line.
    pub async fn person_called(&self, login: &str) -> Result<Person> {
        let key = crate::domain::people::login_key(login).unwrap_or_default();
        let found = self.reader().await?.person_to_sign_in(&key).await.map_err(report::store)?;
        found.map(|(person, _)| person).ok_or_else(hidden)
    }
}
