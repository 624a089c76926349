//! People and their certificates; beside them what they sign in with.

pub mod access;
pub mod invitations;
pub mod sessions;
pub mod tokens;

use std::collections::HashMap;

use sqlx::Row as _;

use super::Reader;
use super::change::{Change, Tx};
use super::error::StoreError;
use super::sqlite::{Connection, Row};
use crate::domain::people::{Issuer, OfficerCert, Person, Role};
use crate::domain::process_record::event::legal_time;

const COLUMNS: &str = "p.id, p.login, p.name, p.roles, p.legal_qualification, p.first_time_reviewer, p.external_id, p.disabled, p.password_hash, p.version";

/// Adds a person, version 1 and without a password.
pub struct AddPerson(pub Person);

impl Change for AddPerson {
    type Output = Person;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Person, StoreError> {
        let person = Person { version: 1, has_password: false, ..self.0 };
        unique(tx, &person).await?;
        let at = legal_time(tx.event().at);
        sqlx::query(
            "INSERT INTO people (id, login, name, roles, legal_qualification, first_time_reviewer, external_id, disabled, password_hash, version, changed_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, 1, ?)",
        )
        .bind(&person.id)
        .bind(&person.login)
        .bind(&person.name)
        .bind(roles_text(&person.roles))
        .bind(person.legal_qualification)
        .bind(person.first_time_reviewer)
        .bind(&person.external_id)
        .bind(person.disabled)
        .bind(at)
        .execute(tx.conn())
        .await?;
        put_certs(tx, &person).await?;
        tx.seal("people", &person.id);
        Ok(person)
    }
}

/// Saves a person as changed from the version it names; the last administrator stays one. Who is disabled loses sessions and tokens.
pub struct SavePerson(pub Person);

impl Change for SavePerson {
    type Output = Person;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Person, StoreError> {
        let mut person = self.0;
        let before = find(tx.conn(), "p.id = ?", &person.id).await?;
        let (before, _) = before.ok_or_else(|| StoreError::NotFound("这个人员".into()))?;
        if before.version != person.version {
            return Err(StoreError::StaleVersion {
                subject: format!("人员“{}”", before.name),
                current: before.version,
            });
        }
        unique(tx, &person).await?;
        let had_admin = has_admin(tx.conn()).await?;
        person.version += 1;
        person.has_password = before.has_password;
        let at = legal_time(tx.event().at);
        sqlx::query(
            "UPDATE people SET login = ?, name = ?, roles = ?, legal_qualification = ?, first_time_reviewer = ?, external_id = ?, disabled = ?, version = ?, changed_at = ? \
             WHERE id = ?",
        )
        .bind(&person.login)
        .bind(&person.name)
        .bind(roles_text(&person.roles))
        .bind(person.legal_qualification)
        .bind(person.first_time_reviewer)
        .bind(&person.external_id)
        .bind(person.disabled)
        .bind(person.version)
        .bind(at)
        .bind(&person.id)
        .execute(tx.conn())
        .await?;
        if had_admin && !has_admin(tx.conn()).await? {
            return Err(StoreError::Refused {
                code: "people.last_admin",
                message: "这是最后一位在用的管理员，不能停用或去掉管理员角色；请先指定另一位管理员".into(),
            });
        }
        put_certs(tx, &person).await?;
        if person.disabled {
            sessions::end_all(tx, &person.id, None).await?;
            tokens::revoke_all(tx, &person.id).await?;
            invitations::withdraw(tx, Some(&person.id)).await?;
        }
        tx.event().version = Some(person.version);
        tx.seal("people", &person.id);
        Ok(person)
    }
}

/// Sets a password by its hash and ends all sessions of the person but one.
pub struct SetPassword {
    pub person_id: String,
    pub hash: String,
    pub keep_session: Option<String>,
}

impl Change for SetPassword {
    type Output = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let done = sqlx::query("UPDATE people SET password_hash = ? WHERE id = ? AND disabled = 0")
            .bind(&self.hash)
            .bind(&self.person_id)
            .execute(tx.conn())
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::NotFound("这个人员".into()));
        }
        sessions::end_all(tx, &self.person_id, self.keep_session.as_deref()).await?;
        tx.seal("people", &self.person_id);
        Ok(())
    }
}

impl Reader {
    /// Everybody, by 登录名.
    pub async fn people(&self) -> Result<Vec<Person>, StoreError> {
        let mut conn = self.pool.acquire().await?;
        let rows =
            sqlx::query(&format!("SELECT {COLUMNS} FROM people p ORDER BY p.login")).fetch_all(&mut *conn).await?;
        let mut people: Vec<Person> = rows.iter().map(person).collect::<Result<_, _>>()?;
        // All certificates at once: a query per person would be felt at every step of a case.
        let sql = format!("SELECT {CERT}, person_id FROM certificates ORDER BY person_id, place");
        let rows = sqlx::query(&sql).fetch_all(&mut *conn).await?;
        let mut held: HashMap<String, Vec<OfficerCert>> = HashMap::new();
        for row in &rows {
            held.entry(row.try_get(6)?).or_default().push(cert(row)?);
        }
        for person in &mut people {
            person.certs = held.remove(&person.id).unwrap_or_default();
        }
        Ok(people)
    }

    pub async fn person(&self, id: &str) -> Result<Option<Person>, StoreError> {
        let mut conn = self.pool.acquire().await?;
        Ok(find(&mut conn, "p.id = ?", id).await?.map(|(person, _)| person))
    }

    /// The person of that 登录名 and the hash of their password.
    pub async fn person_to_sign_in(&self, login: &str) -> Result<Option<(Person, Option<String>)>, StoreError> {
        let mut conn = self.pool.acquire().await?;
        find(&mut conn, "p.login = ?", login).await
    }

