//! Managing people: adding, changing, disabling. What an administrator does, at a page or at the command line.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, json};

use super::{event, hidden, id};
use crate::domain::people::{OfficerCert, Person, Role, login_key, person_name};
use crate::domain::process_record::ActorRef;
use crate::error::{Class, Report, Result, Wrong};
use crate::flow::{Flow, report};
use crate::store::StoreError;
use crate::store::people::{AddPerson, SavePerson};

/// Certificates of one person, at most.
const MOST_CERTS: usize = 20;

/// A person to be added.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPerson {
    pub login: String,
    pub name: String,
    pub roles: Vec<Role>,
    #[serde(default)]
    pub certs: Vec<OfficerCert>,
    #[serde(default)]
    pub legal_qualification: bool,
    #[serde(default)]
    pub first_time_reviewer: bool,
    #[serde(default)]
    pub external_id: Option<String>,
}

/// What is to become different; absent stays.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonChange {
    /// The version it was made from.
    pub version: i64,
    pub name: Option<String>,
    pub roles: Option<Vec<Role>>,
    pub certs: Option<Vec<OfficerCert>>,
    pub legal_qualification: Option<bool>,
    pub first_time_reviewer: Option<bool>,
    /// Empty takes it away.
    pub external_id: Option<String>,
    pub disabled: Option<bool>,
}

impl Flow {
    /// Everybody, by 登录名.
    pub async fn people(&self) -> Result<Vec<Person>> {
        self.reader().await?.people().await.map_err(report::store)
    }

    pub async fn person(&self, id: &str) -> Result<Person> {
        self.reader().await?.person(id).await.map_err(report::store)?.ok_or_else(hidden)
    }

    /// Adds a person without a password: an invitation lets them set one.
    pub async fn add_person(&self, by: ActorRef, new: NewPerson, origin: &str, now: Timestamp) -> Result<Person> {
        let person = checked(Person {
            id: id(),
            login: new.login,
            name: new.name,
            roles: new.roles,
            certs: new.certs,
            legal_qualification: new.legal_qualification,
            first_time_reviewer: new.first_time_reviewer,
            external_id: new.external_id,
            disabled: false,
            has_password: false,
            version: 1,
        })?;
        let detail = json!({ "login": person.login, "name": person.name, "roles": person.roles });
        let event = event(now, by, "person.added", format!("person:{}", person.id), origin, detail).version(1);
        Ok(self.writer().await?.commit(event, AddPerson(person)).await.map_err(refused)?.output)
    }

    /// Changes a person, from the version that the change names; their sessions and tokens end when they are disabled.
    pub async fn change_person(
        &self,
        by: ActorRef,
        person_id: &str,
        change: PersonChange,
        origin: &str,
        now: Timestamp,
    ) -> Result<Person> {
        let before = self.person(person_id).await?;
        let person = checked(Person {
            name: change.name.unwrap_or_else(|| before.name.clone()),
            roles: change.roles.unwrap_or_else(|| before.roles.clone()),
            certs: change.certs.unwrap_or_else(|| before.certs.clone()),
            legal_qualification: change.legal_qualification.unwrap_or(before.legal_qualification),
            first_time_reviewer: change.first_time_reviewer.unwrap_or(before.first_time_reviewer),
            external_id: change.external_id.or_else(|| before.external_id.clone()),
            disabled: change.disabled.unwrap_or(before.disabled),
            version: change.version,
            ..before.clone()
        })?;
        let action = match (before.disabled, person.disabled) {
            (false, true) => "person.disabled",
            (true, false) => "person.enabled",
            _ => "person.changed",
        };
        let (was, is) = (json!(before), json!(person));
        let mut detail = Map::new();
        for (key, value) in is.as_object().into_iter().flatten().filter(|(key, _)| *key != "version") {
            let old = was.get(key).cloned().unwrap_or_default();
            if old != *value {
                detail.insert(key.clone(), json!({ "from": old, "to": value }));
            }
        }
        let event = event(now, by, action, format!("person:{person_id}"), origin, detail.into());
        Ok(self.writer().await?.commit(event, SavePerson(person)).await.map_err(refused)?.output)
    }
}

/// The person in the form that is kept, or everything that is wrong with it.
pub(super) fn checked(mut person: Person) -> Result<Person> {
    let mut wrong = Vec::new();
    let mut note = |path: String, message: &str| {
        wrong.push(Wrong { path, code: "people.wrong".into(), message: message.into() });
    };
    match login_key(&person.login) {
        Some(key) => person.login = key,
        None => note("login".into(), "登录名须为2至32个字母、数字或汉字，中间可有点、横线、下划线"),
    }
    match person_name(&person.name) {
        Some(name) => person.name = name,
        None => note("name".into(), "姓名不能为空，最长40字"),
    }
    person.roles = Role::ALL.iter().copied().filter(|r| person.roles.contains(r)).collect();
    if person.roles.is_empty() {
        note("roles".into(), "至少需要一个角色");
    }
    person.external_id = person.external_id.map(|e| e.trim().to_string()).filter(|e| !e.is_empty());
    if person.external_id.as_ref().is_some_and(|e| e.chars().count() > 200 || e.chars().any(char::is_control)) {
        note("external_id".into(), "统一登录标识最长200字");
    }
    if person.certs.len() > MOST_CERTS {
        note("certs".into(), "证件过多，最多20件");
    }
    for (i, cert) in person.certs.iter().enumerate() {
        for (field, message) in cert.problems() {
            note(format!("certs[{i}].{field}"), message);
        }
        if person.certs.iter().take(i).any(|c| c.cert_no == cert.cert_no) {
            note(format!("certs[{i}].cert_no"), "同一证件不能登记两次");
        }
    }
    match wrong.first() {
        Some(first) => {
            let detail = first.message.clone();
            Err(Report::new(Class::Invalid, "people.wrong", "人员信息有误", detail).errors(wrong))
        }
        None => Ok(person),
    }
}

fn refused(e: StoreError) -> Report {
    match e {
        StoreError::NotFound(_) => hidden(),
        other => report::store(other),
    }
}
