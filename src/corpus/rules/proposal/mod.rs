//! 裁量基准的导入建议 (`proposals/<name>.json`): a published table, cell by cell, waiting for people. Nothing here is in force.

mod adopt;
mod cells;
mod columns;
mod confirm;
mod draft;
mod matching;
mod model;
mod toml_out;

use std::io::Write as _;
use std::path::{Path, PathBuf};

pub use adopt::{Adopter, adopt, findings};
pub use confirm::{Target, confirm};
pub use draft::{Imported, import};
pub use model::{Adoption, Cell, Confirmation, Exclusion, Proposal, Published, Role, Row, State, Value};

use crate::domain::discretion::tiers::Finding;

/// Format of the file.
const SCHEMA: u32 = 1;

#[derive(Debug, thiserror::Error)]
pub enum ProposalError {
    #[error("{0}")]
    Reading(#[from] crate::corpus::reading::ReadError),
    #[error("没有导入建议“{0}”；zhicai rules proposals 列出全部")]
    NotFound(String),
    #[error("导入建议 {0} 有误：{1}")]
    Damaged(String, String),
    #[error("无法读写 {0}：{1}")]
    Io(String, std::io::Error),
    #[error("{0}")]
    Refused(String),
    #[error("尚有未核对的，不能采用：\n{}", .0.join("\n"))]
    Missing(Vec<String>),
    #[error("阶次有问题，不能采用（确系公布的原文如此的，以 --despite 写明理由）：\n{}", .0.iter().map(|f| f.text.as_str()).collect::<Vec<_>>().join("\n"))]
    Findings(Vec<Finding>),
    #[error(transparent)]
    Rules(#[from] super::RulesError),
}

impl ProposalError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Reading(e) => e.code(),
            Self::NotFound(_) => "proposal.not_found",
            Self::Damaged(..) => "proposal.damaged",
            Self::Io(..) => "proposal.io",
            Self::Refused(_) => "proposal.refused",
            Self::Missing(_) => "proposal.unconfirmed",
            Self::Findings(_) => "proposal.findings",
            Self::Rules(e) => e.code(),
        }
    }
}

fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("rules").join("proposals")
}

fn refuse<T>(message: impl Into<String>) -> Result<T, ProposalError> {
    Err(ProposalError::Refused(message.into()))
}

/// Names of all proposals.
pub fn list(data_dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder(data_dir)).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.filter_map(|e| Some(e.file_name().to_str()?.strip_suffix(".json")?.to_string())).collect();
    names.sort();
    names
}

/// Reads one; its copy of the source must still be what was imported.
pub fn open(data_dir: &Path, name: &str) -> Result<Proposal, ProposalError> {
    // Names come from the command line; only names of files in the folder are looked at.
    if !list(data_dir).iter().any(|n| n == name) {
        return Err(ProposalError::NotFound(name.into()));
    }
    let path = folder(data_dir).join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).map_err(|e| ProposalError::Io(path.display().to_string(), e))?;
    let proposal: Proposal =
        serde_json::from_str(&text).map_err(|e| ProposalError::Damaged(name.into(), e.to_string()))?;
    if proposal.schema != SCHEMA || proposal.name != name {
        return Err(ProposalError::Damaged(name.into(), "格式版本或者名称不符".into()));
    }
    let copy = crate::corpus::reading::file(&folder(data_dir).join(copy_name(&proposal)))?;
    if copy.sha256 != proposal.sha256 {
        return Err(ProposalError::Damaged(name.into(), "所附原件已被改动，核对失去依据；请重新导入原件".into()));
    }
    Ok(proposal)
}

fn copy_name(proposal: &Proposal) -> String {
    let extension = Path::new(&proposal.file).extension().and_then(|e| e.to_str()).unwrap_or_default();
    format!("{}.{}", proposal.name, extension.to_lowercase())
}

/// Writes it beside the old state and renames, so that nothing half-written remains.
pub fn save(data_dir: &Path, proposal: &Proposal) -> Result<(), ProposalError> {
    let path = folder(data_dir).join(format!("{}.json", proposal.name));
    let text = serde_json::to_vec_pretty(proposal).unwrap_or_default();
    put(&path, &text)
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), ProposalError> {
    let io = |e: std::io::Error| ProposalError::Io(path.display().to_string(), e);
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(io)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(io)?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(io)?;
    file.persist(path).map_err(|e| io(e.error))?;
    Ok(())
}
