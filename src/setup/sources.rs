//! `corpus/sources.toml`: where statutes come from.

use serde::Deserialize;

use super::error::SetupError;
use crate::models::manifest::PackageFile;

/// The part of the file that set-up needs; the corpus room reads the rest.
#[derive(Deserialize)]
struct Sources {
    statutes: Vec<PackageFile>,
}

/// The default source of statutes: the first `[[statutes]]` entry, checked.
pub fn statutes(text: &str) -> Result<PackageFile, SetupError> {
    let wrong = |reason: String| SetupError::Sources { reason };
    let sources: Sources = toml::from_str(text).map_err(|e| wrong(e.to_string()))?;
    let first = sources.statutes.into_iter().next().ok_or_else(|| wrong("没有 [[statutes]] 条目".into()))?;
    first.check().map_err(wrong)?;
    Ok(first)
}
