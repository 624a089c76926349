//! What the installed statutes say about a provision on a day. Implemented where the texts are; here only the question.

use jiff::civil::Date;

use crate::domain::law::{Provision, Validity};

/// The state of one provision on one day.
#[derive(Clone, Debug, PartialEq)]
pub struct ProvisionState {
    /// Version id, e.g. `民办教育促进法@2018-12-29`; absent when the text is not installed.
    pub version: Option<String>,
    pub validity: Validity,
    pub text: Option<String>,
}

/// Answers what a provision said on a day. `Validity::Unknown` is an honest answer.
pub trait ProvisionTexts {
    fn lookup(&self, provision: &Provision, on: Date) -> ProvisionState;
}

/// No statutes installed: every answer is unknown.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTexts;

impl ProvisionTexts for NoTexts {
    fn lookup(&self, _: &Provision, _: Date) -> ProvisionState {
        ProvisionState { version: None, validity: Validity::Unknown, text: None }
    }
}
