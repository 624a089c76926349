//! Counts for those who answer for all cases: by state and age, deadlines, reviews, outcomes. Counted in the database.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sqlx::Row as _;

use super::Sight;
use crate::domain::legal_review::{DEVIATION, ScopeRule};
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
    /// How long the last rounds took; absent before the first conclusion.
    pub review_days: Option<ReviewDays>,
    /// Cases whose figure lies beside the published benchmark, as the review says; newest first.
    pub deviations: Vec<Deviation>,
}

/// A case that departs from the benchmark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deviation {
    pub case_no: String,
    pub party: String,
    pub submitted_on: Date,
}

/// Calendar days from 送审 to the conclusion, over the rounds of the cases changed last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ReviewDays {
    pub rounds: usize,
    pub median: i64,
    pub longest: i64,
}

/// Cases whose rounds are looked at.
const ROUNDS_OF: i64 = 100;

/// The part of a file that says how long a round took.
#[derive(Deserialize)]
struct Rounds {
    #[serde(default)]
    reviews: Vec<Round>,
}

#[derive(Deserialize)]
struct Round {
    submitted_on: Date,
    #[serde(default)]
    rules: Vec<ScopeRule>,
    #[serde(default)]
    conclusion: Option<String>,
    #[serde(default)]
    concluded_on: Option<Date>,
}

impl ReviewDays {
    fn of(mut days: Vec<i64>) -> Option<Self> {
        days.sort_unstable();
        let longest = *days.last()?;
        Some(Self { rounds: days.len(), median: days[(days.len() - 1) / 2], longest })
    }
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
        let (review_days, deviations) = self.rounds(&real, &binds).await?;
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
            review_days,
            deviations,
        })
    }

    /// What the rounds themselves say, of the cases changed last.
    async fn rounds(&self, real: &str, binds: &[String]) -> Result<(Option<ReviewDays>, Vec<Deviation>), StoreError> {
        let sql = format!(
            "SELECT c.case_no, c.party, c.dossier FROM cases c WHERE {real} AND c.case_no IN \
             (SELECT r.case_no FROM case_reviews r) ORDER BY c.seq DESC LIMIT ?"
        );
        let mut query = sqlx::query(&sql);
        for bind in binds {
            query = query.bind(bind);
        }
        let (mut days, mut deviations) = (vec![], vec![]);
        for row in query.bind(ROUNDS_OF).fetch_all(self.pool()).await? {
            let (case_no, party, text): (String, String, String) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            let file: Rounds = serde_json::from_str(&text).map_err(|e| StoreError::Corrupt(e.to_string()))?;
            let ended = file.reviews.iter().filter(|r| r.conclusion.is_some());
            days.extend(ended.filter_map(|r| Some(i64::from(r.submitted_on.until(r.concluded_on?).ok()?.get_days()))));
            let newest = file.reviews.last().filter(|r| r.rules.iter().any(|rule| rule.reason == DEVIATION));
            deviations.extend(newest.map(|r| Deviation { case_no, party, submitted_on: r.submitted_on }));
        }
        Ok((ReviewDays::of(days), deviations))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_is_the_lower_middle() {
        assert_eq!(ReviewDays::of(vec![]), None);
        assert_eq!(ReviewDays::of(vec![9, 1, 3, 2]), Some(ReviewDays { rounds: 4, median: 2, longest: 9 }));
    }
}
