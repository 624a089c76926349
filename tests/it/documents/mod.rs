//! 文书: forms, filling, composition and export.

mod docx;
pub(crate) mod docx_check;
mod fill;
mod forms;
mod sample;
mod teaching;
