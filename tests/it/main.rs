//! The one integration binary; a module per matter.

mod discretion;
mod engine;
mod precedents;
mod rules;
mod statutes;
