//! candle-transformers' quantised models behind our trait. They shorten their cache only to nothing (position 0 starts anew).

pub mod gemma3;
pub mod glm4;
pub mod llama;
pub mod phi3;
pub mod qwen2;
pub mod qwen3;

use candle_core::{Device, Tensor};

use super::{LanguageModel, MAX_CONTEXT, ModelError};

/// A candle model as a function from ids and position to logits.
struct Stock<M> {
    model: M,
    context: usize,
    held: usize,
    step: fn(&mut M, &Tensor, usize) -> candle_core::Result<Tensor>,
}

fn boxed<M: Send + 'static>(
    model: M,
    context: usize,
    step: fn(&mut M, &Tensor, usize) -> candle_core::Result<Tensor>,
) -> Box<dyn LanguageModel> {
    Box::new(Stock { model, context: context.min(MAX_CONTEXT), held: 0, step })
}

impl<M: Send> LanguageModel for Stock<M> {
    fn forward(&mut self, tokens: &[u32], pos: usize) -> Result<Vec<f32>, ModelError> {
        let needed = pos + tokens.len();
        if needed > self.context {
            return Err(ModelError::ContextOverflow { needed, context: self.context });
        }
        let input = Tensor::new(tokens, &Device::Cpu)?.unsqueeze(0)?;
        let logits = (self.step)(&mut self.model, &input, pos)?;
        self.held = needed;
        Ok(logits.flatten_all()?.to_dtype(candle_core::DType::F32)?.to_vec1()?)
    }

    fn keep(&mut self, len: usize) -> usize {
        if len < self.held {
            self.held = 0;
        }
        self.held
    }

    fn context(&self) -> usize {
        self.context
    }
}

/// `<arch>.context_length`, or a small default when the file does not say.
fn context(content: &candle_core::quantized::gguf_file::Content, arch: &str) -> usize {
    content.metadata.get(&format!("{arch}.context_length")).and_then(|v| v.to_u32().ok()).map_or(2048, |n| n as usize)
}
