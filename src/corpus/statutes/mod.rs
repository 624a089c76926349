//! 法律文本: every installed version of every law, and what an article said on a day.

mod book;
mod folder;
mod import;
mod reading;
mod repeals;
mod split;

pub use book::{LawBook, Lookup};
pub use folder::{FolderReport, import_folder};
pub use import::{ImportReport, RowNote, import_laws_db, parse_label};
pub use reading::Standing;
pub use repeals::{Repeal, Successor};
pub use split::{Part, paragraphs};

use std::path::PathBuf;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::law::LawLevel;

/// Bumped when the source must be imported anew after an update of the program.
pub const IMPORTER_VERSION: &str = "1";

/// One version of one law.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LawVersion {
    /// `民办教育促进法@2018-12-29`.
    pub id: String,
    /// Full title.
    pub title: String,
    pub level: LawLevel,
    pub issuer: Option<String>,
    pub published: Option<Date>,
    /// First day the law was in force in any version, where that is known for certain.
    pub law_from: Option<Date>,
    /// First day of this text: the later of 施行日 and the date of this version.
    pub effective_from: Option<Date>,
    /// Last day of this text, when a later version is installed or the source gives it.
    pub effective_to: Option<Date>,
    pub status: Status,
    /// Where the text came from.
    pub source: String,
    pub articles: Vec<Article>,
}

/// What the source says of the version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Current,
    /// Replaced by a later version of the same law.
    Superseded,
    Repealed,
    Unknown,
}

/// One article.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Article {
    /// 64 for 第六十四条; 0 for texts without numbered articles.
    pub number: u32,
    /// 1 for 之一.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub suffix: u32,
    /// As printed: `第六十四条`, `全文`.
    pub label: String,
    /// Chapter and section headings above it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub chapter: String,
    pub text: String,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(n: &u32) -> bool {
    *n == 0
}

#[derive(Debug, thiserror::Error)]
pub enum StatuteError {
    #[error("尚未安装法律文本；请运行 zhicai setup")]
    NotInstalled,
    #[error("无法读写 {path}：{source}")]
    Io { path: PathBuf, source: std::io::Error },
    #[error("法律文本文件 {path} 第 {line} 行有误：{why}；请删除该文件后重新运行 zhicai setup")]
    Damaged { path: PathBuf, line: usize, why: String },
    #[error(transparent)]
    Source(#[from] crate::domain::foreign::SourceError),
}

impl StatuteError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotInstalled => "statutes.not_installed",
            Self::Io { .. } => "statutes.io",
            Self::Damaged { .. } => "statutes.damaged",
            Self::Source(_) => "statutes.source",
        }
    }
}
