//! Where rule files come from: embedded in the program, and the bureau's overlay folder.

use std::path::Path;

use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use super::{RuleFile, RulesError};

#[derive(RustEmbed)]
#[folder = "corpus/rules/"]
struct Embedded;

/// Our own files, in name order.
pub(super) fn embedded() -> Result<Vec<RuleFile>, RulesError> {
    let mut names: Vec<String> = Embedded::iter().map(|n| n.to_string()).filter(|n| n.ends_with(".toml")).collect();
    names.sort();
    let mut out = vec![];
    for name in names {
        let Some(file) = Embedded::get(&name) else { continue };
        let text = String::from_utf8(file.data.into_owned())
            .map_err(|e| RulesError::Syntax { file: name.clone(), message: e.to_string() })?;
        out.push(RuleFile { name, text, overlay: false });
    }
    Ok(out)
}

/// The bureau's files: `*.toml` directly in the folder and in its first-level subfolders. A missing folder is an empty one.
pub(super) fn overlay(dir: &Path) -> Result<Vec<RuleFile>, RulesError> {
    let mut out = vec![];
    collect(dir, "", &mut out)?;
    out.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(out)
}

fn collect(dir: &Path, prefix: &str, out: &mut Vec<RuleFile>) -> Result<(), RulesError> {
    let unreadable = |source| RulesError::Unreadable { file: dir.display().to_string(), source };
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(unreadable(e)),
    };
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        let Some(name) = path.file_name().and_then(|n| n.to_str()) else { continue };
        if path.is_dir() && prefix.is_empty() {
            collect(&path, &format!("{name}/"), out)?;
        } else if path.is_file() && name.ends_with(".toml") {
            let text = std::fs::read_to_string(&path)
                .map_err(|source| RulesError::Unreadable { file: path.display().to_string(), source })?;
            out.push(RuleFile { name: format!("{prefix}{name}"), text, overlay: true });
        }
    }
    Ok(())
}

/// Names the state of all loaded rules: first 16 hex digits of a sha256 over names and texts.
pub(super) fn version(all: &[RuleFile]) -> String {
    let mut hash = Sha256::new();
    for file in all {
        hash.update([u8::from(file.overlay)]);
        hash.update((file.name.len() as u64).to_le_bytes());
        hash.update(&file.name);
        hash.update((file.text.len() as u64).to_le_bytes());
        hash.update(&file.text);
    }
    hex::encode(hash.finalize())[..16].to_string()
}
