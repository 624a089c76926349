//! The lists beside the cases: each as it follows from the file of its case, which events seal. Who sees what, what is due and who was
//! fined before is read from them.

use sqlx::Row as _;

use super::fault::Faults;
use crate::domain::dossier::Dossier;
use crate::domain::dues::Due;
use crate::store::cases::lists::{self, TABLES};
use crate::store::error::StoreError;
use crate::store::sqlite::{Connection, Row};

type Rows = Vec<Vec<Option<String>>>;

/// Compares the lists of every case; a database from before there were cases has none.
pub(super) async fn check(conn: &mut Connection, tables: &[String], faults: &mut Faults) {
    if !tables.iter().any(|t| t == "cases") {
        return;
    }
    if let Err(e) = compare(conn, faults).await {
        faults.database("database.damaged", format!("案件的列表无法读取：{e}"));
    }
}

async fn compare(conn: &mut Connection, faults: &mut Faults) -> Result<(), StoreError> {
    let numbers = sqlx::query("SELECT CAST(case_no AS TEXT) FROM cases ORDER BY case_no").fetch_all(&mut *conn).await?;
    for row in &numbers {
        let Some(case_no) = row.try_get::<Option<String>, _>(0)? else { continue };
        let sql = "SELECT CAST(dossier AS TEXT), CAST(dues AS TEXT) FROM cases WHERE case_no = ?";
        let Some(file) = sqlx::query(sql).bind(&case_no).fetch_optional(&mut *conn).await? else { continue };
        // What cannot be read is not what was sealed, and is told there.
        let (Some(dossier), Some(dues)) = (json::<Dossier>(&file, 0), json::<Vec<Due>>(&file, 1)) else { continue };
        let facets = lists::facets(&dossier, &dues);
        let columns: Vec<&str> = facets.iter().map(|(name, _)| *name).collect();
        let expected = vec![facets.iter().map(|(_, cell)| cell.as_text()).collect()];
        told(faults, "cases", &case_no, expected, rows(conn, "cases", &columns, &case_no).await?);
        for list in lists::of(&dossier, &dues) {
            let expected = list.rows.iter().map(|row| row.iter().map(lists::Cell::as_text).collect()).collect();
            told(faults, list.table, &case_no, expected, rows(conn, list.table, list.columns, &case_no).await?);
        }
    }
    for table in TABLES {
        let sql = format!(
            "SELECT DISTINCT CAST(case_no AS TEXT) FROM {table} WHERE case_no NOT IN (SELECT case_no FROM cases) ORDER BY 1"
        );
        for row in sqlx::query(&sql).fetch_all(&mut *conn).await? {
            let case_no = row.try_get::<Option<String>, _>(0)?.unwrap_or_default();
            faults.row("list.changed", &format!("{table}:{case_no}"), "没有这个案件（被插入）");
        }
    }
    Ok(())
}

fn json<T: serde::de::DeserializeOwned>(row: &Row, column: usize) -> Option<T> {
    serde_json::from_str(&row.try_get::<Option<String>, _>(column).ok()??).ok()
}

async fn rows(conn: &mut Connection, table: &str, columns: &[&str], case_no: &str) -> Result<Rows, StoreError> {
    let texts: Vec<String> = columns.iter().map(|c| format!("CAST({c} AS TEXT)")).collect();
    let sql = format!("SELECT {} FROM {table} WHERE case_no = ?", texts.join(", "));
    let found = sqlx::query(&sql).bind(case_no).fetch_all(conn).await?;
    found.iter().map(|row| (0..columns.len()).map(|i| row.try_get(i).map_err(StoreError::from)).collect()).collect()
}

fn told(faults: &mut Faults, table: &str, case_no: &str, mut expected: Rows, mut found: Rows) {
    expected.sort();
    found.sort();
    if expected != found {
        faults.row("list.changed", &format!("{table}:{case_no}"), "与案卷不符（被改动）");
    }
}
