//! What a step does to a dossier. No judging here: guards look at the result. Days, names and computed values are put in by code.

mod course;
mod ending;
mod review;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::state::{Procedure, State};
use super::step::Step;
use super::{Context, Refusal};
use crate::domain::case::Case;
use crate::domain::dossier::{Approval, Clue, Dossier};

/// 登记线索: how a case begins.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Registration {
    pub procedure: Procedure,
    pub teaching: bool,
    pub clue: Clue,
    pub case: Case,
}

impl Registration {
    /// The new dossier, under a number that the store gives.
    pub fn open(self, case_no: String, created_by: String, today: Date) -> Dossier {
        let state = match self.procedure {
            Procedure::Ordinary => State::ClueRegistered,
            Procedure::Simple => State::SpotFound,
        };
        let mut clue = self.clue;
        clue.received_on.get_or_insert(today);
        Dossier {
            case_no,
            procedure: self.procedure,
            state,
            teaching: self.teaching,
            created_by,
            last_day: clue.received_on,
            clue,
            case: self.case,
            ..Dossier::default()
        }
    }
}

pub(super) fn apply(d: &mut Dossier, step: &Step, ctx: &Context<'_>) -> Result<(), Refusal> {
    match step {
        Step::SubmitReview { .. }
        | Step::AcceptReview
        | Step::ReturnReview { .. }
        | Step::ConcludeReview { .. }
        | Step::ReassignReview { .. }
        | Step::SuspendReview { .. }
        | Step::CommentReview { .. }
        | Step::SettleComment { .. }
        | Step::ExcludeSimilar { .. }
        | Step::IncludeSimilar { .. } => review::apply(d, step, ctx),
        Step::Discuss { .. }
        | Step::Decide { .. }
        | Step::Transfer { .. }
        | Step::RecordTransfer { .. }
        | Step::Seal { .. }
        | Step::Sign { .. }
        | Step::AddPaper { .. }
        | Step::Pay { .. }
        | Step::Perform { .. }
        | Step::Defer { .. }
        | Step::ApproveDeferral
        | Step::Demand { .. }
        | Step::ApplyToCourt { .. }
        | Step::CourtEnded { .. }
        | Step::RecordRemedy { .. }
        | Step::Redo { .. }
        | Step::Close { .. }
        | Step::Archive { .. }
        | Step::PreparePublicity { .. }
        | Step::ReviewSecrecy
        | Step::ApprovePublicity
        | Step::ExemptPublicity { .. }
        | Step::Publish { .. }
        | Step::WithdrawPublicity { .. }
        | Step::DecideOnSpot { .. }
        | Step::FileSpot { .. }
        | Step::HandInCash { .. } => ending::apply(d, step, ctx),
        _ => course::apply(d, step, ctx),
    }
}

/// The actor's approval on the legal day of the step.
fn approval(ctx: &Context<'_>) -> Approval {
    Approval { by: ctx.actor.id.clone(), name: ctx.actor.name.clone(), on: ctx.day }
}

/// Something named by index or id is not there.
fn absent(what: &str) -> Refusal {
    Refusal::new("G_ABSENT", "卷中没有这一项", "", vec![what.to_string()])
}

/// The last day of a period, or a refusal that says why it cannot be computed.
fn due(ctx: &Context<'_>, id: &str, from: Date) -> Result<Date, Refusal> {
    let refuse = |why: String| Refusal::new("G_CALENDAR", "期限不能计算", "行政处罚法85", vec![why]);
    let rule = ctx.book.deadline(id).ok_or_else(|| refuse(format!("期限表中没有{id}")))?;
    crate::domain::deadline::due(rule, from, &ctx.book.calendar).map_err(|e| refuse(e.to_string()))
}
