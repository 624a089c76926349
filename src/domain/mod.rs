//! 纯领域: no clock, no I/O, no async, no globals. Dates come in as arguments, money is integer 分, every rule names its 依据.

pub mod assessment;
pub mod case;
pub mod deadline;
pub mod discretion;
pub mod distribution;
pub mod document;
pub mod extraction;
pub mod foreign;
pub mod intake;
pub mod law;
pub mod money;
pub mod numerals;
pub mod penalty;
pub mod people;
pub mod precedent;
pub mod process_record;
pub mod rulebook;
pub mod trace;
