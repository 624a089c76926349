//! Which column holds what, and what the tiers are called: by the words of `corpus/benchmark_import.toml`.

use serde::Deserialize;

use super::Role;
use crate::corpus::reading::{Grid, GridCell};
use crate::domain::penalty::Tier;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    column: Vec<ColumnWords>,
    tier: Vec<TierWords>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnWords {
    role: Role,
    exact: Vec<String>,
    contains: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TierWords {
    tier: Tier,
    words: Vec<String>,
}

/// The head of a table: its row (from 0) and the column (from 0) of each role.
pub(super) struct Head {
    pub row: usize,
    pub columns: Vec<(Role, usize)>,
}

impl Words {
    /// The embedded list.
    pub fn load() -> Result<Self, String> {
        let file = "benchmark_import.toml";
        let text = crate::corpus::embedded(file).unwrap_or_default();
        toml::from_str(&text).map_err(|e| format!("{file}：{e}"))
    }

    fn role(&self, heading: &str) -> Option<Role> {
        let heading = bare(heading);
        let exact = self.column.iter().find(|c| c.exact.iter().any(|w| bare(w) == heading));
        // A sentence that happens to hold the words is no heading.
        let short = heading.chars().count() <= 16;
        let within = || self.column.iter().find(|c| short && c.contains.iter().any(|w| heading.contains(w.as_str())));
        exact.or_else(within).map(|c| c.role)
    }

    /// The columns of one row; of several for one role the first that is exact, else the first.
    fn columns(&self, row: &[GridCell]) -> Vec<(Role, usize)> {
        let mut out: Vec<(Role, usize)> = vec![];
        for (at, cell) in row.iter().enumerate() {
            // A heading merged over several columns stands for the first of them.
            if cell.merged.is_some_and(|m| m.left as usize != at + 1) {
                continue;
            }
            if let Some(role) = self.role(&cell.text).filter(|r| *r != Role::Ignored)
                && !out.iter().any(|o| o.0 == role)
            {
                out.push((role, at));
            }
        }
        out
    }

    /// The row among the first ones that names the most columns; tiers or ranges must be among them, and two in all.
    pub fn head(&self, grid: &Grid) -> Option<Head> {
        let mut best: Option<Head> = None;
        for (row, cells) in grid.rows.iter().enumerate().take(15) {
            let columns = self.columns(cells);
            if columns.len() > best.as_ref().map_or(1, |b| b.columns.len()) {
                best = Some(Head { row, columns });
            }
        }
        best.filter(|h| h.columns.iter().any(|c| c.0 == Role::Range) && h.columns.iter().any(|c| c.0 != Role::Range))
    }

    /// Whether a row repeats the head, as tables over several pages do.
    pub fn repeats(&self, head: &Head, row: &[GridCell]) -> bool {
        let again = self.columns(row);
        again.len() >= 2 && again.iter().all(|c| head.columns.contains(c))
    }

    /// The tier whose word is the longest in a text.
    pub fn tier(&self, text: &str) -> Option<Tier> {
        let text = bare(text);
        let words = self.tier.iter().flat_map(|t| t.words.iter().map(move |w| (w.chars().count(), w, t.tier)));
        words.filter(|(_, w, _)| text.contains(w.as_str())).max_by_key(|w| w.0).map(|w| w.2)
    }
}

/// Without blanks, and without what stands in brackets.
fn bare(text: &str) -> String {
    let mut depth = 0u32;
    text.chars()
        .filter(|c| {
            match c {
                '（' | '(' => depth += 1,
                '）' | ')' => {
                    depth = depth.saturating_sub(1);
                    return false;
                }
                _ => {}
            }
            depth == 0 && !c.is_whitespace()
        })
        .collect()
}
