//! `response_format`: what shape an answer must have, and the guide that keeps it there.

use serde::Deserialize;
use serde_json::Value;

use crate::engine::{GrammarError, GrammarGuide, Guide};
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
    let guide = match format {
        ResponseFormat::Text => return Ok(None),
        ResponseFormat::JsonObject => GrammarGuide::json_object(),
        ResponseFormat::JsonSchema { json_schema } => GrammarGuide::json_schema(&json_schema.schema),
    };
    guide.map(|guide| Some(Box::new(guide) as Box<dyn Guide>)).map_err(|e| refused(&e))
}

fn refused(e: &GrammarError) -> Report {
    let message = e.to_string();
    Report::new(Class::Invalid, "completion.response_format", "无法按要求的格式回答", &message).errors(vec![Wrong {
        path: "response_format".into(),
        code: "completion.response_format".into(),
        message,
    }])
}
