//! The one integration binary; a module per matter.

mod discretion;
mod precedents;
mod rules;
