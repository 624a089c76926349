//! Numbers that are given: 文号 of documents and 案号 of cases. Each is given in the transaction that saves what carries it, once, and
//! never again; a void one stays.

use sqlx::Row as _;

use super::change::Tx;
use super::error::StoreError;

/// The highest number of a 代字 in a year, 0 before the first.
pub(super) async fn last(tx: &mut Tx<'_>, code: &str, year: i16) -> Result<i64, StoreError> {
    let sql = "SELECT COALESCE(MAX(number), 0) FROM doc_numbers WHERE code = ? AND year = ?";
    let row = sqlx::query(sql).bind(code).bind(i64::from(year)).fetch_one(tx.conn()).await?;
    Ok(row.try_get(0)?)
}

/// Writes down that `subject` (`draft:…`, `paper:…`, `case:…`) carries the number.
pub(super) async fn give(
    tx: &mut Tx<'_>,
    (code, year, number): (&str, i16, i64),
    case_no: &str,
    subject: &str,
) -> Result<(), StoreError> {
    let id = format!("{code}/{year}/{number}");
    sqlx::query("INSERT INTO doc_numbers (id, code, year, number, case_no, subject) VALUES (?, ?, ?, ?, ?, ?)")
        .bind(&id)
        .bind(code)
        .bind(i64::from(year))
        .bind(number)
        .bind(case_no)
        .bind(subject)
        .execute(tx.conn())
        .await?;
    tx.seal("doc_numbers", &id);
    Ok(())
}

/// The next number, given to `subject`.
pub(super) async fn next(
    tx: &mut Tx<'_>,
    code: &str,
    year: i16,
    case_no: &str,
    subject: &str,
) -> Result<i64, StoreError> {
    let number = last(tx, code, year).await? + 1;
    give(tx, (code, year, number), case_no, subject).await?;
    Ok(number)
}
