//! candle-transformers' quantised models behind our trait. They shorten their cache only to nothing (position 0 starts anew).

pub mod gemma3;
pub mod glm4;
pub mod llama;
pub mod phi3;
pub mod qwen2;
pub mod qwen3;

use candle_core::{Device, Tensor};

use super::{LanguageModel, MAX_CONTEXT, ModelError, Pass, Segment, States};

/// Where candle computes: the first CUDA device when built with the feature `cuda` and there is one, else the processor.
pub fn device() -> &'static Device {
    static DEVICE: std::sync::OnceLock<Device> = std::sync::OnceLock::new();
    DEVICE.get_or_init(|| Device::cuda_if_available(0).unwrap_or(Device::Cpu))
}

/// A candle model as a function from ids and position to logits.
struct Stock<M> {
    model: M,
    context: usize,
    held: usize,
    /// Known after the first pass.
    vocabulary: usize,
    device: Device,
    step: fn(&mut M, &Tensor, usize) -> candle_core::Result<Tensor>,
}

fn boxed<M: Send + 'static>(
    model: M,
    context: usize,
    step: fn(&mut M, &Tensor, usize) -> candle_core::Result<Tensor>,
) -> Box<dyn LanguageModel> {
    Box::new(Stock { model, context: context.min(MAX_CONTEXT), held: 0, vocabulary: 0, device: device().clone(), step })
}

impl<M: Send> LanguageModel for Stock<M> {
    fn forward(&mut self, batch: &[Segment<'_>], _: Pass) -> Result<States, ModelError> {
        let [Segment { pos, tokens, .. }] = *batch else {
            return Err(ModelError::Compute("此实现一次只处理一个序列".into()));
        };
        let needed = pos + tokens.len();
        if needed > self.context {
            return Err(ModelError::ContextOverflow { needed, context: self.context });
        }
        // Some of candle's models mask wrongly when several tokens arrive after the first; one at a time is right in all.
        let pieces: Vec<&[u32]> = if pos == 0 { vec![tokens] } else { tokens.chunks(1).collect() };
        let mut logits = None;
        for (i, piece) in pieces.iter().enumerate() {
            let at = if pos == 0 { 0 } else { pos + i };
            let input = Tensor::new(*piece, &self.device)?.unsqueeze(0)?;
            // candle panics on some shapes that do not fit together.
            logits = Some(super::guarded(|| Ok((self.step)(&mut self.model, &input, at)?))?);
        }
        self.held = needed;
        let logits = logits.ok_or_else(|| ModelError::Compute("没有输入".into()))?;
        let data: Vec<f32> = logits.flatten_all()?.to_dtype(candle_core::DType::F32)?.to_vec1()?;
        self.vocabulary = data.len();
        Ok(States { rows: 1, width: data.len(), data })
    }

    fn logits(&mut self, states: &States, rows: std::ops::Range<usize>) -> Result<Vec<f32>, ModelError> {
        Ok(states.data[rows.start * states.width..rows.end * states.width].to_vec())
    }

    fn logits_of(&mut self, states: &States, row: usize, ids: &[u32]) -> Result<Vec<f32>, ModelError> {
        let logits = &states.data[row * states.width..][..states.width];
        Ok(ids.iter().map(|id| logits.get(*id as usize).copied().unwrap_or(f32::NEG_INFINITY)).collect())
    }

    fn keep(&mut self, _: usize, len: usize) -> usize {
        if len < self.held {
            self.held = 0;
        }
        self.held
    }

    fn copy(&mut self, _: usize, _: usize, _: usize) {}

    fn slots(&self) -> usize {
        1
    }

    fn context(&self) -> usize {
        self.context
    }

    fn position_bytes(&self) -> usize {
        0
    }

    fn vocabulary(&self) -> usize {
        self.vocabulary
    }
}

/// `<arch>.context_length`, or a small default when the file does not say.
fn context(content: &candle_core::quantized::gguf_file::Content, arch: &str) -> usize {
    content.metadata.get(&format!("{arch}.context_length")).and_then(|v| v.to_u32().ok()).map_or(2048, |n| n as usize)
}