    /// The person whom the sign-in service of the bureau calls so.
    pub async fn person_by_external_id(&self, external_id: &str) -> Result<Option<Person>, StoreError> {
        let mut conn = self.pool.acquire().await?;
        Ok(find(&mut conn, "p.external_id = ?", external_id).await?.map(|(person, _)| person))
    }

    /// Whether there is nobody yet.
    pub async fn nobody(&self) -> Result<bool, StoreError> {
        let mut conn = self.pool.acquire().await?;
        nobody(&mut conn).await
    }
}

async fn nobody(conn: &mut Connection) -> Result<bool, StoreError> {
    Ok(sqlx::query("SELECT id FROM people LIMIT 1").fetch_optional(conn).await?.is_none())
}

/// `condition` is one of the fixed texts above.
async fn find(
    conn: &mut Connection,
    condition: &'static str,
    value: &str,
) -> Result<Option<(Person, Option<String>)>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM people p WHERE {condition}");
    let Some(row) = sqlx::query(&sql).bind(value).fetch_optional(&mut *conn).await? else { return Ok(None) };
    let (mut person, hash) = (person(&row)?, row.try_get(8)?);
    person.certs = certs(conn, &person.id).await?;
    Ok(Some((person, hash)))
}

/// A person from a row of [`COLUMNS`], without certificates.
fn person(row: &Row) -> Result<Person, StoreError> {
    let roles: String = row.try_get(3)?;
    Ok(Person {
        id: row.try_get(0)?,
        login: row.try_get(1)?,
        name: row.try_get(2)?,
        roles: roles.split(',').filter_map(Role::from_code).collect(),
        certs: Vec::new(),
        legal_qualification: row.try_get(4)?,
        first_time_reviewer: row.try_get(5)?,
        external_id: row.try_get(6)?,
        disabled: row.try_get(7)?,
        has_password: row.try_get::<Option<String>, _>(8)?.is_some(),
        version: row.try_get(9)?,
    })
}

/// Columns of [`cert`].
const CERT: &str = "cert_no, issuer, region, categories, valid_from, valid_to";

async fn certs(conn: &mut Connection, person_id: &str) -> Result<Vec<OfficerCert>, StoreError> {
    let sql = format!("SELECT {CERT} FROM certificates WHERE person_id = ? ORDER BY place");
    sqlx::query(&sql).bind(person_id).fetch_all(conn).await?.iter().map(cert).collect()
}

fn cert(row: &Row) -> Result<OfficerCert, StoreError> {
    let broken = |what: &str| StoreError::Corrupt(format!("执法证件的{what}无法读取"));
    let day = |text: String| text.parse().map_err(|_| broken("日期"));
    Ok(OfficerCert {
        cert_no: row.try_get(0)?,
        issuer: Issuer::from_code(&row.try_get::<String, _>(1)?).ok_or_else(|| broken("颁发机关"))?,
        region: row.try_get(2)?,
        categories: row.try_get::<String, _>(3)?.lines().map(str::to_string).collect(),
        valid_from: day(row.try_get(4)?)?,
        valid_to: day(row.try_get(5)?)?,
    })
}

/// Puts these certificates in place of those there were.
async fn put_certs(tx: &mut Tx<'_>, person: &Person) -> Result<(), StoreError> {
    let before = certs(tx.conn(), &person.id).await?;
    if before == person.certs {
        return Ok(());
    }
    sqlx::query("DELETE FROM certificates WHERE person_id = ?").bind(&person.id).execute(tx.conn()).await?;
    for (place, cert) in (0i64..).zip(&person.certs) {
        let taken = sqlx::query("SELECT person_id FROM certificates WHERE cert_no = ?").bind(&cert.cert_no);
        if taken.fetch_optional(tx.conn()).await?.is_some() {
            return Err(StoreError::Exists(format!("证件号{}", cert.cert_no)));
        }
        sqlx::query(
            "INSERT INTO certificates (cert_no, person_id, place, issuer, region, categories, valid_from, valid_to) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&cert.cert_no)
        .bind(&person.id)
        .bind(place)
        .bind(cert.issuer.code())
        .bind(&cert.region)
        .bind(cert.categories.join("\n"))
        .bind(cert.valid_from.to_string())
        .bind(cert.valid_to.to_string())
        .execute(tx.conn())
        .await?;
    }
    for cert in before.iter().chain(&person.certs) {
        tx.seal("certificates", &cert.cert_no);
    }
    Ok(())
}

/// Nobody else has this 登录名 or this name at the sign-in service.
async fn unique(tx: &mut Tx<'_>, person: &Person) -> Result<(), StoreError> {
    let same = sqlx::query("SELECT login FROM people WHERE id <> ? AND (login = ? OR external_id = ?)")
        .bind(&person.id)
        .bind(&person.login)
        .bind(&person.external_id)
        .fetch_optional(tx.conn())
        .await?;
    match same {
        Some(row) if row.try_get::<String, _>(0)? == person.login => {
            Err(StoreError::Exists(format!("登录名“{}”", person.login)))
        }
        Some(_) => Err(StoreError::Exists("统一登录标识".into())),
        None => Ok(()),
    }
}

async fn has_admin(conn: &mut Connection) -> Result<bool, StoreError> {
    let rows = sqlx::query("SELECT roles FROM people WHERE disabled = 0").fetch_all(conn).await?;
    for row in &rows {
        if row.try_get::<String, _>(0)?.split(',').any(|code| code == Role::Admin.code()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Codes in the order of the vocabulary, each once.
fn roles_text(roles: &[Role]) -> String {
    let held: Vec<&str> = Role::ALL.iter().filter(|r| roles.contains(r)).map(|r| r.code()).collect();
    held.join(",")
}
