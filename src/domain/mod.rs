//! 纯领域: no clock, no I/O, no async, no globals. Dates come in as arguments, money is integer 分, every rule names its 依据.

pub mod assessment;
pub mod attachment;
pub mod case;
pub mod checks;
pub mod deadline;
pub mod discretion;
pub mod distribution;
pub mod document;
pub mod dossier;
pub mod dues;
pub mod extraction;
pub mod foreign;
pub mod intake;
pub mod law;
pub mod legal_review;
pub mod money;
pub mod numerals;
pub mod penalty;
pub mod people;
pub mod precedent;
pub mod procedure;
pub mod process_record;
pub mod rulebook;
pub mod trace;
pub mod workshop;

/// sha256 of a text in hex: names a state of something in the record.
pub fn digest(text: &str) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(text.as_bytes()))
}
