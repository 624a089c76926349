//! `response_format`: what shape an answer must have, and the guide that keeps it there.

use serde::Deserialize;
use serde_json::Value;

use crate::engine::Guide;
use crate::error::{Class, Report, Result, Wrong};

/// The shape asked for.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ResponseFormat {
    Text,
    JsonObject,
    JsonSchema { json_schema: JsonSchema },
}

/// A schema as the interface wraps it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct JsonSchema {
    pub name: Option<String>,
    #[serde(default)]
    pub schema: Value,
    pub strict: Option<bool>,
}

/// The guide under which every answer has that shape; none for free text.
pub fn guide_for(format: &ResponseFormat) -> Result<Option<Box<dyn Guide>>> {
    match format {
        ResponseFormat::Text => Ok(None),
        // A promise that cannot be kept is not made.
        ResponseFormat::JsonObject | ResponseFormat::JsonSchema { .. } => Err(refused()),
    }
}

fn refused() -> Report {
    let message = "尚不支持结构化输出，请用 {\"type\": \"text\"}";
    Report::new(Class::Invalid, "completion.unsupported", "参数不受支持", message).errors(vec![Wrong {
        path: "response_format".into(),
        code: "completion.unsupported".into(),
        message: message.into(),
    }])
}
