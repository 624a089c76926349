//! Guided decoding: the caller decides, token by token, what may be written; the model decides what is.

use std::sync::Arc;

use super::{TokenSet, Vocab};

/// What may come next.
#[derive(Clone, Debug)]
pub enum Step {
    /// Any token.
    Free,
    /// One of these tokens; the end of text is not among them unless listed.
    Mask(Arc<TokenSet>),
    /// Exactly this text, written without asking the model.
    Force(String),
    /// One of these texts, the likeliest first token by token; never anything else.
    Choose(Vec<String>),
    /// The text is finished.
    Stop,
}

/// Steers one answer.
pub trait Guide: Send {
    /// Called once, before the first step.
    fn begin(&mut self, vocab: &Vocab);

    /// `written` is the answer so far (without the request's prefix), always whole characters.
    fn step(&mut self, written: &str, vocab: &Vocab) -> Step;

    /// Told of every token that was written, forced ones included, in order.
    fn accept(&mut self, _id: u32) {}

    /// Asked before every token; otherwise only where `written` ends with a whole character.
    fn every_token(&self) -> bool {
        false
    }
}
