//! 研讨: sets of questions, classes led by a trainer, participants without an account.
//!
//! A set is not changed once it is made. Who takes part is known by a cookie of that class alone; what they see goes through
//! [`Shown`](crate::domain::workshop::shown) and nothing else.

mod build;
mod compare;
mod join;
mod lead;
mod live;
mod results;
mod sheets;

use std::sync::Arc;

use serde_json::{Value, json};

pub use self::build::{Candidate, Imported, Wanted};
pub use self::compare::{Compared, Compares};
pub use self::join::{Joined, Seat, Taking};
pub use self::lead::{ClassView, Person, Pulse, Standing};
pub(super) use self::live::Classes;
pub use self::live::Watching;
pub use self::results::{ResultRow, Results};
pub use self::sheets::ResultsFile;
use super::cases::Asking;
use super::people::hidden;
use super::{Flow, report};
use crate::domain::process_record::{ActorRef, NewEvent};
use crate::domain::workshop::{Answer, Question, QuestionSet};
use crate::error::{Class, Report, Result, Wrong};
use crate::store::workshops::{AnswerRow, Workshop};
pub use crate::store::workshops::{SetRow, WorkshopRow};
use crate::store::{self, Done};

/// A wrong value of the input, at its field.
fn wrong(path: &str, code: &str, message: &str) -> Report {
    let errors = vec![Wrong { path: path.into(), code: code.into(), message: message.into() }];
    Report::new(Class::Invalid, code, "填写有误", message).errors(errors)
}

fn event(ask: &Asking, action: &str, id: &str) -> NewEvent {
    NewEvent::new(ask.now, ActorRef::from(&ask.actor), action, format!("workshop:{id}"), &ask.origin)
}

/// An answer from its row; what cannot be read counts as none.
fn answer_of(row: &AnswerRow) -> Answer {
    serde_json::from_str(&row.answer).unwrap_or_default()
}

/// The answers to one question.
fn answers_to(rows: &[AnswerRow], question: usize) -> Vec<Answer> {
    rows.iter().filter(|r| r.question == question).map(answer_of).collect()
}

/// A question in a few words, for lists that only the trainer sees.
fn label(question: &Question) -> String {
    match &question.case {
        Some(case) => case.key.actual.title.clone(),
        None => question.stem.chars().take(40).collect(),
    }
}

impl Flow {
    /// A class of the caller; one of somebody else does not exist.
    async fn own_class(&self, ask: &Asking, id: &str) -> Result<(Workshop, Arc<QuestionSet>)> {
        let found = self.reader().await?.workshop(id).await.map_err(report::store)?;
        let workshop = found.filter(|w| w.owner_id == ask.actor.id).ok_or_else(hidden)?;
        let set = self.set_of(&workshop.set_id).await?;
        Ok((workshop, set))
    }

    /// A set by its id; sets do not change, so they are read once.
    async fn set_of(&self, id: &str) -> Result<Arc<QuestionSet>> {
        if let Some(set) = self.classes.set(id) {
            return Ok(set);
        }
        let found = self.reader().await?.workshop_set(id, None).await.map_err(report::store)?;
        let set = Arc::new(found.ok_or_else(hidden)?);
        self.classes.keep(set.clone());
        Ok(set)
    }

    /// Makes the change once per Idempotency-Key and answers with `told`.
    async fn make<C: store::Change>(&self, ask: &Asking, event: NewEvent, change: C, told: Value) -> Result<Value> {
        let writer = self.writer().await?;
        let Some(once) = ask.once.clone() else {
            writer.commit(event, change).await.map_err(report::store)?;
            return Ok(told);
        };
        let body = told.to_string();
        let stored = move |_: &store::Committed<C::Output>| store::Answer { status: 201, body };
        match writer.commit_once(once, event, change, stored).await.map_err(report::store)? {
            Done::Fresh { answer, .. } | Done::Repeated(answer) => {
                Ok(serde_json::from_str(&answer.body).unwrap_or_else(|_| json!({})))
            }
        }
    }
}
