//! 文书: forms, filling, composition and export.

mod docx;
mod docx_check;
mod fill;
mod forms;
mod sample;
mod teaching;
