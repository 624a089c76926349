//! zhicai (智裁): facts → sources → assessment → draft, for a county law-enforcement bureau.

pub mod cli;
pub mod corpus;
pub mod domain;
pub mod engine;
pub mod error;
pub mod export;
pub mod flow;
pub mod models;
pub mod prompts;
pub mod settings;
pub mod setup;
pub mod store;
