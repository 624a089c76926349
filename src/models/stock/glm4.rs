//! GLM-4 (candle-transformers `quantized_glm4`), computed in f32.

use candle_core::DType;
use candle_core::quantized::gguf_file::Content;
use candle_transformers::models::quantized_glm4::ModelWeights;

use crate::models::gguf::GgufFile;
use crate::models::{LanguageModel, ModelError};

pub fn build(content: Content, file: &mut GgufFile) -> Result<Box<dyn LanguageModel>, ModelError> {
    let context = super::context(&content, "glm4");
    let model = ModelWeights::from_gguf(content, file, super::device(), DType::F32)?;
    Ok(super::boxed(model, context, ModelWeights::forward))
}
