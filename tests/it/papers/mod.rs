//! 环节文书、不予处罚决定书、归档包.

mod forms;
mod no_penalty;
mod played;
