//! 程序: steps, who may take them, from where, under which guards (procedure.md).
//!
//! [`advance`] takes a dossier and a step and gives the dossier after it, or a [`Refusal`] that names the guard, its article and
//! what is missing. A guard looks at the dossier as it would be: what a step brings along counts, nothing half-done is kept.
//!
//! Reading order: [`state`], [`step`], [`table`] (every step with its guards), `guards`, `apply`.

mod apply;
mod days;
pub mod guards;
pub mod state;
pub mod step;
pub mod table;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use apply::Registration;
pub use guards::{Guard, Moved};
pub use state::{Procedure, State};
pub use step::Step;
pub use table::{Row, TABLE};

use super::checks::{self, Bureau, Look, PastFine};
use super::discretion::ProvisionTexts;
use super::dossier::Dossier;
use super::people::Actor;
use super::rulebook::RuleBook;

/// Who acts, when, under which rules.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub actor: &'a Actor,
    /// Others a step may name: 承办人 to be assigned, a hearing's host, another reviewer.
    pub people: &'a [Actor],
    pub book: &'a RuleBook,
    pub texts: &'a dyn ProvisionTexts,
    pub bureau: &'a Bureau,
    pub past: &'a [PastFine],
    /// The legal day of the step: today, or the day it happened when it is entered later.
    pub day: Date,
    pub today: Date,
    pub now: jiff::Timestamp,
    /// Ids for what the step creates.
    pub id: &'a str,
}

/// Why a step may not be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{title}：{}", missing.join("；"))]
pub struct Refusal {
    /// Stable code, `procedure.…`.
    pub code: String,
    /// Id of the guard.
    pub guard: String,
    pub title: String,
    pub basis: String,
    pub missing: Vec<String>,
}

impl Refusal {
    pub fn new(guard: &str, title: &str, basis: &str, missing: Vec<String>) -> Self {
        Self {
            code: format!("procedure.{}", guard.to_lowercase()),
            guard: guard.into(),
            title: title.into(),
            basis: basis.into(),
            missing,
        }
    }
}

/// What a step did.
#[derive(Clone, Debug, PartialEq)]
pub struct Advanced {
    pub dossier: Dossier,
    pub row: &'static Row,
    pub from: State,
}

/// Takes one step. The dossier given stays as it is.
pub fn advance(before: &Dossier, step: &Step, ctx: &Context<'_>) -> Result<Advanced, Refusal> {
    let row = table::row(step, before, ctx)?;
    row.open_to(before, ctx)?;
    if ctx.day > ctx.today {
        return Err(Refusal::new("G_DAY", "日期不能晚于今天", "", vec![format!("{}尚未到来", ctx.day)]));
    }
    if row.to.is_some()
        && let Some(last) = before.last_day
        && ctx.day < last
    {
        let missing = vec![format!("上一环节在{last}，本环节不能早于它（填写的是{}）", ctx.day)];
        return Err(Refusal::new("G_ORDER", "环节的日期颠倒", "行政处罚法54、57", missing));
    }
    let late = days::too_late(step, ctx.day);
    if !late.is_empty() {
        return Err(Refusal::new("G_DAY", "日期不能晚于办理日", "", late));
    }
    let mut after = before.clone();
    apply::apply(&mut after, step, ctx)?;
    if let Some(to) = row.to {
        after.state = to;
        after.last_day = Some(ctx.day);
    }
    let assessment = checks::assess(&after, ctx.book, ctx.texts, ctx.day);
    let look = Look {
        dossier: &after,
        assessment: &assessment,
        book: ctx.book,
        texts: ctx.texts,
        bureau: ctx.bureau,
        past: ctx.past,
        day: ctx.day,
    };
    let moved = Moved { before, look, ctx };
    for guard in row.guards {
        let missing = (guard.test)(&moved);
        if !missing.is_empty() {
            return Err(Refusal::new(guard.id, guard.zh, guard.basis, missing));
        }
    }
    Ok(Advanced { dossier: after, row, from: before.state })
}

/// Steps this person could take now, as far as state and role decide it; guards are asked when the step is taken.
pub fn open_steps(dossier: &Dossier, actor: &Actor) -> Vec<&'static Row> {
    TABLE.iter().filter(|row| row.from_allows(dossier.state) && row.who_allows(dossier, actor).is_ok()).collect()
}

/// Takes out of case JSON what only the course of the procedure may say: officers, days, a person's figure.
pub fn clear_course(case: &mut crate::domain::case::Case) {
    case.officer.clear();
    case.procedure = Default::default();
    case.disc = Default::default();
    case.case.filed_at = None;
}
