//! Model tasks: system text, examples and the form of a request, kept as files in `prompts/tasks/`.

use rust_embed::RustEmbed;
use serde::Deserialize;

use crate::domain::document::lexicon::Lexicon;

#[derive(RustEmbed)]
#[folder = "prompts"]
struct Files;

/// One task of the model.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    pub id: String,
    pub zh: String,
    pub system: String,
    /// The request, with `{point}` where the material goes.
    pub user: String,
    #[serde(default, rename = "example")]
    pub examples: Vec<Example>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    pub user: String,
    pub assistant: String,
}

#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    #[error("没有任务文件 prompts/tasks/{0}.toml")]
    Missing(String),
    #[error("提示文件 {file} 有误：{why}")]
    Invalid { file: String, why: String },
}

impl TaskError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing(_) => "prompts.missing_task",
            Self::Invalid { .. } => "prompts.invalid",
        }
    }
}

fn text(file: &str) -> Option<String> {
    Files::get(file).map(|f| String::from_utf8_lossy(&f.data).into_owned())
}

/// The task of this id.
pub fn task(id: &str) -> Result<Task, TaskError> {
    let file = format!("tasks/{id}.toml");
    let body = text(&file).ok_or_else(|| TaskError::Missing(id.into()))?;
    let task: Task =
        toml::from_str(&body).map_err(|e| TaskError::Invalid { file: file.clone(), why: e.to_string() })?;
    if task.id != id || !task.user.contains("{point}") {
        return Err(TaskError::Invalid { file, why: "id 与文件名不符，或缺少 {point}".into() });
    }
    Ok(task)
}

/// The approved and forbidden wording.
pub fn lexicon() -> Result<Lexicon, TaskError> {
    let file = "lexicon.toml".to_string();
    let body = text(&file).ok_or_else(|| TaskError::Missing("lexicon".into()))?;
    let lexicon: Lexicon =
        toml::from_str(&body).map_err(|e| TaskError::Invalid { file: file.clone(), why: e.to_string() })?;
    match lexicon.problems() {
        problems if problems.is_empty() => Ok(lexicon),
        problems => Err(TaskError::Invalid { file, why: problems.join("；") }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::document::paraphrase::{Material, matches};

    #[test]
    fn the_files_load_and_their_examples_obey_their_own_rules() {
        let lexicon = lexicon().unwrap();
        let task = task("sentence").unwrap();
        assert!(!task.examples.is_empty());
        for example in &task.examples {
            let point = example.user.trim_start_matches("要点：");
            let material = Material::parse(point, &lexicon).unwrap();
            assert!(matches(&example.assistant, &material, &lexicon).unwrap(), "{}", example.assistant);
            assert!(lexicon.banned_in(&example.assistant).is_empty());
        }
    }
}
