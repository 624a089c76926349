//! 推理: one thread that owns the model. It gets messages and returns text; it does not know what a case is.
