//! Opening and saving a case. Both carry their event like every change.

use jiff::Timestamp;
use sqlx::Row as _;

use super::lists::{self, Cell};
use crate::domain::dossier::Dossier;
use crate::domain::dues::Due;
use crate::domain::process_record::event::legal_time;
use crate::store::change::{Change, Tx};
use crate::store::error::StoreError;
use crate::store::{numbers, sqlite};

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
        row(tx, &self.dossier, &self.dues, 1, true).await?;
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
    let mut number = numbers::last(tx, CASES, year).await?;
    let case_no = loop {
        number += 1;
        let case_no = format!("{year}-{number:04}");
        if !taken(tx, &case_no).await? {
            break case_no;
        }
    };
    numbers::give(tx, (CASES, year, number), &case_no, &format!("case:{case_no}")).await?;
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
        row(tx, &self.dossier, &self.dues, current + 1, false).await?;
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
        tx.seal("case_conflicts", &self.id);
        Ok(())
    }
}

/// The row with the file, and the lists beside it.
async fn row(tx: &mut Tx<'_>, d: &Dossier, dues: &[Due], version: i64, new: bool) -> Result<(), StoreError> {
    let json = |e: serde_json::Error| StoreError::Sql(e.to_string());
    let mut cells = vec![
        ("version", Cell::Number(version)),
        ("seq", Cell::Number(tx.seq())),
        ("dossier", Cell::text(serde_json::to_string(d).map_err(json)?)),
        ("dues", Cell::text(serde_json::to_string(dues).map_err(json)?)),
    ];
    cells.extend(lists::facets(d, dues));
    cells.push(("case_no", Cell::text(&d.case_no)));
    let (names, cells): (Vec<&str>, Vec<Cell>) = cells.into_iter().unzip();
    if new {
        insert(tx, "cases", &names, &cells).await?;
    } else {
        let set: Vec<String> = names.iter().filter(|n| **n != "case_no").map(|n| format!("{n} = ?")).collect();
        let sql = format!("UPDATE cases SET {} WHERE case_no = ?", set.join(", "));
        bound(&sql, &cells).execute(tx.conn()).await?;
    }
    tx.seal("cases", &d.case_no);
    for list in lists::of(d, dues) {
        let sql = format!("DELETE FROM {} WHERE case_no = ?", list.table);
        sqlx::query(&sql).bind(&d.case_no).execute(tx.conn()).await?;
        for row in &list.rows {
            insert(tx, list.table, list.columns, row).await?;
        }
    }
    Ok(())
}

async fn insert(tx: &mut Tx<'_>, table: &str, columns: &[&str], row: &[Cell]) -> Result<(), StoreError> {
    let places = vec!["?"; columns.len()].join(", ");
    let sql = format!("INSERT INTO {table} ({}) VALUES ({places})", columns.join(", "));
    bound(&sql, row).execute(tx.conn()).await?;
    Ok(())
}

fn bound<'q>(sql: &'q str, cells: &'q [Cell]) -> sqlite::Query<'q> {
    cells.iter().fold(sqlx::query(sql), |query, cell| match cell {
        Cell::Text(text) => query.bind(text.as_deref()),
        Cell::Number(n) => query.bind(*n),
    })
}
