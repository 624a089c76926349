//! Counts for those who answer for all cases: by state and age, deadlines, reviews, outcomes. Counted in the database.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;
use sqlx::Row as _;

use super::Sight;
use crate::store::Reader;
use crate::store::error::StoreError;

/// How many cases share a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tally {
    pub code: String,
    pub n: i64,
    /// Of these, how many have a deadline behind them.
    pub overdue: i64,
    /// Registered within thirty, thirty to ninety, and more than ninety days ago.
    pub ages: [i64; 3],
}

/// The overview.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overview {
    /// Open cases by state.
    pub states: Vec<Tally>,
    pub open: i64,
    pub overdue: i64,
    /// Deadlines from today to the seventh day.
    pub due_soon: i64,
    /// Rounds of review: waiting, taken up, and those past their day.
    pub reviews_waiting: i64,
    pub reviews_running: i64,
    pub reviews_late: i64,
    /// Conclusions of rounds.
    pub conclusions: Vec<(String, i64)>,
    /// Decisions by kind.
    pub outcomes: Vec<(String, i64)>,
    /// Violations decided most often.
    pub violations: Vec<(String, i64)>,
    pub publicity_pending: i64,
}

impl Reader {
    /// Counts over what the person may see, teaching cases left out.
    pub async fn overview(&self, sight: &Sight, today: Date) -> Result<Overview, StoreError> {
        let (condition, binds) = sight.condition();
        let real = format!("{condition} AND c.teaching = 0");
        let day = |back: i64| today.checked_sub(back.days()).unwrap_or(today).to_string();
        let (now, month, quarter) = (today.to_string(), day(30), day(90));
        let week = today.checked_add(7.days()).unwrap_or(today).to_string();
        let sql = format!(
            "SELECT c.state, COUNT(*), COALESCE(SUM(c.next_due < ?), 0), COALESCE(SUM(c.registered_on >= ?), 0), \
             COALESCE(SUM(c.registered_on < ? AND c.registered_on >= ?), 0), COALESCE(SUM(c.registered_on < ?), 0) \
             FROM cases c WHERE {real} AND c.state NOT IN ('not_filed', 'archived') GROUP BY c.state"
        );
        let mut query = sqlx::query(&sql).bind(&now).bind(&month).bind(&month).bind(&quarter).bind(&quarter);
        for bind in &binds {
            query = query.bind(bind);
        }
        let mut states = vec![];
        for r in query.fetch_all(self.pool()).await? {
            let ages = [r.try_get(3)?, r.try_get(4)?, r.try_get(5)?];
            states.push(Tally { code: r.try_get(0)?, n: r.try_get(1)?, overdue: r.try_get(2)?, ages });
        }
        let of_rounds = |more: &str| {
            format!("SELECT COUNT(*) FROM case_reviews r JOIN cases c ON c.case_no = r.case_no WHERE {real} AND {more}")
        };
        let late = of_rounds("r.state = 'accepted' AND r.due < ?");
        Ok(Overview {
            open: states.iter().map(|s| s.n).sum(),
            overdue: states.iter().map(|s| s.overdue).sum(),
            states,
            due_soon: self
                .number(
                    &format!("SELECT COUNT(*) FROM cases c WHERE {real} AND c.next_due >= ? AND c.next_due <= ?"),
                    &binds,
                    &[&now, &week],
                )
                .await?,
            reviews_waiting: self.number(&of_rounds("r.state = 'submitted'"), &binds, &[]).await?,
            reviews_running: self.number(&of_rounds("r.state = 'accepted'"), &binds, &[]).await?,
            reviews_late: self.number(&late, &binds, &[&now]).await?,
            conclusions: self
                .groups(
                    &format!(
                        "SELECT r.conclusion, COUNT(*) FROM case_reviews r JOIN cases c ON c.case_no = r.case_no \
                         WHERE {real} AND r.conclusion IS NOT NULL GROUP BY r.conclusion ORDER BY 2 DESC"
                    ),
                    &binds,
                )
                .await?,
            outcomes: self
                .groups(
                    &format!("SELECT c.outcome, COUNT(*) FROM cases c WHERE {real} AND c.outcome <> '' GROUP BY c.outcome ORDER BY 2 DESC"),
                    &binds,
                )
                .await?,
            violations: self
                .groups(
                    &format!("SELECT c.violation, COUNT(*) FROM cases c WHERE {real} AND c.violation <> '' GROUP BY c.violation ORDER BY 2 DESC LIMIT 8"),
                    &binds,
                )
                .await?,
            publicity_pending: self
                .number(&format!("SELECT COUNT(*) FROM cases c WHERE {real} AND c.publicity = 'pending'"), &binds, &[])
                .await?,
        })
    }

    async fn number(&self, sql: &str, binds: &[String], more: &[&String]) -> Result<i64, StoreError> {
        let mut query = sqlx::query(sql);
        for bind in binds.iter().chain(more.iter().copied()) {
            query = query.bind(bind);
        }
        Ok(query.fetch_one(self.pool()).await?.try_get(0)?)
    }

    async fn groups(&self, sql: &str, binds: &[String]) -> Result<Vec<(String, i64)>, StoreError> {
        let mut query = sqlx::query(sql);
        for bind in binds {
            query = query.bind(bind);
        }
        let rows = query.fetch_all(self.pool()).await?;
        rows.iter().map(|r| Ok((r.try_get(0)?, r.try_get(1)?))).collect()
    }
}
