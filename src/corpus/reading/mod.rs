//! 读表读文: .xlsx and .docx → tables whose merged cells are filled in, and paragraphs, each with its place. Knows nothing of law.
//! Files come from anywhere, so everything is bounded before it is unpacked.

pub mod docx;
pub mod xlsx;

use std::io::{Cursor, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

/// Largest file that is read.
pub const MOST_BYTES: u64 = 20 << 20;
/// Largest content of all parts of a package, unpacked.
const MOST_UNPACKED: u64 = 128 << 20;
const MOST_PARTS: usize = 4000;
/// Largest table. Published tables have a few hundred rows.
const MOST_ROWS: u32 = 5000;
const MOST_COLUMNS: u32 = 64;
/// Positions of all tables of a file together.
const MOST_POSITIONS: usize = 1_000_000;
/// Longest text of one cell.
const MOST_CHARS: usize = 20_000;

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ReadError {
    #[error("无法读取：{0}")]
    Io(String),
    #[error("文件超过 20 MB")]
    TooLarge,
    #[error("只能读 {0} 文件")]
    Extension(&'static str),
    #[error("是旧版 .xls、.doc 文件或者加了密码的文件，请在办公软件中另存为不加密的 {0}")]
    OldFormat(&'static str),
    #[error("不是完整的 {0} 文件")]
    NotPackage(&'static str),
    #[error("解压后过大或者部件过多，不予读取")]
    Bomb,
    #[error("缺少部件 {0}，不是 {1} 文件或者文件已损坏")]
    MissingPart(String, &'static str),
    #[error("内容有误：{0}")]
    Damaged(String),
    #[error("表格过大（最多 {MOST_ROWS} 行、{MOST_COLUMNS} 列）：{0}")]
    TableTooLarge(String),
    #[error("不是 UTF-8 编码，请另存为 UTF-8")]
    NotUtf8,
}

impl ReadError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io(_) => "reading.io",
            Self::TooLarge => "reading.too_large",
            Self::Extension(_) => "reading.extension",
            Self::OldFormat(_) => "reading.old_format",
            Self::NotPackage(_) => "reading.not_package",
            Self::Bomb => "reading.bomb",
            Self::MissingPart(..) => "reading.missing_part",
            Self::Damaged(_) => "reading.damaged",
            Self::TableTooLarge(_) => "reading.table_too_large",
            Self::NotUtf8 => "reading.not_utf8",
        }
    }
}

/// A file read whole, with the hash that names this very content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Name without folders.
    pub name: String,
    /// In lower case, without the dot.
    pub extension: String,
    pub sha256: String,
    pub bytes: Vec<u8>,
}

/// Reads a file of bounded size.
pub fn file(path: &Path) -> Result<SourceFile, ReadError> {
    let io = |e: std::io::Error| ReadError::Io(e.to_string());
    let mut bytes = Vec::new();
    std::fs::File::open(path).map_err(io)?.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(ReadError::TooLarge);
    }
    let part = |p: Option<&std::ffi::OsStr>| p.map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(SourceFile {
        name: part(path.file_name()),
        extension: part(path.extension()).to_lowercase(),
        sha256: hex::encode(Sha256::digest(&bytes)),
        bytes,
    })
}

/// UTF-8 text without its mark.
pub fn text(bytes: &[u8]) -> Result<&str, ReadError> {
    std::str::from_utf8(bytes).map(|t| t.trim_start_matches('\u{feff}')).map_err(|_| ReadError::NotUtf8)
}

type Package<'a> = zip::ZipArchive<Cursor<&'a [u8]>>;

/// Opens an office file after measuring what it really unpacks to; the sizes it states of itself are not believed.
fn package<'a>(bytes: &'a [u8], kind: &'static str) -> Result<Package<'a>, ReadError> {
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return Err(ReadError::OldFormat(kind));
    }
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| ReadError::NotPackage(kind))?;
    if archive.len() > MOST_PARTS {
        return Err(ReadError::Bomb);
    }
    let mut left = MOST_UNPACKED;
    for i in 0..archive.len() {
        let part = archive.by_index(i).map_err(|_| ReadError::NotPackage(kind))?;
        let read =
            std::io::copy(&mut part.take(left + 1), &mut std::io::sink()).map_err(|_| ReadError::NotPackage(kind))?;
        left = left.checked_sub(read).ok_or(ReadError::Bomb)?;
    }
    Ok(archive)
}

