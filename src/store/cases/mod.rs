//! Cases: one row with the whole file, and what lists and filters need beside it.

mod list;
pub(in crate::store) mod lists;
mod numbers;
mod overview;
mod reviews;
mod save;

pub use list::{CaseRow, DueRow, Filter, Page, Sight};
pub use overview::{Overview, Tally};
pub use reviews::ReviewRow;
pub use save::{Open, Park, Save};

use sqlx::Row as _;

use super::error::StoreError;
use super::{Reader, sqlite};
use crate::domain::checks::PastFine;
use crate::domain::dossier::Dossier;

/// A case as it stands, with the number of its version.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    pub dossier: Dossier,
    pub version: i64,
}

/// What somebody saved on top of a version that was no longer there.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Parked {
    pub id: String,
    pub base: i64,
    pub current: i64,
    pub person_name: String,
    pub at: String,
    /// The step as JSON.
    pub step: String,
}

impl Reader {
    /// The case, if the sight covers it; a case out of sight does not exist.
    pub async fn case(&self, case_no: &str, sight: &Sight) -> Result<Option<Stored>, StoreError> {
        let (condition, binds) = sight.condition_of_one();
        let sql = format!("SELECT version, dossier FROM cases c WHERE c.case_no = ? AND {condition}");
        let mut query = sqlx::query(&sql).bind(case_no);
        for bind in &binds {
            query = query.bind(bind);
        }
        let Some(row) = query.fetch_optional(&self.pool).await? else { return Ok(None) };
        Ok(Some(Stored { version: row.try_get(0)?, dossier: dossier(&row.try_get::<String, _>(1)?)? }))
    }

    /// Parked saves of a case, newest first.
    pub async fn parked(&self, case_no: &str) -> Result<Vec<Parked>, StoreError> {
        let sql =
            "SELECT id, base, current, person_name, at, step FROM case_conflicts WHERE case_no = ? ORDER BY at DESC";
        let rows = sqlx::query(sql).bind(case_no).fetch_all(&self.pool).await?;
        rows.iter()
            .map(|r| {
                Ok(Parked {
                    id: r.try_get(0)?,
                    base: r.try_get(1)?,
                    current: r.try_get(2)?,
                    person_name: r.try_get(3)?,
                    at: r.try_get(4)?,
                    step: r.try_get(5)?,
                })
            })
            .collect()
    }

    /// Fines decided against a party, in any case.
    pub async fn past_fines(&self, party: &str) -> Result<Vec<PastFine>, StoreError> {
        let sql = "SELECT case_no, party, violation, act_from, act_to, decided_on FROM case_fines WHERE party = ?";
        let rows = sqlx::query(sql).bind(party).fetch_all(&self.pool).await?;
        let day = |text: Option<String>| text.and_then(|t| t.parse().ok());
        rows.iter()
            .map(|r: &sqlite::Row| {
                Ok(PastFine {
                    case_no: r.try_get(0)?,
                    party: r.try_get(1)?,
                    violation: r.try_get(2)?,
                    act_from: day(r.try_get(3)?),
                    act_to: day(r.try_get(4)?),
                    decided_on: day(r.try_get(5)?).unwrap_or_default(),
                })
            })
            .collect()
    }
}

/// The file from its column.
fn dossier(json: &str) -> Result<Dossier, StoreError> {
    serde_json::from_str(json).map_err(|e| StoreError::Corrupt(format!("案卷不能读取：{e}")))
}
