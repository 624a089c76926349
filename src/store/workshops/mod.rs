//! Workshops: what the trainer makes and moves, who takes part, one answer per participant and question.

mod read;
mod write;

use crate::domain::workshop::stage::Position;

pub use write::{AddNote, AddParticipant, AddSet, AddWorkshop, MoveOn, PutAnswer};

/// A set in a list.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SetRow {
    pub id: String,
    pub title: String,
    pub questions: usize,
    pub created_at: String,
}

/// A class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workshop {
    pub id: String,
    pub set_id: String,
    pub owner_id: String,
    pub code: String,
    pub at: Position,
    pub created_at: String,
    pub ended_at: Option<String>,
}

/// A class in a list.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct WorkshopRow {
    pub id: String,
    pub title: String,
    pub code: String,
    pub stage: String,
    pub participants: i64,
    pub created_at: String,
}

/// Somebody who takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    pub id: String,
    pub workshop_id: String,
    pub name: String,
    pub csrf: String,
}

/// An answer as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerRow {
    pub participant_id: String,
    pub question: usize,
    /// JSON.
    pub answer: String,
    pub answered_at: String,
}

/// A note of the discussion.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Note {
    pub id: String,
    pub question: usize,
    pub text: String,
    pub noted_at: String,
}
