//! Lists: paged and filtered in the database, and only what the person may see.

use serde::{Deserialize, Serialize};
use sqlx::Row as _;

use crate::domain::dossier::Dossier;
use crate::domain::people::{Actor, Role};
use crate::store::error::StoreError;
use crate::store::{Reader, sqlite};

/// Cases a person belongs to. A list to look cases up by, not a question asked of every case there is.
const BELONGING: &str = "c.case_no IN (SELECT p.case_no FROM case_people p WHERE p.person_id = ?)";

/// Which cases a person may see: decided before anything is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    person: String,
    /// Heads and supervisors see every real case.
    all: bool,
    /// Reviewers see what was submitted for review.
    reviews: bool,
    /// Publishers see what is to be published.
    publicity: bool,
    /// Trainers and trainees see teaching cases; trainees nothing else.
    teaching: bool,
    /// Own and shared cases.
    own: bool,
}

impl Sight {
    pub fn of(actor: &Actor) -> Self {
        Self {
            person: actor.id.clone(),
            all: actor.has_any(&[Role::Head, Role::Supervisor]),
            reviews: actor.has(Role::Reviewer),
            publicity: actor.has(Role::Publisher),
            teaching: actor.has_any(&[Role::Trainer, Role::Trainee]),
            own: actor.has_any(&[Role::Officer, Role::Reviewer, Role::Head]),
        }
    }

    /// The service itself: checks and jobs.
    pub fn system() -> Self {
        Self { person: String::new(), all: true, reviews: true, publicity: true, teaching: true, own: false }
    }

    /// SQL over `cases c` with its binds, for lists.
    pub(super) fn condition(&self) -> (String, Vec<String>) {
        self.belonging(BELONGING)
    }

    /// The same where the case is known: one question instead of a list.
    pub(super) fn condition_of_one(&self) -> (String, Vec<String>) {
        self.belonging("EXISTS (SELECT 1 FROM case_people p WHERE p.case_no = c.case_no AND p.person_id = ?)")
    }

    fn belonging(&self, own: &str) -> (String, Vec<String>) {
        let (mut any, mut binds) = (vec![], vec![]);
        if self.all {
            any.push("1 = 1".to_string());
        }
        if self.reviews {
            any.push("c.review <> ''".into());
        }
        if self.publicity {
            any.push("c.publicity <> 'none'".into());
        }
        if self.teaching {
            any.push("c.teaching = 1".into());
        }
        if self.own {
            any.push(own.into());
            binds.push(self.person.clone());
        }
        if any.is_empty() {
            any.push("1 = 0".into());
        }
        (format!("({})", any.join(" OR ")), binds)
    }
}

/// What a list shows.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    pub state: Option<String>,
    pub review: Option<String>,
    pub publicity: Option<String>,
    pub violation: Option<String>,
    /// Part of number, party or cause.
    pub q: Option<String>,
    /// Only cases the person belongs to.
    pub mine: bool,
    pub teaching: Option<bool>,
    /// Deadlines up to this day.
    pub due_to: Option<jiff::civil::Date>,
    /// From the page before.
    pub cursor: Option<i64>,
    /// At most 200; 50 when absent.
    pub limit: Option<u32>,
}

/// One line of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CaseRow {
    pub case_no: String,
    pub version: i64,
    pub procedure: String,
    pub state: String,
    pub teaching: bool,
    pub party: String,
    pub violation: String,
    pub cause: String,
    pub review: String,
    pub publicity: String,
    pub outcome: String,
    pub registered_on: String,
    pub filed_on: Option<String>,
    pub decided_on: Option<String>,
    pub next_due: Option<String>,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Page {
    pub items: Vec<CaseRow>,
    /// Give it back to go on; absent on the last page.
    pub next_cursor: Option<i64>,
}

/// An open deadline in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DueRow {
    pub case_no: String,
    pub party: String,
    pub cause: String,
    pub id: String,
    pub zh: String,
    pub due: String,
    pub basis: String,
    pub owner: String,
}

