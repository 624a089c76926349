//! Sheets of a workbook. Cells are read one by one, never as one block, since a single cell at the far corner would make that
//! block fill the memory.

use std::io::Cursor;

use calamine::{DataRef, Dimensions, Reader, SheetType, SheetVisible, Xlsx};

use super::{
    Grid, GridCell, GridKind, MOST_CHARS, MOST_COLUMNS, MOST_POSITIONS, MOST_ROWS, ReadError, Region, fill, package,
};

const KIND: &str = ".xlsx";

/// The visible sheets, and the names of those that are hidden and were not read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workbook {
    pub sheets: Vec<Grid>,
    pub hidden: Vec<String>,
}

/// Reads every visible worksheet.
pub fn read(bytes: &[u8]) -> Result<Workbook, ReadError> {
    let parts = package(bytes, KIND)?;
    if parts.index_for_name("xl/workbook.xml").is_none() {
        return Err(ReadError::MissingPart("xl/workbook.xml".into(), KIND));
    }
    let damaged = |e: calamine::XlsxError| ReadError::Damaged(e.to_string());
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(damaged)?;
    let mut out = Workbook::default();
    let mut left = MOST_POSITIONS;
    let sheets: Vec<_> = book.sheets_metadata().iter().filter(|s| s.typ == SheetType::WorkSheet).cloned().collect();
    for sheet in sheets {
        if sheet.visible != SheetVisible::Visible {
            out.hidden.push(sheet.name);
            continue;
        }
        let merged = book.merge_cells_by_sheet_name(&sheet.name).map_err(damaged)?;
        let regions: Vec<Region> = merged.iter().filter_map(region).collect();
        let mut cells = vec![];
        let mut reader = book.worksheet_cells_reader(&sheet.name).map_err(damaged)?;
        while let Some(cell) = reader.next_cell().map_err(damaged)? {
            let (row, column) = cell.get_position();
            let Some(text) = show(cell.get_value()) else { continue };
            if row >= MOST_ROWS || column >= MOST_COLUMNS || text.chars().count() > MOST_CHARS {
                return Err(ReadError::TableTooLarge(sheet.name));
            }
            cells.push((row + 1, column + 1, GridCell { text, ..GridCell::default() }));
        }
        if !cells.is_empty() {
            out.sheets.push(fill(GridKind::Sheet, sheet.name, cells, &regions, &mut left)?);
        }
    }
    Ok(out)
}

fn region(d: &Dimensions) -> Option<Region> {
    let ((top, left), (bottom, right)) = (d.start, d.end);
    let ordered = bottom >= top && right >= left;
    let one = |n: u32| n.checked_add(1);
    ordered.then(|| Some(Region { top: one(top)?, left: one(left)?, bottom: one(bottom)?, right: one(right)? }))?
}

/// `None` for an empty cell.
fn show(value: &DataRef<'_>) -> Option<String> {
    let text = match value {
        DataRef::Empty => return None,
        DataRef::DateTime(d) => {
            let (y, m, day, ..) = d.to_ymd_hms_milli();
            format!("{y}-{m:02}-{day:02}")
        }
        // A sum typed as a number; Display prints the shortest digits that mean the same.
        DataRef::Float(f) => f.to_string(),
        DataRef::Int(n) => n.to_string(),
        DataRef::Bool(b) => b.to_string(),
        DataRef::String(s) | DataRef::DateTimeIso(s) | DataRef::DurationIso(s) => s.clone(),
        DataRef::SharedString(s) => (*s).to_string(),
        DataRef::Error(e) => e.to_string(),
    };
    let text = text.trim().to_string();
    (!text.is_empty()).then_some(text)
}
