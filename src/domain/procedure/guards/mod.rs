//! 守卫: one small function per condition, one file per matter. Each says what is missing; nothing missing lets the step pass.

mod decision;
mod execution;
mod hearing;
mod investigation;
mod notice;
mod officers;
mod publicity;
mod review;
mod spot;

pub use decision::*;
pub use execution::*;
pub use hearing::*;
pub use investigation::*;
pub use notice::*;
pub use officers::*;
pub use publicity::*;
pub use review::*;
pub use spot::*;

use super::Context;
use crate::domain::checks::Look;
use crate::domain::dossier::Dossier;

/// A condition of a step.
#[derive(Debug)]
pub struct Guard {
    pub id: &'static str,
    /// The title of a refusal.
    pub zh: &'static str,
    pub basis: &'static str,
    pub test: fn(&Moved<'_>) -> Vec<String>,
}

impl PartialEq for Guard {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// The dossier before, and as the step would leave it.
pub struct Moved<'a> {
    pub before: &'a Dossier,
    pub look: Look<'a>,
    pub ctx: &'a Context<'a>,
}

impl<'a> Moved<'a> {
    pub fn after(&self) -> &'a Dossier {
        self.look.dossier
    }
}

macro_rules! guard {
    ($name:ident, $id:literal, $zh:literal, $basis:literal, $test:expr) => {
        pub static $name: Guard = Guard { id: $id, zh: $zh, basis: $basis, test: $test };
    };
}
pub(crate) use guard;

/// Nothing, or one thing missing.
pub(crate) fn unless(fine: bool, missing: impl Into<String>) -> Vec<String> {
    if fine { vec![] } else { vec![missing.into()] }
}

/// Whether a text says something.
pub(crate) fn said(text: &str) -> bool {
    !text.trim().is_empty()
}

/// Strings of a fixed list.
pub(crate) fn owned(list: Vec<&'static str>) -> Vec<String> {
    list.into_iter().map(String::from).collect()
}
