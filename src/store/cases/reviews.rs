//! 审核 rounds as lists show them, and the case a round belongs to.

use serde::Serialize;
use sqlx::Row as _;

use super::Sight;
use crate::store::Reader;
use crate::store::error::StoreError;

/// One round in a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReviewRow {
    pub id: String,
    pub case_no: String,
    pub round: i64,
    pub state: String,
    pub party: String,
    pub cause: String,
    pub reviewer_id: Option<String>,
    pub submitted_on: String,
    pub due: Option<String>,
    pub conclusion: Option<String>,
}

/// Rounds in one answer, at most.
const MOST: i64 = 200;

impl Reader {
    /// Rounds in sight, the most urgent first; of one state, or all.
    pub async fn reviews(&self, sight: &Sight, state: Option<&str>) -> Result<Vec<ReviewRow>, StoreError> {
        let (condition, binds) = sight.condition();
        let sql = format!(
            "SELECT r.id, r.case_no, r.round, r.state, c.party, c.cause, r.reviewer_id, r.submitted_on, r.due, r.conclusion \
             FROM case_reviews r JOIN cases c ON c.case_no = r.case_no WHERE {condition} AND (? = '' OR r.state = ?) \
             ORDER BY COALESCE(r.due, r.submitted_on), r.case_no, r.round LIMIT ?"
        );
        let mut query = sqlx::query(&sql);
        for bind in &binds {
            query = query.bind(bind);
        }
        let state = state.unwrap_or_default();
        let rows = query.bind(state).bind(state).bind(MOST).fetch_all(self.pool()).await?;
        rows.iter()
            .map(|r| {
                Ok(ReviewRow {
                    id: r.try_get(0)?,
                    case_no: r.try_get(1)?,
                    round: r.try_get(2)?,
                    state: r.try_get(3)?,
                    party: r.try_get(4)?,
                    cause: r.try_get(5)?,
                    reviewer_id: r.try_get(6)?,
                    submitted_on: r.try_get(7)?,
                    due: r.try_get(8)?,
                    conclusion: r.try_get(9)?,
                })
            })
            .collect()
    }

    /// The case of a round, whoever asks: look at the case itself with the sight of the person.
    pub async fn case_of_review(&self, id: &str) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("SELECT case_no FROM case_reviews WHERE id = ?").bind(id);
        row.fetch_optional(self.pool()).await?.map(|r| r.try_get(0).map_err(StoreError::from)).transpose()
    }
}
