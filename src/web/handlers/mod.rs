//! One file per noun: extract what the caller sent, call one flow function, choose a view.

pub mod assessments;
pub mod attachments;
pub mod case_drafts;
pub mod cases;
pub mod catalog;
pub mod completions;
pub mod drafts;
pub mod dues;
pub mod extractions;
pub mod health;
pub mod join;
pub mod lookup;
pub mod me;
pub mod oidc;
pub mod pages;
pub mod papers;
pub mod people;
pub mod record;
pub mod reviews;
pub mod search;
pub mod sessions;
pub mod workshops;
