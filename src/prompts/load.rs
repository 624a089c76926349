//! Form files: TOML between two `+++` lines, then a body. In the body `# ` and `## ` are headings, `[id]` places a field,
//! lines after `> ` are the instruction for the model, any other line is fixed text.

use serde::Deserialize;

use super::PromptsError;
use crate::domain::document::form::{Field, Form, Ground, Part};

/// One file as read.
#[derive(Clone, Debug)]
pub struct Source {
    /// Path below `prompts/`, e.g. `documents/penalty_decision.md`.
    pub path: String,
    pub text: String,
}

impl Source {
    pub(super) fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.strip_suffix(".md").unwrap_or(name)
    }

    pub(super) fn invalid(&self, message: impl Into<String>) -> PromptsError {
        PromptsError::Invalid { path: self.path.clone(), message: message.into() }
    }
}

/// TOML head and body.
pub(super) fn split(file: &Source) -> Result<(&str, &str), PromptsError> {
    let rest = file.text.strip_prefix("+++\n").ok_or_else(|| file.invalid("文件应以一行 +++ 开头"))?;
    rest.split_once("\n+++\n").ok_or_else(|| file.invalid("文件头没有以一行 +++ 结束"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    id: String,
    zh: String,
    code: String,
    stage: String,
    model_may_write: bool,
    field: Vec<Field>,
    #[serde(default)]
    ground: Vec<Ground>,
}

/// Reads and checks one form.
pub(super) fn form(file: &Source, known_block: impl Fn(&str) -> bool) -> Result<Form, PromptsError> {
    let (head, body) = split(file)?;
    let head: Head = toml::from_str(head).map_err(|e| file.invalid(e.to_string()))?;
    if head.id != file.stem() {
        return Err(file.invalid(format!("id“{}”与文件名不一致", head.id)));
    }
    let form = Form {
        id: head.id,
        zh: head.zh,
        code: head.code,
        stage: head.stage,
        model_may_write: head.model_may_write,
        fields: head.field,
        grounds: head.ground,
        parts: parts(file, body)?,
    };
    form.check(known_block).map_err(|source| PromptsError::Form { path: file.path.clone(), source })?;
    Ok(form)
}

fn parts(file: &Source, body: &str) -> Result<Vec<Part>, PromptsError> {
    let mut out: Vec<Part> = vec![];
    for line in body.lines().map(str::trim).filter(|l| !l.is_empty()) {
        if let Some(text) = line.strip_prefix("> ") {
            let Some(Part::Field { instruction, .. }) = out.last_mut() else {
                return Err(file.invalid(format!("起草要求没有跟在字段之后：{text}")));
            };
            if !instruction.is_empty() {
                instruction.push('\n');
            }
            instruction.push_str(text);
        } else if let Some(id) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            out.push(Part::Field { id: id.trim().into(), instruction: String::new() });
        } else if let Some(text) = line.strip_prefix("## ") {
            out.push(Part::Heading { level: 2, text: text.into() });
        } else if let Some(text) = line.strip_prefix("# ") {
            out.push(Part::Heading { level: 1, text: text.into() });
        } else {
            out.push(Part::Fixed(line.into()));
        }
    }
    Ok(out)
}
