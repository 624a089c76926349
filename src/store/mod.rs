//! SQL lives here and nowhere else.

pub mod laws_db;
