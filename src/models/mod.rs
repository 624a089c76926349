//! 模型架构: one file per architecture; tensors never leave this room.

pub mod manifest;
