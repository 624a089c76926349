//! The one integration binary; a module per matter.

mod amounts;
mod as_of;
mod benchmarks;
mod cases;
mod citations;
mod completions;
mod decisions;
mod discretion;
mod documents;
mod drafts;
mod encoder;
mod engine;
mod fuzz;
mod http;
mod lifecycle;
mod models;
mod norms;
mod precedents;
mod ranking;
mod record;
mod remote;
mod rules;
mod setup;
mod similar;
mod statutes;
mod tiers;
