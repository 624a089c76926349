//! The one integration binary; a module per matter.

mod discretion;
mod documents;
mod engine;
mod http;
mod models;
mod precedents;
mod rules;
mod setup;
mod statutes;
