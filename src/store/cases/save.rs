//! Opening and saving a case. Both carry their event like every change.

use jiff::Timestamp;
use sqlx::Row as _;

use crate::domain::dossier::{DecisionKind, Dossier, Duty};
use crate::domain::dues::Due;
use crate::domain::penalty::PenaltyKind;
use crate::domain::process_record::event::legal_time;
use crate::store::change::{Change, Tx};
use crate::store::error::StoreError;

/// A new case. Without a number it gets the next one of its year.
pub struct Open {
    pub dossier: Dossier,
    pub dues: Vec<Due>,
    /// Year of the number that is given.
    pub year: i16,
}

impl Change for Open {
    /// The case number.
    type Output = String;

    async fn apply(mut self, tx: &mut Tx<'_>) -> Result<String, StoreError> {
        if self.dossier.case_no.is_empty() {
            self.dossier.case_no = next_number(tx, self.year).await?;
        }
        let case_no = self.dossier.case_no.clone();
        if taken(tx, &case_no).await? {
            return Err(StoreError::Exists(format!("案号{case_no}")));
        }
        let event = tx.event();
        event.case_no = Some(case_no.clone());
        event.subject = format!("case:{case_no}");
        event.version = Some(1);
        row(tx, &self.dossier, 1, true).await?;
        beside(tx, &self.dossier, &self.dues).await?;
        Ok(case_no)
    }
}

/// 代字 under which the numbers given to cases are counted: no document carries it.
const CASES: &str = "案号";

async fn taken(tx: &mut Tx<'_>, case_no: &str) -> Result<bool, StoreError> {
    let found = sqlx::query("SELECT 1 FROM cases WHERE case_no = ?").bind(case_no).fetch_optional(tx.conn()).await?;
    Ok(found.is_some())
}

/// The next number of the year that no case carries; those a person chose are passed over.
async fn next_number(tx: &mut Tx<'_>, year: i16) -> Result<String, StoreError> {
    let sql = "SELECT COALESCE(MAX(number), 0) FROM doc_numbers WHERE code = ? AND year = ?";
    let row = sqlx::query(sql).bind(CASES).bind(i64::from(year)).fetch_one(tx.conn()).await?;
    let mut number: i64 = row.try_get(0)?;
    let case_no = loop {
        number += 1;
        let case_no = format!("{year}-{number:04}");
        if !taken(tx, &case_no).await? {
            break case_no;
        }
    };
    sqlx::query("INSERT INTO doc_numbers (code, year, number, case_no, subject) VALUES (?, ?, ?, ?, ?)")
        .bind(CASES)
        .bind(i64::from(year))
        .bind(number)
        .bind(&case_no)
        .bind(format!("case:{case_no}"))
        .execute(tx.conn())
        .await?;
    Ok(case_no)
}

/// The case after a step, if it is still at the version the step was made from.
pub struct Save {
    pub dossier: Dossier,
    pub dues: Vec<Due>,
    pub base: i64,
}

impl Change for Save {
    /// The new version.
    type Output = i64;

    async fn apply(mut self, tx: &mut Tx<'_>) -> Result<i64, StoreError> {
        let case_no = self.dossier.case_no.clone();
        let found =
            sqlx::query("SELECT version FROM cases WHERE case_no = ?").bind(&case_no).fetch_optional(tx.conn()).await?;
        let current: i64 = found.ok_or_else(|| StoreError::NotFound("这个案件".into()))?.try_get(0)?;
        if current != self.base {
            return Err(StoreError::StaleVersion { subject: "案卷".into(), current });
        }
        tx.event().version = Some(current + 1);
        super::numbers::give(tx, &mut self.dossier).await?;
        row(tx, &self.dossier, current + 1, false).await?;
        beside(tx, &self.dossier, &self.dues).await?;
        Ok(current + 1)
    }
}

/// A save that came too late, kept for its author.
pub struct Park {
    pub id: String,
    pub case_no: String,
    pub base: i64,
    pub step: String,
    pub at: Timestamp,
}

impl Change for Park {
    type Output = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let found = sqlx::query("SELECT version FROM cases WHERE case_no = ?")
            .bind(&self.case_no)
            .fetch_optional(tx.conn())
            .await?;
        let current: i64 = found.ok_or_else(|| StoreError::NotFound("这个案件".into()))?.try_get(0)?;
        let actor = tx.event().actor.clone();
        sqlx::query("INSERT INTO case_conflicts (id, case_no, base, current, person_id, person_name, at, step) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
            .bind(&self.id)
            .bind(&self.case_no)
            .bind(self.base)
            .bind(current)
            .bind(&actor.id)
            .bind(&actor.name)
            .bind(legal_time(self.at))
            .bind(&self.step)
            .execute(tx.conn())
            .await?;
        Ok(())
    }
}

