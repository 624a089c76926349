//! 用例: load, decide, save; one file per step.

pub mod draft;
