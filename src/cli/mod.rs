//! 命令行: one file per subcommand.

pub mod setup;
