//! `corpus/sources.toml`: where statutes and the encoder come from; and `[search.encoder]` of the settings: an encoder of the
//! bureau's own.

use std::path::PathBuf;

use jiff::civil::Date;
use serde::Deserialize;

use super::error::SetupError;
use crate::models::encoder::Prefixes;
use crate::models::manifest::{HubFile, Manifest, PackageFile, Source};

/// The part of the file that set-up needs; the corpus room reads the rest.
#[derive(Deserialize)]
struct Sources {
    statutes: Vec<PackageFile>,
    #[serde(default)]
    encoders: Vec<PackagedEncoder>,
}

/// An encoder for search by meaning.
#[derive(Clone, Debug)]
pub enum EncoderSource {
    /// The one that the ranking was trained with.
    Packaged(PackagedEncoder),
    Own(OwnEncoder),
}

impl EncoderSource {
    pub fn id(&self) -> &str {
        match self {
            Self::Packaged(e) => &e.id,
            Self::Own(e) => &e.id,
        }
    }

    pub fn prefixes(&self) -> Prefixes {
        match self {
            Self::Packaged(_) => Prefixes::e5(),
            Self::Own(e) => e.prefixes.clone(),
        }
    }

    /// Whether what was learned (the ranking of articles, the map of questions) was learned with its vectors.
    pub fn is_learned(&self) -> bool {
        matches!(self, Self::Packaged(_))
    }
}

/// `[search.encoder]`: a GGUF of architecture `bert` (bge, gte, e5 and the like), from a path or a hub.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnEncoder {
    /// Its name, and the folder in the cache: letters, digits, `.`, `-`, `_`.
    pub id: String,
    pub path: Option<PathBuf>,
    pub hub: Option<EncoderOnHub>,
    #[serde(default = "no_prefixes")]
    pub prefixes: Prefixes,
}

fn no_prefixes() -> Prefixes {
    Prefixes { query: String::new(), passage: String::new() }
}

/// A pinned file of a hub's repository.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncoderOnHub {
    pub repo: String,
    pub file: String,
    pub revision: String,
    pub size: u64,
    pub sha256: String,
}

impl OwnEncoder {
    /// What is wrong with it, in words.
    pub fn check(&self) -> Result<(), String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if self.id.is_empty() || self.id.starts_with('.') || !self.id.chars().all(plain) {
            return Err("[search.encoder] 的 id 只能用字母、数字和 . - _，且不以 . 开头".into());
        }
        match (&self.path, &self.hub) {
            (Some(_), None) => Ok(()),
            (None, Some(hub)) => match &self.manifest(hub).file {
                file if file.contains(['/', '\\']) || !file.ends_with(".gguf") => {
                    Err("[search.encoder.hub] 的 file 应为仓库根目录下的 .gguf 文件".into())
                }
                _ if hub.sha256.len() != 64 || !hub.sha256.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')) => {
                    Err("[search.encoder.hub] 的 sha256 应为 64 位小写十六进制".into())
                }
                _ => Ok(()),
            },
            _ => Err("[search.encoder] 应写 path 或 [search.encoder.hub] 之一".into()),
        }
    }

    /// The pinned file as set-up knows models.
    pub(super) fn manifest(&self, hub: &EncoderOnHub) -> Manifest {
        Manifest {
            id: self.id.clone(),
            zh: format!("编码模型 {}", self.id),
            description: String::new(),
            file: hub.file.clone(),
            size: hub.size,
            sha256: hub.sha256.clone(),
            architecture: "bert".into(),
            context: 0,
            parameters: String::new(),
            quantization: String::new(),
            licence: String::new(),
            default: false,
            default_from_memory: None,
            pinned_on: Date::ZERO,
            sources: vec![Source::Hub(HubFile {
                repo: hub.repo.clone(),
                file: hub.file.clone(),
                revision: hub.revision.clone(),
            })],
        }
    }
}

/// An encoder in a package, and what it must compute.
#[derive(Clone, Debug, Deserialize)]
pub struct PackagedEncoder {
    pub id: String,
    #[serde(flatten)]
    pub file: PackageFile,
    /// The first numbers of this text's vector (as a question).
    pub check_text: String,
    pub check_vector: Vec<f32>,
}

/// The encoder to use: the bureau's own where one is set, else the first `[[encoders]]` entry, checked; none when there is no
/// entry.
pub fn encoder(text: &str, own: Option<&OwnEncoder>) -> Result<Option<EncoderSource>, SetupError> {
    let wrong = |reason: String| SetupError::Sources { reason };
    if let Some(own) = own {
        own.check().map_err(wrong)?;
        return Ok(Some(EncoderSource::Own(own.clone())));
    }
    let sources: Sources = toml::from_str(text).map_err(|e| wrong(e.to_string()))?;
    let Some(first) = sources.encoders.into_iter().next() else { return Ok(None) };
    first.file.check().map_err(wrong)?;
    Ok(Some(EncoderSource::Packaged(first)))
}

/// The default source of statutes: the first `[[statutes]]` entry, checked.
pub fn statutes(text: &str) -> Result<PackageFile, SetupError> {
    let wrong = |reason: String| SetupError::Sources { reason };
    let sources: Sources = toml::from_str(text).map_err(|e| wrong(e.to_string()))?;
    let first = sources.statutes.into_iter().next().ok_or_else(|| wrong("没有 [[statutes]] 条目".into()))?;
    first.check().map_err(wrong)?;
    Ok(first)
}
