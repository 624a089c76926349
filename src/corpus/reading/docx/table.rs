//! A Word table as it is read: cells take their columns by gridSpan, and join the cell above by vMerge.

use std::collections::BTreeMap;

use crate::corpus::reading::{Grid, GridCell, GridKind, MOST_CHARS, MOST_COLUMNS, MOST_ROWS, ReadError, Region, fill};

/// A cell being read.
#[derive(Default)]
pub struct OpenCell {
    pub text: String,
    pub span: u32,
    /// Continues the cell above.
    pub continues: bool,
    /// Continues the cell to the left (an old way of merging).
    pub continues_left: bool,
    pub nested: bool,
}

/// A table being read.
#[derive(Default)]
pub struct OpenTable {
    pub name: String,
    pub inner: usize,
    pub row: u32,
    pub column: u32,
    pub cell: Option<OpenCell>,
    cells: Vec<(u32, u32, GridCell)>,
    regions: Vec<Region>,
    /// The last region that begins in a column.
    last: BTreeMap<u32, usize>,
}

impl OpenTable {
    pub fn new(name: String) -> Self {
        Self { name, ..Self::default() }
    }

    /// The open cell ends: it takes its place, or lengthens the one it continues.
    pub fn end_cell(&mut self) -> Result<(), ReadError> {
        let Some(cell) = self.cell.take() else { return Ok(()) };
        let (row, column) = (self.row.max(1), self.column.max(1));
        let right = column.saturating_add(cell.span - 1);
        if row > MOST_ROWS || right > MOST_COLUMNS || cell.text.chars().count() > MOST_CHARS {
            return Err(ReadError::TableTooLarge(self.name.clone()));
        }
        self.column = right + 1;
        let held = |left: &u32| self.last.get(left).and_then(|i| Some((*i, self.regions.get(*i)?)));
        let above = held(&column).filter(|(_, r)| cell.continues && r.bottom + 1 == row && r.right == right);
        let beside = || self.last.range(..column).next_back().and_then(|(left, _)| held(left));
        let beside = cell.continues_left.then(beside).flatten().filter(|(_, r)| r.top == row && r.right + 1 == column);
        match (above.map(|f| f.0), beside.map(|f| f.0)) {
            (Some(i), _) => self.regions[i].bottom = row,
            (None, Some(i)) => self.regions[i].right = right,
            (None, None) => {
                // Every cell begins as a region of its own; those that stay single are dropped at the end.
                self.last.insert(column, self.regions.len());
                self.regions.push(Region { top: row, left: column, bottom: row, right });
                let doubt = cell.nested.then(|| "单元格内另有表格，已单独读出".to_string());
                self.cells.push((row, column, GridCell { text: cell.text, merged: None, doubt }));
            }
        }
        if right != column || cell.continues || cell.continues_left {
            // So that the table is as wide and high as its last cell.
            self.cells.push((row, right, GridCell::default()));
        }
        Ok(())
    }

    /// The whole table.
    pub fn close(self, left: &mut usize) -> Result<Grid, ReadError> {
        let regions: Vec<Region> =
            self.regions.into_iter().filter(|r| r.top != r.bottom || r.left != r.right).collect();
        fill(GridKind::WordTable, self.name, self.cells, &regions, left)
    }
}
