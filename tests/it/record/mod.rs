//! 执法全过程记录.

mod chain;
