//! The one integration binary; a module per matter.

mod discretion;
mod documents;
mod engine;
mod precedents;
mod rules;
mod setup;
mod statutes;
