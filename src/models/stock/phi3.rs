//! Phi-3 (candle-transformers `quantized_phi3`), without flash attention.

use candle_core::quantized::gguf_file::Content;
use candle_transformers::models::quantized_phi3::ModelWeights;

use crate::models::gguf::GgufFile;
use crate::models::{LanguageModel, ModelError};

pub fn build(content: Content, file: &mut GgufFile) -> Result<Box<dyn LanguageModel>, ModelError> {
    let context = super::context(&content, "phi3");
    let model = ModelWeights::from_gguf(false, content, file, super::device())?;
    Ok(super::boxed(model, context, ModelWeights::forward))
}
