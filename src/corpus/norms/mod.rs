//! 办案规范: the bureau's guides and internal rules, by numbered section. Found like articles, but never a legal basis.

mod import;
mod search;
mod split;

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use self::import::{Given, NormImport, import};
pub use self::search::{NormBook, NormHit, NormQuery, USE};
use crate::domain::law::Validity;

/// Imported documents live in `<data>/norms/norms.jsonl`, one a line.
pub const FOLDER: &str = "norms";

pub(super) fn store(data_dir: &Path) -> PathBuf {
    data_dir.join(FOLDER).join("norms.jsonl")
}

/// One version of one document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Norm {
    /// `某某办案指引@2024-01-01`, like the id of a law version.
    pub id: String,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc_no: Option<String>,
    pub effective_from: Option<Date>,
    /// Last day, when it is stated or a later version is held.
    pub effective_to: Option<Date>,
    /// Name of the file it came from, and the sha256 of its content.
    pub source: String,
    pub source_sha256: String,
    pub sections: Vec<Section>,
}

/// One numbered section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// 12 for 第十二条; 0 where sections are numbered otherwise.
    pub article: u32,
    /// As printed: `第十二条`, `一、（二）`, a heading, or `第3段` where nothing is numbered.
    pub label: String,
    /// Headings above it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    pub text: String,
}

impl Norm {
    /// Whether it counts on a day; without dates that is not known.
    pub fn validity_on(&self, day: Date) -> Validity {
        match (self.effective_from, self.effective_to) {
            (_, Some(to)) if to < day => Validity::Repealed,
            (Some(from), _) if from > day => Validity::NotYetInForce,
            (Some(_), _) => Validity::InForce,
            (None, _) => Validity::Unknown,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum NormError {
    #[error("无法读写 {path}：{source}")]
    Io { path: PathBuf, source: std::io::Error },
    #[error("规范文件 {path} 第 {line} 行有误：{why}；请删除该文件后重新导入")]
    Damaged { path: PathBuf, line: usize, why: String },
    #[error("规范索引建不成：{0}")]
    Index(String),
}

impl NormError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "norms.io",
            Self::Damaged { .. } => "norms.damaged",
            Self::Index(_) => "norms.index",
        }
    }
}

/// Everything imported so far; nothing imported is an empty list.
pub fn load(data_dir: &Path) -> Result<Vec<Norm>, NormError> {
    let path = store(data_dir);
    let body = match std::fs::read_to_string(&path) {
        Ok(body) => body,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(vec![]),
        Err(source) => return Err(NormError::Io { path, source }),
    };
    let lines = body.lines().enumerate().filter(|(_, l)| !l.trim().is_empty());
    lines
        .map(|(i, line)| {
            serde_json::from_str(line).map_err(|e| NormError::Damaged {
                path: path.clone(),
                line: i + 1,
                why: e.to_string(),
            })
        })
        .collect()
}
