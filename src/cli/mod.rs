//! 命令行: one file per subcommand.

pub mod assess;
pub mod cite_check;
pub mod import;
pub mod rules;
pub mod search;
