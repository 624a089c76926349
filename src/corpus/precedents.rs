//! Teaching cases of `corpus/precedents/`: fictitious, embedded, and marked so.

use rust_embed::RustEmbed;
use serde::Deserialize;

use crate::domain::precedent::{Precedent, TEACHING_LABEL};

#[derive(RustEmbed)]
#[folder = "corpus/precedents/"]
struct Files;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    precedent: Vec<toml::Value>,
}

#[derive(Debug, thiserror::Error)]
pub enum PrecedentError {
    #[error("教学案例文件 {file} 不是合法的 TOML：{message}")]
    Syntax { file: String, message: String },
    #[error("教学案例文件 {file} 的 {entry} 有误：{message}")]
    Entry { file: String, entry: String, message: String },
}

impl PrecedentError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "precedent.bad_toml",
            Self::Entry { .. } => "precedent.bad_entry",
        }
    }
}

/// Every teaching case, in order of file and place. Refuses unknown fields, repeated ids and a missing label.
pub fn teaching() -> Result<Vec<Precedent>, PrecedentError> {
    let mut out: Vec<Precedent> = vec![];
    let mut names: Vec<String> = Files::iter().map(|n| n.to_string()).filter(|n| n.ends_with(".toml")).collect();
    names.sort();
    for file in names {
        let Some(embedded) = Files::get(&file) else { continue };
        let syntax = |message: String| PrecedentError::Syntax { file: file.clone(), message };
        let text = std::str::from_utf8(&embedded.data).map_err(|e| syntax(e.to_string()))?;
        let parsed: File = toml::from_str(text).map_err(|e| syntax(e.to_string()))?;
        for (i, value) in parsed.precedent.into_iter().enumerate() {
            let id = value.get("id").and_then(|v| v.as_str()).map_or(format!("第{}条", i + 1), str::to_string);
            let entry = |message: String| PrecedentError::Entry { file: file.clone(), entry: id.clone(), message };
            let mut unknown = vec![];
            let precedent: Precedent = serde_ignored::deserialize(value, |path| unknown.push(path.to_string()))
                .map_err(|e| entry(e.to_string()))?;
            if !unknown.is_empty() {
                return Err(entry(format!("不认识的字段 {}", unknown.join("、"))));
            }
            if precedent.label != TEACHING_LABEL {
                return Err(entry(format!("label 必须是“{TEACHING_LABEL}”")));
            }
            if out.iter().any(|p| p.id == precedent.id) {
                return Err(entry("id 重复".into()));
            }
            out.push(precedent);
        }
    }
    Ok(out)
}
