//! Shared blocks: `prompts/blocks/*.md`, TOML head and a template. `<< name >>` stands for a value and `<% … %>` for a
//! condition, because `{{ }}` belongs to the model's markers.

use std::collections::BTreeMap;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior};
use serde::Deserialize;

use super::PromptsError;
use super::load::{Source, split};
use crate::domain::document::compose::clean;
use crate::domain::document::fill::{BlockValues, Blocks, FieldValue};
use crate::domain::document::form::Writer;

/// The head of a block file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockHead {
    pub zh: String,
    pub writer: Writer,
    /// Provisions the words rest on.
    pub basis: Vec<String>,
    /// The words state the law as in force from this day (the latest 施行日 among the provisions).
    pub valid_from: toml::value::Datetime,
}

/// All shared blocks, compiled.
pub struct BlockSet {
    heads: BTreeMap<String, BlockHead>,
    environment: Environment<'static>,
}

/// `<< name >>`, `<% … %>`, `<# … #>`.
pub(super) fn syntax() -> SyntaxConfig {
    SyntaxConfig::builder()
        .block_delimiters("<%", "%>")
        .variable_delimiters("<<", ">>")
        .comment_delimiters("<#", "#>")
        .build()
        .expect("the delimiters differ from one another")
}

impl BlockSet {
    pub(super) fn load(files: &[Source]) -> Result<Self, PromptsError> {
        let mut environment = Environment::new();
        environment.set_syntax(syntax());
        // A value the code does not give is a mistake of the block, not an empty place in a decision.
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        let mut heads = BTreeMap::new();
        for file in files {
            let (head, body) = split(file)?;
            let head: BlockHead = toml::from_str(head).map_err(|e| file.invalid(e.to_string()))?;
            if head.basis.is_empty() || head.zh.is_empty() || head.writer == Writer::L {
                return Err(file.invalid("公共块须写明 zh 和 basis，且不得由模型起草"));
            }
            let added = environment.add_template_owned(file.stem().to_string(), body.to_string());
            added.map_err(|e| file.invalid(e.to_string()))?;
            heads.insert(file.stem().to_string(), head);
        }
        Ok(Self { heads, environment })
    }

    pub fn contains(&self, id: &str) -> bool {
        self.heads.contains_key(id)
    }

    /// Ids and heads in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &BlockHead)> {
        self.heads.iter().map(|(id, head)| (id.as_str(), head))
    }
}

impl Blocks for BlockSet {
    fn render(&self, id: &str, values: &BlockValues) -> Result<FieldValue, String> {
        let head = self.heads.get(id).ok_or_else(|| format!("没有公共块{id}"))?;
        let template = self.environment.get_template(id).map_err(|e| e.to_string())?;
        let text = template.render(values).map_err(|e| e.to_string())?;
        Ok(FieldValue { text: clean(&text), sources: head.basis.iter().map(|b| format!("law:{b}")).collect() })
    }
}
