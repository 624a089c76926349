//! The rules, one file each, run in this order. A step that fails stops the assessment with its reason.

mod applicable_law;
mod authority;
mod capacity;
mod combine;
mod crime;
mod limitation;
mod outcome;
mod precondition;
mod range;
mod status;
mod tier;

pub(crate) use outcome::matching;
pub(crate) use precondition::rectify_gap;

use super::work::{Done, Work};

/// One rule.
pub(crate) type Step = fn(&mut Work<'_>) -> Done;

/// Every rule with its stable name; the order is the order of computation.
pub(crate) const STEPS: &[(&str, Step)] = &[
    ("status", status::run),
    ("authority", authority::run),
    ("crime", crime::run),
    ("limitation", limitation::run),
    ("capacity", capacity::run),
    ("applicable_law", applicable_law::run),
    ("precondition", precondition::run),
    ("outcome", outcome::run),
    ("range", range::run),
    ("combine", combine::run),
    ("tier", tier::run),
];