impl Reader {
    /// Newest change first.
    pub async fn cases(&self, sight: &Sight, filter: &Filter) -> Result<Page, StoreError> {
        let (mut condition, mut binds) = sight.condition();
        let mut and = |sql: &str, values: &[String]| {
            condition.push_str(" AND ");
            condition.push_str(sql);
            binds.extend_from_slice(values);
        };
        for (column, value) in [
            ("state", &filter.state),
            ("review", &filter.review),
            ("publicity", &filter.publicity),
            ("violation", &filter.violation),
        ] {
            if let Some(value) = value {
                and(&format!("c.{column} = ?"), std::slice::from_ref(value));
            }
        }
        if let Some(q) = filter.q.as_deref().map(str::trim).filter(|q| !q.is_empty()) {
            let like = format!("%{}%", q.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
            let sql = "(c.case_no LIKE ? ESCAPE '\\' OR c.party LIKE ? ESCAPE '\\' OR c.cause LIKE ? ESCAPE '\\')";
            and(sql, &[like.clone(), like.clone(), like]);
        }
        if filter.mine {
            and(BELONGING, std::slice::from_ref(&sight.person));
        }
        if let Some(teaching) = filter.teaching {
            and(if teaching { "c.teaching = 1" } else { "c.teaching = 0" }, &[]);
        }
        if let Some(due) = filter.due_to {
            and("c.next_due <= ?", &[due.to_string()]);
        }
        let limit = filter.limit.unwrap_or(50).clamp(1, 200);
        let sql = format!(
            "SELECT case_no, version, procedure, state, teaching, party, violation, cause, review, publicity, outcome, \
             registered_on, filed_on, decided_on, next_due, seq FROM cases c WHERE {condition} AND c.seq < ? \
             ORDER BY c.seq DESC LIMIT ?"
        );
        let mut query = sqlx::query(&sql);
        for bind in &binds {
            query = query.bind(bind);
        }
        let rows =
            query.bind(filter.cursor.unwrap_or(i64::MAX)).bind(i64::from(limit) + 1).fetch_all(&self.pool).await?;
        let more = rows.len() > limit as usize;
        let kept = &rows[..rows.len().min(limit as usize)];
        let next_cursor = if more { kept.last().map(|r| r.try_get(15)).transpose()? } else { None };
        Ok(Page { items: kept.iter().map(case_row).collect::<Result<_, _>>()?, next_cursor })
    }

    /// Of the newest cases in sight, those whose file holds both words anywhere, with their files.
    pub async fn cases_saying(
        &self,
        sight: &Sight,
        one: &str,
        other: &str,
        newest: u32,
    ) -> Result<Vec<(CaseRow, Dossier)>, StoreError> {
        let (condition, binds) = sight.condition();
        let sql = format!(
            "SELECT * FROM (SELECT case_no, version, procedure, state, teaching, party, violation, cause, review, publicity, \
             outcome, registered_on, filed_on, decided_on, next_due, dossier FROM cases c WHERE {condition} \
             ORDER BY c.seq DESC LIMIT ?) WHERE instr(dossier, ?) > 0 AND instr(dossier, ?) > 0"
        );
        let mut query = sqlx::query(&sql);
        for bind in &binds {
            query = query.bind(bind);
        }
        let rows = query.bind(i64::from(newest)).bind(one).bind(other).fetch_all(&self.pool).await?;
        rows.iter().map(|r| Ok((case_row(r)?, super::dossier(&r.try_get::<String, _>(15)?)?))).collect()
    }

    /// Open deadlines up to a day, earliest first; of one person's cases or of all in sight.
    pub async fn dues(&self, sight: &Sight, mine: bool, to: jiff::civil::Date) -> Result<Vec<DueRow>, StoreError> {
        let (mut condition, mut binds) = sight.condition();
        if mine {
            condition.push_str(&format!(" AND {BELONGING}"));
            binds.push(sight.person.clone());
        }
        let sql = format!(
            "SELECT d.case_no, c.party, c.cause, d.id, d.zh, d.due, d.basis, d.owner FROM case_dues d \
             JOIN cases c ON c.case_no = d.case_no WHERE {condition} AND d.due <= ? ORDER BY d.due, d.case_no, d.no LIMIT 1000"
        );
        let mut query = sqlx::query(&sql);
        for bind in &binds {
            query = query.bind(bind);
        }
        let rows = query.bind(to.to_string()).fetch_all(&self.pool).await?;
        rows.iter()
            .map(|r| {
                Ok(DueRow {
                    case_no: r.try_get(0)?,
                    party: r.try_get(1)?,
                    cause: r.try_get(2)?,
                    id: r.try_get(3)?,
                    zh: r.try_get(4)?,
                    due: r.try_get(5)?,
                    basis: r.try_get(6)?,
                    owner: r.try_get(7)?,
                })
            })
            .collect()
    }
}

fn case_row(r: &sqlite::Row) -> Result<CaseRow, StoreError> {
    Ok(CaseRow {
        case_no: r.try_get(0)?,
        version: r.try_get(1)?,
        procedure: r.try_get(2)?,
        state: r.try_get(3)?,
        teaching: r.try_get::<i64, _>(4)? == 1,
        party: r.try_get(5)?,
        violation: r.try_get(6)?,
        cause: r.try_get(7)?,
        review: r.try_get(8)?,
        publicity: r.try_get(9)?,
        outcome: r.try_get(10)?,
        registered_on: r.try_get(11)?,
        filed_on: r.try_get(12)?,
        decided_on: r.try_get(13)?,
        next_due: r.try_get(14)?,
    })
}
