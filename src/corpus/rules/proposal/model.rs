//! What a proposal holds: rows of cells, each with its place, its words, its reading and who confirmed it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

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
    pub(super) fn cell(&self, role: Role) -> Option<&Cell> {
        self.cells.iter().find(|c| c.role == role)
    }

    pub(super) fn violation(&self) -> Option<&str> {
        match self.cell(Role::Violation)?.value.as_ref()? {
            Value::Violation { id } => Some(id),
            _ => None,
        }
    }

    pub(super) fn tier(&self) -> Option<(Tier, Option<Circumstance>)> {
        match self.cell(Role::Tier)?.value.as_ref()? {
            Value::Tier { tier, when } => Some((*tier, *when)),
            _ => None,
        }
    }

    pub(super) fn range(&self) -> Option<(Option<Base>, Amount)> {
        match self.cell(Role::Range)?.value.as_ref()? {
            Value::Range { base, amount } => Some((*base, *amount)),
            _ => None,
        }
    }

    pub(super) fn conditions(&self) -> Vec<String> {
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
    pub(super) fn update(&mut self, given: &Self) {
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
