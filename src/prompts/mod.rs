//! 提示与文书式样: reads prompts/; forms, shared blocks and model tasks. Files are built into the program; every form is
//! checked before the first is used.

mod blocks;
mod load;
mod papers;
pub mod tasks;

use std::collections::BTreeMap;

use rust_embed::RustEmbed;

pub use blocks::{BlockHead, BlockSet};
pub use load::Source;
pub use papers::{BindingOrder, BindingPart, PaperSet, PaperTemplates};

use crate::domain::document::form::{Form, FormError};

#[derive(RustEmbed)]
#[folder = "prompts/"]
struct Files;

/// All forms and blocks.
pub struct Prompts {
    forms: BTreeMap<String, Form>,
    pub blocks: BlockSet,
    /// Documents that steps produce.
    pub papers: PaperSet,
}

#[derive(Debug, thiserror::Error)]
pub enum PromptsError {
    #[error("式样文件 {path} 有误：{message}")]
    Invalid { path: String, message: String },
    #[error("式样文件 {path} 有误：{source}")]
    Form { path: String, source: FormError },
    #[error("没有文种“{kind}”的式样，可用：{known}")]
    UnknownKind { kind: String, known: String },
}

impl PromptsError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid { .. } => "prompts.invalid",
            Self::Form { source, .. } => source.code(),
            Self::UnknownKind { .. } => "prompts.unknown_kind",
        }
    }
}

impl Prompts {
    /// The forms built into the program.
    pub fn load() -> Result<Self, PromptsError> {
        let mut files = vec![];
        for path in Files::iter() {
            if let Some(file) = Files::get(&path) {
                let text = String::from_utf8(file.data.into_owned())
                    .map_err(|_| PromptsError::Invalid {
                        path: path.to_string(), message: "不是 UTF-8 文字".into()
                    })?;
                files.push(Source { path: path.into_owned(), text });
            }
        }
        let prompts = Self::from_files(&files)?;
        prompts.papers.check_complete()?;
        Ok(prompts)
    }

    /// Forms from given files; paths as below `prompts/`.
    pub fn from_files(files: &[Source]) -> Result<Self, PromptsError> {
        let under = |folder: &str| -> Vec<Source> {
            let mut found: Vec<Source> = files.iter().filter(|f| f.path.starts_with(folder)).cloned().collect();
            // Windows line ends come in with editors, not with meaning.
            found.iter_mut().for_each(|f| f.text = f.text.replace("\r\n", "\n"));
            found
        };
        let blocks = BlockSet::load(&under("blocks/"))?;
        let mut forms = BTreeMap::new();
        for file in under("documents/") {
            let form = load::form(&file, |id| blocks.contains(id))?;
            forms.insert(form.id.clone(), form);
        }
        let papers = PaperSet::load(&under("papers/"), &blocks)?;
        Ok(Self { forms, blocks, papers })
    }

    pub fn form(&self, kind: &str) -> Result<&Form, PromptsError> {
        self.forms.get(kind).ok_or_else(|| PromptsError::UnknownKind {
            kind: kind.chars().take(60).collect(),
            known: self.forms.keys().cloned().collect::<Vec<_>>().join("、"),
        })
    }

    pub fn forms(&self) -> impl Iterator<Item = &Form> {
        self.forms.values()
    }
}
