//! What a client asks for: read strictly where it decides the answer, refused by name where it asks for what we do not do.

use serde::Deserialize;
use serde_json::Value;

use crate::error::{Class, Report, Result, Wrong};
use crate::flow::completions::{Completion, Message, ResponseFormat};

const MOST_MESSAGES: usize = 256;
/// Characters of all messages together.
const MOST_TEXT: usize = 400_000;
const MOST_TOKENS: u64 = 16_384;
/// Tokens written when the client names no limit.
const USUAL_TOKENS: u64 = 1024;
const MOST_STOPS: usize = 4;
const LONGEST_STOP: usize = 256;

/// Fields that would change the answer in a way we cannot; null and "nothing" (`[]`, `{}`, `false`, `0`, `"none"`, `"auto"`)
/// are what happens anyway.
const REFUSED: [&str; 14] = [
    "tools",
    "functions",
    "tool_choice",
    "function_call",
    "logprobs",
    "top_logprobs",
    "logit_bias",
    "presence_penalty",
    "frequency_penalty",
    "audio",
    "prediction",
    "web_search_options",
    "best_of",
    "echo",
];

/// A request, checked.
#[derive(Debug)]
pub struct Wanted {
    pub completion: Completion,
    pub stream: bool,
    pub include_usage: bool,
}

#[derive(Deserialize)]
struct Body {
    model: String,
    messages: Vec<Turn>,
    max_tokens: Option<u64>,
    max_completion_tokens: Option<u64>,
    temperature: Option<f32>,
    top_p: Option<f64>,
    seed: Option<i64>,
    n: Option<u64>,
    stop: Option<Stop>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    response_format: Option<ResponseFormat>,
}

#[derive(Deserialize)]
struct Turn {
    role: String,
    content: Content,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<ContentPart>),
}

#[derive(Deserialize)]
struct ContentPart {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Stop {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

fn wrong(param: impl Into<String>, message: impl Into<String>) -> Report {
    told("completion.invalid", "参数有误", param, message)
}

fn unsupported(param: impl Into<String>, message: impl Into<String>) -> Report {
    told("completion.unsupported", "参数不受支持", param, message)
}

fn told(code: &str, title: &str, param: impl Into<String>, message: impl Into<String>) -> Report {
    let (path, message) = (param.into(), message.into());
    let detail = format!("{path} {message}");
    Report::new(Class::Invalid, code, title, detail).errors(vec![Wrong { path, code: code.into(), message }])
}

/// Reads a body.
pub fn read(bytes: &[u8]) -> Result<Wanted> {
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|e| Report::new(Class::Invalid, "input.broken_json", "JSON 格式有误", e.to_string()))?;
    if let Some(name) = REFUSED.iter().find(|name| value.get(**name).is_some_and(|v| !asks_nothing(v))) {
        return Err(unsupported(*name, "本服务不支持，请去掉"));
    }
    let body: Body = serde_path_to_error::deserialize(value).map_err(|e| {
        let path = e.path().to_string();
        wrong(if path == "." { String::new() } else { path }, format!("类型或内容不对：{}", e.inner()))
    })?;
    if body.n.is_some_and(|n| n != 1) {
        return Err(unsupported("n", "只能是 1"));
    }
    if body.top_p.is_some_and(|p| p != 1.0) {
        return Err(unsupported("top_p", "只能是 1，请用 temperature"));
    }
    let temperature = body.temperature.unwrap_or(0.0);
    if !(0.0..=2.0).contains(&temperature) {
        return Err(wrong("temperature", "应在 0 到 2 之间"));
    }
    let stream = body.stream.unwrap_or(false);
    if body.stream_options.is_some() && !stream {
        return Err(wrong("stream_options", "只能与 stream: true 同用"));
    }
    let completion = Completion {
        model: body.model,
        messages: messages(body.messages)?,
        max_tokens: max_tokens(body.max_tokens, body.max_completion_tokens)?,
        temperature,
        // Any number is a seed.
        seed: body.seed.unwrap_or(0).cast_unsigned(),
        stop: stops(body.stop)?,
        format: body.response_format.unwrap_or(ResponseFormat::Text),
    };
    let include_usage = body.stream_options.and_then(|o| o.include_usage).unwrap_or(false);
    Ok(Wanted { completion, stream, include_usage })
}

fn asks_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(b) => !b,
        Value::Number(n) => n.as_f64() == Some(0.0),
        Value::String(s) => s == "none" || s == "auto",
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    }
}

fn max_tokens(old: Option<u64>, new: Option<u64>) -> Result<usize> {
    let (param, wanted) = match (new, old) {
        (Some(n), _) => ("max_completion_tokens", n),
        (None, n) => ("max_tokens", n.unwrap_or(USUAL_TOKENS)),
    };
    if !(1..=MOST_TOKENS).contains(&wanted) {
        return Err(wrong(param, format!("应在 1 到 {MOST_TOKENS} 之间")));
    }
    Ok(wanted as usize)
}

fn stops(stop: Option<Stop>) -> Result<Vec<String>> {
    let stops = match stop {
        None => vec![],
        Some(Stop::One(one)) => vec![one],
        Some(Stop::Many(many)) => many,
    };
    if stops.len() > MOST_STOPS {
        return Err(wrong("stop", format!("最多 {MOST_STOPS} 个")));
    }
    if stops.iter().any(|s| s.is_empty() || s.len() > LONGEST_STOP) {
        return Err(wrong("stop", format!("每个应有 1 到 {LONGEST_STOP} 字节")));
    }
    Ok(stops)
}

fn messages(turns: Vec<Turn>) -> Result<Vec<Message>> {
    if turns.is_empty() || turns.len() > MOST_MESSAGES {
        return Err(wrong("messages", format!("应有 1 到 {MOST_MESSAGES} 条")));
    }
    let mut length = 0;
    let mut out = Vec::with_capacity(turns.len());
    for (i, turn) in turns.into_iter().enumerate() {
        let role = match turn.role.as_str() {
            "system" | "developer" => "system",
            "user" => "user",
            "assistant" => "assistant",
            _ => return Err(unsupported(format!("messages[{i}].role"), "只能是 system、user、assistant")),
        };
        let text = match turn.content {
            Content::Text(text) => text,
            Content::Parts(parts) => joined(i, parts)?,
        };
        length += text.chars().count();
        if length > MOST_TEXT {
            return Err(wrong("messages", format!("合计最多 {MOST_TEXT} 字")));
        }
        out.push(Message::new(role, text));
    }
    Ok(out)
}

fn joined(message: usize, parts: Vec<ContentPart>) -> Result<String> {
    let mut out = String::new();
    for (i, part) in parts.into_iter().enumerate() {
        let param = format!("messages[{message}].content[{i}]");
        match (part.kind.as_str(), part.text) {
            ("text", Some(text)) => out.push_str(&text),
            ("text", None) => return Err(wrong(param, "缺少 text")),
            _ => return Err(unsupported(param, "只支持文字，不支持图片、声音和文件")),
        }
    }
    Ok(out)
}
