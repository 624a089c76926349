//! 裁量基准的导入建议 (`proposals/<name>.json`): a published table, cell by cell, waiting for people. Nothing here is in force.

mod adopt;
mod columns;
mod confirm;
mod draft;
mod matching;
mod toml_out;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use adopt::{Adopter, adopt, findings};
pub use confirm::{Target, confirm};
pub use draft::{Imported, import};

use crate::corpus::statutes::RowNote;
use crate::domain::discretion::amount::Amount;
use crate::domain::discretion::table::Base;
use crate::domain::discretion::tiers::Finding;
use crate::domain::penalty::{Circumstance, Tier, vocabulary};

vocabulary! {
    /// What a column of the table holds.
    Role {
        Violation = "violation", "违法行为";
        Basis = "basis", "处罚依据";
        Tier = "tier", "阶次";
        Condition = "condition", "适用条件";
        Range = "range", "裁量幅度";
        Remark = "remark", "备注";
        Ignored = "ignored", "不导入";
    }
}

vocabulary! {
    /// Whether a person has compared a cell with the published table.
    State {
        Unconfirmed = "unconfirmed", "未核对";
        Confirmed = "confirmed", "已核对";
    }
}

/// What a cell was read as.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Value {
    Violation {
        id: String,
    },
    /// 条款 as printed, in the form of citations.
    Basis {
        citation: String,
    },
    Tier {
        tier: Tier,
        when: Option<Circumstance>,
    },
    /// `base` is `None` where neither the text nor the clause says what a multiple is of.
    Range {
        base: Option<Base>,
        amount: Amount,
    },
    /// Expressions; empty = the band is not tied to facts.
    Conditions {
        all: Vec<String>,
    },
    Text,
}

/// One person's word for one cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    pub by: String,
    /// RFC 3339.
    pub at: String,
    /// The content the cell was compared with.
    pub source_sha256: String,
    /// What was written instead of what the program had read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correction: Option<String>,
}

/// One cell with its place in the source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    pub role: Role,
    pub table: String,
    /// From 1; 0 for a column the table does not have.
    pub row: u32,
    pub column: u32,
    /// `工作表“基准”B3`.
    pub place: String,
    /// The merged cells whose text this is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_from: Option<String>,
    pub original: String,
    pub value: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<String>,
    pub state: State,
    /// Earlier ones stay; the last one counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confirmations: Vec<Confirmation>,
}

impl Cell {
    /// Remarks are for reading only, and so is an empty cell of a column that may be empty.
    pub fn needed(&self) -> bool {
        match self.role {
            Role::Violation | Role::Tier | Role::Range => true,
            Role::Basis | Role::Condition => !self.original.is_empty(),
            Role::Remark | Role::Ignored => false,
        }
    }
}

/// A row that will not become a benchmark, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exclusion {
    pub reason: String,
    /// `None`: the program, by rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// One row of the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// `r5`; a cell is `r5.tier`.
    pub id: String,
    pub cells: Vec<Cell>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excluded: Option<Exclusion>,
}

impl Row {
    fn cell(&self, role: Role) -> Option<&Cell> {
        self.cells.iter().find(|c| c.role == role)
    }

    fn violation(&self) -> Option<&str> {
        match self.cell(Role::Violation)?.value.as_ref()? {
            Value::Violation { id } => Some(id),
            _ => None,
        }
    }

    fn tier(&self) -> Option<(Tier, Option<Circumstance>)> {
        match self.cell(Role::Tier)?.value.as_ref()? {
            Value::Tier { tier, when } => Some((*tier, *when)),
            _ => None,
        }
    }

    fn range(&self) -> Option<(Option<Base>, Amount)> {
        match self.cell(Role::Range)?.value.as_ref()? {
            Value::Range { base, amount } => Some((*base, *amount)),
            _ => None,
        }
    }

    fn conditions(&self) -> Vec<String> {
        match self.cell(Role::Condition).and_then(|c| c.value.as_ref()) {
            Some(Value::Conditions { all }) => all.clone(),
            _ => vec![],
        }
    }
}

/// Where the table was published. All but 施行日期 and address must be known before it can be adopted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Published {
    pub title: Option<String>,
    pub doc_no: Option<String>,
    pub issuer: Option<String>,
    pub published_at: Option<Date>,
    pub effective_at: Option<Date>,
    pub url: Option<String>,
}

impl Published {
    /// What is given replaces what was.
    fn update(&mut self, given: &Self) {
        fn take<T: Clone>(old: &mut Option<T>, new: &Option<T>) {
            if new.is_some() {
                old.clone_from(new);
            }
        }
        take(&mut self.title, &given.title);
        take(&mut self.doc_no, &given.doc_no);
        take(&mut self.issuer, &given.issuer);
        take(&mut self.published_at, &given.published_at);
        take(&mut self.effective_at, &given.effective_at);
        take(&mut self.url, &given.url);
    }
}

/// Who put it into force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adoption {
    pub by: String,
    pub at: String,
    /// File below `rules/`.
    pub file: String,
    /// Why it was adopted although the tiers do not fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub despite: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

/// A whole import.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    pub schema: u32,
    pub name: String,
    /// Name of the imported file, and the sha256 of its content; a copy lies beside the proposal.
    pub file: String,
    pub sha256: String,
    pub imported_at: String,
    #[serde(default)]
    pub published: Published,
    pub rows: Vec<Row>,
    /// Parts of the file that were not taken, with reasons.
    #[serde(default)]
    pub left_out: Vec<RowNote>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adoption: Option<Adoption>,
}

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
