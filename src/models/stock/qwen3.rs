//! Qwen3 (candle-transformers `quantized_qwen3`).

use candle_core::quantized::gguf_file::Content;
use candle_transformers::models::quantized_qwen3::ModelWeights;

use crate::models::gguf::GgufFile;
use crate::models::{LanguageModel, ModelError};

pub fn build(content: Content, file: &mut GgufFile) -> Result<Box<dyn LanguageModel>, ModelError> {
    let context = super::context(&content, "qwen3");
    let model = ModelWeights::from_gguf(content, file, super::device())?;
    // This model alone keeps its cache when position 0 comes again.
    Ok(super::boxed(model, context, |m, x, pos| {
        if pos == 0 {
            m.clear_kv_cache();
        }
        m.forward(x, pos)
    }))
}
