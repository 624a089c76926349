//! 命令行: one file per subcommand.

pub mod assess;
pub mod rules;
pub mod setup;
