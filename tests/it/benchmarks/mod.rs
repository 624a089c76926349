//! 裁量基准的导入: tables of .xlsx and .docx → proposals, confirmed by people, then benchmarks in force.

mod files;
mod proposals;
mod reading;

pub(crate) use files::{document, numbered, paragraph, table};
