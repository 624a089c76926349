//! What a set-up did, for people and for programs.

use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

use super::files::human;

/// Paths as they are shown: a report must not fail because a folder's name is not Unicode.
fn shown<S: Serializer, P: Shown>(path: &P, serializer: S) -> Result<S::Ok, S::Error> {
    path.shown().serialize(serializer)
}

trait Shown {
    fn shown(&self) -> Option<String>;
}

impl Shown for PathBuf {
    fn shown(&self) -> Option<String> {
        Some(Path::display(self).to_string())
    }
}

impl Shown for Option<PathBuf> {
    fn shown(&self) -> Option<String> {
        self.as_ref().and_then(Shown::shown)
    }
}

/// What happened to one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Not asked for.
    None,
    /// Already in place; vouched for by its stamp.
    Present,
    /// Already in place; read in full and found right.
    Verified,
    /// Brought from a source and verified.
    Fetched,
    /// Computed from files in place.
    Built,
}

impl Action {
    fn zh(self) -> &'static str {
        match self {
            Self::None => "不使用",
            Self::Present => "已就绪",
            Self::Verified => "已校验，就绪",
            Self::Fetched => "已下载并校验",
            Self::Built => "已生成",
        }
    }
}

/// The model file.
#[derive(Clone, Debug, Serialize)]
pub struct ModelReport {
    /// Id, path or `none`, as chosen.
    pub choice: String,
    pub action: Action,
    #[serde(serialize_with = "shown")]
    pub path: Option<PathBuf>,
    pub size: Option<u64>,
    /// Only for pinned models: a file the person brought is not hashed.
    pub sha256: Option<String>,
    pub licence: Option<String>,
    /// `packages:…` or `hub:…`, when something was fetched.
    pub source: Option<String>,
    /// Bytes brought by this run; pieces left by an interrupted run are not counted.
    pub fetched_bytes: u64,
    /// Bytes of pieces removed after joining.
    pub freed_bytes: u64,
}

impl ModelReport {
    pub(super) fn none(choice: &str) -> Self {
        Self {
            choice: choice.into(),
            action: Action::None,
            path: None,
            size: None,
            sha256: None,
            licence: None,
            source: None,
            fetched_bytes: 0,
            freed_bytes: 0,
        }
    }
}

/// The statutes package and what was made of it.
#[derive(Clone, Debug, Serialize)]
pub struct StatutesReport {
    pub package: String,
    pub version: String,
    pub sha256: String,
    /// The verified file in the cache.
    #[serde(serialize_with = "shown")]
    pub file: PathBuf,
    pub action: Action,
    /// Import into the data directory.
    pub import: StepReport,
    /// Search index in the data directory.
    pub index: StepReport,
}

/// The encoder and the vectors made with it.
#[derive(Clone, Debug, Serialize)]
pub struct EncoderReport {
    pub id: String,
    pub action: Action,
    pub embedding: StepReport,
}

/// One computed step.
#[derive(Clone, Debug, Serialize)]
pub struct StepReport {
    pub action: Action,
    #[serde(serialize_with = "shown")]
    pub path: PathBuf,
    /// What the step itself reports; null when it had nothing to do.
    pub detail: serde_json::Value,
}

/// Everything a set-up did.
#[derive(Clone, Debug, Serialize)]
pub struct SetupReport {
    #[serde(serialize_with = "shown")]
    pub data_dir: PathBuf,
    #[serde(serialize_with = "shown")]
    pub cache_dir: PathBuf,
    pub model: ModelReport,
    pub statutes: Option<StatutesReport>,
    pub encoder: Option<EncoderReport>,
    pub elapsed_ms: u64,
}

impl SetupReport {
    /// True when everything was in place already.
    pub fn is_unchanged(&self) -> bool {
        let idle = |a: Action| matches!(a, Action::None | Action::Present | Action::Verified);
        let statutes = self.statutes.iter().flat_map(|s| [s.action, s.import.action, s.index.action]);
        let encoder = self.encoder.iter().flat_map(|e| [e.action, e.embedding.action]);
        std::iter::once(self.model.action).chain(statutes).chain(encoder).all(idle)
    }

    /// A few lines in Chinese.
    pub fn text(&self) -> String {
        let mut lines = vec![format!("数据目录：{}", self.data_dir.display())];
        lines.push(format!("缓存目录：{}", self.cache_dir.display()));
        let mut model = format!("模型 {}：{}", self.model.choice, self.model.action.zh());
        if let Some(size) = self.model.size {
            model.push_str(&format!("，{}", human(size)));
        }
        if let Some(licence) = &self.model.licence {
            model.push_str(&format!("，许可证 {licence}"));
        }
        if self.model.fetched_bytes > 0 {
            model.push_str(&format!("，本次下载 {}", human(self.model.fetched_bytes)));
        }
        if self.model.freed_bytes > 0 {
            model.push_str(&format!("，已删除分片，省出 {}", human(self.model.freed_bytes)));
        }
        lines.push(model);
        if let Some(s) = &self.statutes {
            lines.push(format!("法律条文（{} {}）：{}", s.package, s.version, s.action.zh()));
            for (name, step) in [("导入", &s.import), ("索引", &s.index)] {
                lines.push(format!("{name}：{}", step.action.zh()));
            }
        }
        if let Some(e) = &self.encoder {
            lines.push(format!("检索编码模型 {}：{}", e.id, e.action.zh()));
            lines.push(format!("条文向量：{}", e.embedding.action.zh()));
        }
        lines.push(format!("用时 {:.1} 秒", self.elapsed_ms as f64 / 1000.0));
        lines.join("\n")
    }
}
