//! A check of the audit: id, severity, article, where it is put right, and a pure function that says what is wrong.

use super::{Finding, Look, Severity};
use crate::domain::procedure::guards::unless;

/// One line of the list.
pub struct Check {
    /// F01 …, M01 …, N01 … (legal-review.md §4).
    pub id: &'static str,
    pub severity: Severity,
    pub zh: &'static str,
    pub basis: &'static str,
    /// Path in the dossier where it is put right, unless the fault names a nearer one.
    pub place: &'static str,
    pub test: fn(&Look<'_>) -> Vec<Fault>,
}

/// One thing found, with its own place where there is a nearer one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub text: String,
    pub place: Option<String>,
    /// Where a fault weighs more than its check usually does.
    pub severity: Option<Severity>,
}

impl Fault {
    pub(super) fn heavier(self, severity: Severity) -> Self {
        Self { severity: Some(severity), ..self }
    }
}

impl Check {
    pub(super) fn run(&self, look: &Look<'_>) -> Vec<Finding> {
        (self.test)(look)
            .into_iter()
            .map(|f| Finding {
                check: self.id.into(),
                severity: f.severity.unwrap_or(self.severity),
                text: f.text,
                basis: self.basis.into(),
                place: f.place.unwrap_or_else(|| self.place.into()),
            })
            .collect()
    }
}

/// A fault at the check's own place.
pub(super) fn fault(text: impl Into<String>) -> Fault {
    Fault { text: text.into(), place: None, severity: None }
}

/// A fault at a nearer place.
pub(super) fn at(place: impl Into<String>, text: impl Into<String>) -> Fault {
    Fault { place: Some(place.into()), ..fault(text) }
}

/// What a guard misses, as faults.
pub(super) fn faults(missing: Vec<String>) -> Vec<Fault> {
    missing.into_iter().map(fault).collect()
}

/// The same, each with its place and what it is about.
pub(super) fn faults_at(place: &str, about: &str, missing: Vec<String>) -> Vec<Fault> {
    missing.into_iter().map(|m| at(place, format!("{about}：{m}"))).collect()
}

/// Nothing, or one fault.
pub(super) fn sound(fine: bool, text: impl Into<String>) -> Vec<Fault> {
    faults(unless(fine, text))
}