async fn row(tx: &mut Tx<'_>, d: &Dossier, version: i64, new: bool) -> Result<(), StoreError> {
    let json = serde_json::to_string(d).map_err(|e| StoreError::Sql(e.to_string()))?;
    let day = |d: Option<jiff::civil::Date>| d.map(|d| d.to_string());
    let sql = if new {
        "INSERT INTO cases (version, procedure, state, teaching, party, violation, cause, review, publicity, outcome, \
         created_by, registered_on, filed_on, decided_on, seq, dossier, case_no) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    } else {
        "UPDATE cases SET version = ?, procedure = ?, state = ?, teaching = ?, party = ?, violation = ?, cause = ?, \
         review = ?, publicity = ?, outcome = ?, created_by = ?, registered_on = ?, filed_on = ?, decided_on = ?, seq = ?, \
         dossier = ? WHERE case_no = ?"
    };
    let seq = tx.seq();
    sqlx::query(sql)
        .bind(version)
        .bind(d.procedure.code())
        .bind(d.state.code())
        .bind(i64::from(d.teaching))
        .bind(d.case.party.name.clone().unwrap_or_default())
        .bind(d.case.facts.violation.clone().unwrap_or_default())
        .bind(d.case.case.cause.clone().unwrap_or_default())
        .bind(d.review().map_or("", |r| r.state.code()))
        .bind(d.publicity.state.code())
        .bind(d.decision.as_ref().map_or("", |x| x.kind.code()))
        .bind(&d.created_by)
        .bind(day(d.clue.received_on).unwrap_or_default())
        .bind(day(d.filing.as_ref().map(|f| f.approved_on)))
        .bind(day(d.decision.as_ref().map(|x| x.made_on)))
        .bind(seq)
        .bind(json)
        .bind(&d.case_no)
        .execute(tx.conn())
        .await?;
    tx.seal("cases", &d.case_no);
    Ok(())
}

/// People, deadlines and fines beside the row.
async fn beside(tx: &mut Tx<'_>, d: &Dossier, dues: &[Due]) -> Result<(), StoreError> {
    for table in ["case_people", "case_dues", "case_fines", "case_reviews"] {
        sqlx::query(&format!("DELETE FROM {table} WHERE case_no = ?")).bind(&d.case_no).execute(tx.conn()).await?;
    }
    let mut people: Vec<(&str, &str)> = vec![(d.created_by.as_str(), "creator")];
    people.extend(
        d.people
            .iter()
            .filter(|p| p.left_on.is_none() || p.duty != Duty::Officer)
            .map(|p| (p.id.as_str(), p.duty.code())),
    );
    people.extend(d.reviews.iter().filter_map(|r| r.reviewer.as_ref()).map(|r| (r.id.as_str(), "reviewer")));
    people.extend(d.shared_with.iter().map(|p| (p.as_str(), "shared")));
    people.extend(d.hearing.iter().filter_map(|h| h.summons.as_ref()).map(|s| (s.host.as_str(), "hearing_host")));
    people.sort_unstable();
    people.dedup();
    for (person, tie) in people {
        sqlx::query("INSERT INTO case_people (case_no, person_id, tie) VALUES (?, ?, ?)")
            .bind(&d.case_no)
            .bind(person)
            .bind(tie)
            .execute(tx.conn())
            .await?;
    }
    let mut next: Option<String> = None;
    for (no, due) in dues.iter().enumerate() {
        let Some(day) = due.due else { continue };
        let day = day.to_string();
        sqlx::query("INSERT INTO case_dues (case_no, no, id, zh, due, basis, owner) VALUES (?, ?, ?, ?, ?, ?, ?)")
            .bind(&d.case_no)
            .bind(no as i64)
            .bind(&due.id)
            .bind(&due.zh)
            .bind(&day)
            .bind(&due.basis)
            .bind(&due.owner)
            .execute(tx.conn())
            .await?;
        if due.owner != "party" && next.as_ref().is_none_or(|n| day < *n) {
            next = Some(day);
        }
    }
    sqlx::query("UPDATE cases SET next_due = ? WHERE case_no = ?")
        .bind(next)
        .bind(&d.case_no)
        .execute(tx.conn())
        .await?;
    reviews(tx, d).await?;
    fine(tx, d).await
}

async fn reviews(tx: &mut Tx<'_>, d: &Dossier) -> Result<(), StoreError> {
    for r in &d.reviews {
        sqlx::query(
            "INSERT INTO case_reviews (id, case_no, round, state, reviewer_id, submitted_on, due, conclusion) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&r.id)
        .bind(&d.case_no)
        .bind(i64::from(r.round))
        .bind(r.state.code())
        .bind(r.reviewer.as_ref().map(|w| &w.id))
        .bind(r.submitted_on.to_string())
        .bind(r.due.map(|x| x.to_string()))
        .bind(r.conclusion.map(|c| c.code()))
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

async fn fine(tx: &mut Tx<'_>, d: &Dossier) -> Result<(), StoreError> {
    let decided = d.decision.as_ref().filter(|x| x.kind == DecisionKind::Penalty).map(|x| (&x.content, x.made_on));
    let on_spot = d.spot.as_ref().map(|s| (&s.content, crate::domain::procedure::guards::day_of(s.at)));
    let Some((content, on)) = decided.or(on_spot) else { return Ok(()) };
    if d.teaching || !content.kinds.contains(&PenaltyKind::Fine) {
        return Ok(());
    }
    let facts = &d.case.facts;
    sqlx::query(
        "INSERT INTO case_fines (case_no, party, violation, act_from, act_to, decided_on) VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(&d.case_no)
    .bind(d.case.party.name.clone().unwrap_or_default())
    .bind(facts.violation.clone().unwrap_or_default())
    .bind(facts.act_from.map(|x| x.to_string()))
    .bind(facts.act_end().map(|x| x.to_string()))
    .bind(on.to_string())
    .execute(tx.conn())
    .await?;
    Ok(())
}