/// A rectangle of merged cells; rows and columns count from 1, bounds included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    pub top: u32,
    pub left: u32,
    pub bottom: u32,
    pub right: u32,
}

/// One position of a table. Every position of a merged region holds the region's text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GridCell {
    pub text: String,
    pub merged: Option<Region>,
    /// What a person should look at, such as a table inside the cell.
    pub doubt: Option<String>,
}

/// What a table's places are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GridKind {
    Sheet,
    WordTable,
}

/// One table, row by row; every row has the same number of cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    pub kind: GridKind,
    /// Name of the sheet, or `表2`, `表2.1` for a table inside a cell of 表2.
    pub name: String,
    pub rows: Vec<Vec<GridCell>>,
}

impl Grid {
    /// `工作表“基准”B3`, `表1第3行第2列`; `row` and `column` count from 1.
    pub fn place(&self, row: u32, column: u32) -> String {
        match self.kind {
            GridKind::Sheet => format!("工作表“{}”{}{row}", self.name, letters(column)),
            GridKind::WordTable => format!("{}第{row}行第{column}列", self.name),
        }
    }

    /// Every cell that has text, merged ones once, with row and column from 1.
    pub fn firsts(&self) -> impl Iterator<Item = (&GridCell, u32, u32)> {
        let places =
            self.rows.iter().zip(1u32..).flat_map(|(row, r)| row.iter().zip(1u32..).map(move |(c, n)| (c, r, n)));
        places.filter(|(c, r, n)| !c.text.is_empty() && c.merged.is_none_or(|m| (m.top, m.left) == (*r, *n)))
    }

    /// `B3:B7` of a sheet, `第3～7行第2～2列` of a table in a document.
    pub fn area(&self, region: &Region) -> String {
        let Region { top, left, bottom, right } = *region;
        match self.kind {
            GridKind::Sheet => format!("{}{top}:{}{bottom}", letters(left), letters(right)),
            GridKind::WordTable => format!("第{top}～{bottom}行第{left}～{right}列"),
        }
    }
}

/// 1 → A, 27 → AA.
fn letters(mut column: u32) -> String {
    let mut out = vec![];
    while column > 0 {
        column -= 1;
        out.push(char::from(b'A' + u8::try_from(column % 26).unwrap_or_default()));
        column /= 26;
    }
    out.iter().rev().collect()
}

/// Cells by place (from 1) and merged regions → a full table, paid for from what is `left` of [`MOST_POSITIONS`]. A region's text
/// is that of its first cell.
fn fill(
    kind: GridKind,
    name: String,
    cells: Vec<(u32, u32, GridCell)>,
    regions: &[Region],
    left: &mut usize,
) -> Result<Grid, ReadError> {
    let height = cells.iter().map(|c| c.0).max().unwrap_or(0);
    let width = cells.iter().map(|c| c.1).max().unwrap_or(0);
    if height > MOST_ROWS || width > MOST_COLUMNS {
        return Err(ReadError::TableTooLarge(name));
    }
    let positions = height as usize * width as usize;
    *left = left.checked_sub(positions).ok_or(ReadError::Bomb)?;
    let mut rows = vec![vec![GridCell::default(); width as usize]; height as usize];
    let place = |n: u32| (n as usize).wrapping_sub(1);
    for (row, column, cell) in cells {
        if let Some(slot) = rows.get_mut(place(row)).and_then(|r| r.get_mut(place(column))) {
            *slot = cell;
        }
    }
    let mut free = positions;
    for region in regions {
        let Some(first) = rows.get(place(region.top)).and_then(|r| r.get(place(region.left))).cloned() else {
            continue;
        };
        // Formatted far beyond the table: only what lies inside it counts.
        for row in rows.iter_mut().take(region.bottom as usize).skip(place(region.top)) {
            for slot in row.iter_mut().take(region.right as usize).skip(place(region.left)) {
                // Regions that lie over each other would cost more positions than there are.
                free = free.checked_sub(1).ok_or_else(|| ReadError::Damaged(format!("{name}的合并单元格相互重叠")))?;
                *slot = GridCell { merged: Some(*region), ..first.clone() };
            }
        }
    }
    Ok(Grid { kind, name, rows })
}
