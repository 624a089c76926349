//! `corpus/sources.toml`: where statutes come from.

use serde::Deserialize;

use super::error::SetupError;
use crate::models::manifest::PackageFile;

/// The part of the file that set-up needs; the corpus room reads the rest.
#[derive(Deserialize)]
struct Sources {
    statutes: Vec<PackageFile>,
    #[serde(default)]
    encoders: Vec<EncoderSource>,
}

/// Where an encoder comes from, and what it must compute.
#[derive(Clone, Debug, Deserialize)]
pub struct EncoderSource {
    pub id: String,
    #[serde(flatten)]
    pub file: PackageFile,
    /// The first numbers of this text's vector (as a question).
    pub check_text: String,
    pub check_vector: Vec<f32>,
}

/// The default encoder: the first `[[encoders]]` entry, checked; none when there is no entry.
pub fn encoder(text: &str) -> Result<Option<EncoderSource>, SetupError> {
    let wrong = |reason: String| SetupError::Sources { reason };
    let sources: Sources = toml::from_str(text).map_err(|e| wrong(e.to_string()))?;
    let Some(first) = sources.encoders.into_iter().next() else { return Ok(None) };
    first.file.check().map_err(wrong)?;
    Ok(Some(first))
}

/// The default source of statutes: the first `[[statutes]]` entry, checked.
pub fn statutes(text: &str) -> Result<PackageFile, SetupError> {
    let wrong = |reason: String| SetupError::Sources { reason };
    let sources: Sources = toml::from_str(text).map_err(|e| wrong(e.to_string()))?;
    let first = sources.statutes.into_iter().next().ok_or_else(|| wrong("没有 [[statutes]] 条目".into()))?;
    first.check().map_err(wrong)?;
    Ok(first)
}
