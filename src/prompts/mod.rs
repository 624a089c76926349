//! 提示与文书式样: reads prompts/; forms, shared blocks and model tasks.

pub mod tasks;
