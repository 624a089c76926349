//! A file → a proposal: tables, heads, rows, and what each cell is read as.

use std::path::Path;

use serde::Serialize;

use super::cells::{basis, by_rule, conditions, range, tier};
use super::columns::{Head, Words};
use super::matching;
use super::{
    Cell, Proposal, ProposalError, Published, Role, Row, SCHEMA, State, Value, copy_name, folder, list, open, put, save,
};
use crate::corpus::reading::docx::{self, Block};
use crate::corpus::reading::{self, Grid, GridCell, ReadError, SourceFile, xlsx};
use crate::corpus::statutes::RowNote;
use crate::domain::discretion::tiers::Finding;
use crate::domain::rulebook::RuleBook;

/// What an import made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Imported {
    pub proposal: String,
    /// Rows that wait for confirmation.
    pub rows: usize,
    /// Rows that a benchmark may not hold.
    pub excluded: usize,
    pub cells: usize,
    pub unread: usize,
    pub findings: Vec<Finding>,
    pub half_parsed: Vec<RowNote>,
    pub refused: Vec<RowNote>,
    /// The same file was imported before: its confirmations stand.
    pub again: bool,
}

/// Reads the tables of one file into a new proposal. The same content imported again keeps what was confirmed. `at` is RFC 3339.
pub fn import(
    path: &Path,
    published: &Published,
    book: &RuleBook,
    data_dir: &Path,
    at: &str,
) -> Result<Imported, ProposalError> {
    let file = reading::file(path)?;
    let stem: String = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let stem: String = stem.chars().filter(|c| c.is_alphanumeric() || *c == '-' || *c == '_').take(40).collect();
    let name = format!("{}-{}", if stem.is_empty() { "benchmark" } else { &stem }, &file.sha256[..8]);
    let again = list(data_dir).contains(&name);
    let proposal = if again {
        let mut held = open(data_dir, &name)?;
        if held.adoption.is_none() {
            held.published.update(published);
            save(data_dir, &held)?;
        }
        held
    } else {
        let words = Words::load().map_err(ProposalError::Refused)?;
        let mut proposal = Proposal {
            schema: SCHEMA,
            name: name.clone(),
            file: file.name.clone(),
            sha256: file.sha256.clone(),
            imported_at: at.into(),
            published: published.clone(),
            rows: vec![],
            left_out: vec![],
            adoption: None,
        };
        for grid in grids(&file, &mut proposal.left_out)? {
            table(&grid, &words, book, &mut proposal);
        }
        if proposal.rows.is_empty() {
            let why: Vec<String> = proposal.left_out.iter().map(|n| format!("{}：{}", n.row, n.why)).collect();
            return Err(ProposalError::Refused(format!("没有读出任何基准行。{}", why.join("；"))));
        }
        put(&folder(data_dir).join(copy_name(&proposal)), &file.bytes)?;
        save(data_dir, &proposal)?;
        proposal
    };
    let waiting: Vec<&Row> = proposal.rows.iter().filter(|r| r.excluded.is_none()).collect();
    let cells = || waiting.iter().flat_map(|r| r.cells.iter().map(move |c| (r, c)));
    let doubts = cells().filter_map(|(r, c)| {
        let row = format!("{}.{}　{}", r.id, c.role.code(), c.place);
        Some(RowNote { row, why: format!("“{}”：{}", c.original, c.doubt.as_ref()?) })
    });
    Ok(Imported {
        rows: waiting.len(),
        excluded: proposal.rows.len() - waiting.len(),
        cells: cells().filter(|(_, c)| c.needed()).count(),
        unread: cells().filter(|(_, c)| c.needed() && c.value.is_none()).count(),
        findings: super::findings(&proposal, book),
        half_parsed: doubts.collect(),
        refused: proposal.left_out.clone(),
        proposal: name,
        again,
    })
}

fn grids(file: &SourceFile, left_out: &mut Vec<RowNote>) -> Result<Vec<Grid>, ReadError> {
    match file.extension.as_str() {
        "xlsx" => {
            let book = xlsx::read(&file.bytes)?;
            let hidden = book.hidden.into_iter();
            left_out.extend(
                hidden.map(|h| RowNote {
                    row: format!("工作表“{h}”"), why: "隐藏的工作表，没有读取".into()
                }),
            );
            Ok(book.sheets)
        }
        "docx" => Ok(docx::read(&file.bytes)?
            .into_iter()
            .filter_map(|b| if let Block::Table(grid) = b { Some(grid) } else { None })
            .collect()),
        _ => Err(ReadError::Extension(".xlsx、.docx")),
    }
}

