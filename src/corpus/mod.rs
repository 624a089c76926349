//! 语料与检索: reads corpus/ and the installed statutes; answers what a text said on a day, and finds articles and cases.

pub mod precedents;
pub mod rules;
