//! 执法全过程记录.

mod attachments;
mod backup;
mod chain;
mod full;
mod lists;
mod merkle;
mod outside;
mod schema;
mod tamper;
mod verify;
mod world;