fn table(grid: &Grid, words: &Words, book: &RuleBook, out: &mut Proposal) {
    let mut notes: Vec<RowNote> = vec![];
    let note = |row: String, why: &str| RowNote { row, why: why.into() };
    let Some(head) = words.head(grid) else {
        out.left_out.push(note(grid.name.clone(), "没有找到表头（须有“裁量幅度”一列和另外至少一列）"));
        return;
    };
    for (at, cells) in grid.rows.iter().enumerate().skip(head.row + 1) {
        let number = u32::try_from(at + 1).unwrap_or(u32::MAX);
        // A row of which only merged cells from above are left is an empty one.
        let own = |c: &GridCell| !c.text.trim().is_empty() && c.merged.is_none_or(|m| m.top == number);
        if !cells.iter().any(own) || words.repeats(&head, cells) {
            continue;
        }
        let place = || grid.place(number, 1);
        let text = |role| column(&head, role).and_then(|c| cells.get(c)).map_or("", |c| c.text.trim());
        // A heading across the table, or the second line of the head.
        let one =
            cells.first().and_then(|c| c.merged).filter(|m| m.right as usize - m.left as usize + 1 >= cells.len());
        if one.is_some() {
            notes.push(note(place(), "整行合并，作为标题未导入"));
            continue;
        }
        if text(Role::Range).is_empty() && text(Role::Tier).is_empty() {
            notes.push(note(place(), "没有阶次，也没有裁量幅度"));
            continue;
        }
        let id = format!("r{}", out.rows.len() + 1);
        out.rows.push(read_row(id, grid, &head, number, cells, words, book));
    }
    out.left_out.append(&mut notes);
}

fn column(head: &Head, role: Role) -> Option<usize> {
    head.columns.iter().find(|c| c.0 == role).map(|c| c.1)
}

fn read_row(
    id: String,
    grid: &Grid,
    head: &Head,
    number: u32,
    cells: &[GridCell],
    words: &Words,
    book: &RuleBook,
) -> Row {
    let text = |role| column(head, role).and_then(|c| cells.get(c)).map_or("", |c| c.text.trim());
    let act = matching::violation(text(Role::Violation), text(Role::Basis), book);
    let violation = act.id.clone().unwrap_or_default();
    let mut row = Row { id, cells: vec![], excluded: None };
    for role in [Role::Violation, Role::Basis, Role::Tier, Role::Condition, Role::Range, Role::Remark] {
        let place = column(head, role);
        if place.is_none() && !matches!(role, Role::Violation | Role::Tier | Role::Range) {
            continue;
        }
        let source = place.and_then(|c| cells.get(c)).cloned().unwrap_or_default();
        let original = source.text.trim().to_string();
        let (value, doubt) = match role {
            Role::Violation => (act.id.clone().map(|id| Value::Violation { id }), act.doubt.clone()),
            Role::Basis => basis(&original, &violation, book),
            Role::Tier => tier(&original, &violation, words, book),
            Role::Condition => conditions(&original),
            Role::Range => range(&original, &violation, &row, book),
            Role::Remark | Role::Ignored => (Some(Value::Text), None),
        };
        let empty = (original.is_empty() && matches!(role, Role::Violation | Role::Tier | Role::Range)).then(|| {
            let why =
                if place.is_none() { "表中没有这一列" } else { "此格为空，也没有与上一行合并" };
            format!("{why}，须以 --set 写明")
        });
        let doubts: Vec<String> = empty.into_iter().chain(doubt).chain(source.doubt).collect();
        let column = place.and_then(|c| u32::try_from(c + 1).ok()).unwrap_or(0);
        row.cells.push(Cell {
            role,
            table: grid.name.clone(),
            row: number,
            column,
            place: if column == 0 { format!("{}第{number}行", grid.name) } else { grid.place(number, column) },
            merged_from: source.merged.map(|m| grid.area(&m)),
            original,
            value,
            doubt: (!doubts.is_empty()).then(|| doubts.join("；")),
            state: State::Unconfirmed,
            confirmations: vec![],
        });
    }
    let unread = row.range().is_none().then(|| words.tier(text(Role::Range))).flatten();
    row.excluded = by_rule(unread.or(row.tier().map(|t| t.0)));
    row
}
