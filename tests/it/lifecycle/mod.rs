//! Cases over HTTP, from clue to archive, with the people it takes.

pub mod scripts;
pub mod town;

pub mod access;
mod endings;
mod guarding;
mod lookup;
mod pages;
mod signing_in;
