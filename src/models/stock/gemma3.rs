//! Gemma 3 (candle-transformers `quantized_gemma3`).

use candle_core::quantized::gguf_file::Content;
use candle_transformers::models::quantized_gemma3::ModelWeights;

use crate::models::gguf::GgufFile;
use crate::models::{LanguageModel, ModelError};

pub fn build(content: Content, file: &mut GgufFile) -> Result<Box<dyn LanguageModel>, ModelError> {
    let context = super::context(&content, "gemma3");
    let model = ModelWeights::from_gguf(content, file, super::device())?;
    Ok(super::boxed(model, context, ModelWeights::forward))
}
