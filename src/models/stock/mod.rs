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
        // Some of candle's models mask wrongly when several tokens arrive after the first; one at a time is right in all.
        let pieces: Vec<&[u32]> = if pos == 0 { vec![tokens] } else { tokens.chunks(1).collect() };
        let mut logits = None;
        for (i, piece) in pieces.iter().enumerate() {
            let at = if pos == 0 { 0 } else { pos + i };
            let input = Tensor::new(*piece, &Device::Cpu)?.unsqueeze(0)?;
            logits = Some((self.step)(&mut self.model, &input, at)?);
        }
        self.held = needed;
        let logits = logits.ok_or_else(|| ModelError::Compute("没有输入".into()))?;
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
