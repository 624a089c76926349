//! 命令行: one file per subcommand.

pub mod assess;
pub mod audit_dossier;
pub mod backup;
pub mod bench;
pub mod cite_check;
pub mod draft;
pub mod eval;
pub mod extract;
pub mod import;
pub mod index;
pub mod input;
pub mod people;
pub mod proposals;
pub mod record;
pub mod rules;
pub mod search;
pub mod serve;
pub mod setup;
pub mod verify_record;
pub mod workshop;
