//! Tables for spreadsheets: CSV and a minimal XLSX. A cell of text never begins a formula, whatever somebody typed.

use std::io::{Cursor, Write};

use quick_xml::escape::escape;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::ExportError;

/// Longest text of a cell, as spreadsheets have it.
const LONGEST: usize = 32_767;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    Text(String),
    /// A number with that many decimal places.
    Number(i64, u32),
    Empty,
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    fn shown(&self) -> String {
        match self {
            Self::Text(text) => guarded(text),
            Self::Number(value, 0) => value.to_string(),
            Self::Number(value, places) => {
                let unit = 10u64.pow(*places);
                let (sign, size) = (if *value < 0 { "-" } else { "" }, value.unsigned_abs());
                format!("{sign}{}.{:0width$}", size / unit, size % unit, width = *places as usize)
            }
            Self::Empty => String::new(),
        }
    }
}

/// One sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    pub name: &'static str,
    pub header: Vec<&'static str>,
    pub rows: Vec<Vec<Cell>>,
}

/// Text that a spreadsheet takes for text. Blanks before the sign do not help: some programs trim them.
fn guarded(text: &str) -> String {
    let clean: String = text.chars().filter(|c| !c.is_control() || *c == '\n').take(LONGEST - 1).collect();
    let formula = clean.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    if formula || text.starts_with(['\t', '\r']) { format!("'{clean}") } else { clean }
}

/// CSV in UTF-8 with its mark, which spreadsheets need to read Chinese.
pub fn csv(sheet: &Sheet) -> Vec<u8> {
    let field = |text: &str| match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_string(),
    };
    let mut out = String::from("\u{feff}");
    let mut line = |cells: Vec<String>| {
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    };
    line(sheet.header.iter().map(|h| field(h)).collect());
    for row in &sheet.rows {
        line(row.iter().map(|c| field(&c.shown())).collect());
    }
    out.into_bytes()
}

const NS: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATION: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const KIND: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";
const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#;

/// A workbook with these sheets; the same sheets give the same bytes.
pub fn xlsx(sheets: &[Sheet]) -> Result<Vec<u8>, ExportError> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let numbered = || sheets.iter().enumerate().map(|(i, s)| (i + 1, s));
    let each = |f: &dyn Fn((usize, &Sheet)) -> String| numbered().map(f).collect::<String>();
    let mut files = vec![
        (
            "[Content_Types].xml".to_string(),
            format!(
                r#"{HEAD}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>{}</Types>"#,
                each(&|(n, _)| format!(
                    r#"<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{KIND}.worksheet+xml"/>"#
                ))
            ),
        ),
        (
            "_rels/.rels".to_string(),
            format!(
                r#"{HEAD}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{RELATION}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
            ),
        ),
        (
            "xl/workbook.xml".to_string(),
            format!(
                r#"{HEAD}<workbook xmlns="{NS}" xmlns:r="{RELATION}"><sheets>{}</sheets></workbook>"#,
                each(&|(n, s)| format!(r#"<sheet name="{}" sheetId="{n}" r:id="rId{n}"/>"#, escape(s.name)))
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels".to_string(),
            format!(
                r#"{HEAD}<Relationships xmlns="{PACKAGE}/relationships">{}</Relationships>"#,
                each(&|(n, _)| format!(
                    r#"<Relationship Id="rId{n}" Type="{RELATION}/worksheet" Target="worksheets/sheet{n}.xml"/>"#
                ))
            ),
        ),
    ];
    files.extend(numbered().map(|(n, s)| (format!("xl/worksheets/sheet{n}.xml"), worksheet(s))));
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(name, options)?;
        zip.write_all(text.as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}

fn worksheet(sheet: &Sheet) -> String {
    let text = |text: &str| {
        let shown = guarded(text);
        format!(r#"<c t="inlineStr"><is><t xml:space="preserve">{}</t></is></c>"#, escape(shown.as_str()))
    };
    let cell = |cell: &Cell| match cell {
        Cell::Text(t) => text(t),
        Cell::Number(..) => format!("<c><v>{}</v></c>", cell.shown()),
        Cell::Empty => "<c/>".into(),
    };
    let row = |cells: String| format!("<row>{cells}</row>");
    let head = row(sheet.header.iter().map(|h| text(h)).collect());
    let body: String = sheet.rows.iter().map(|r| row(r.iter().map(cell).collect())).collect();
    format!(r#"{HEAD}<worksheet xmlns="{NS}"><sheetData>{head}{body}</sheetData></worksheet>"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> Sheet {
        let row = vec![Cell::text("=1+1"), Cell::text("a\"<b>,\n c"), Cell::Number(-1205, 2), Cell::Empty];
        Sheet { name: "作答", header: vec!["姓名", "理由", "分", "空"], rows: vec![row] }
    }

    #[test]
    fn text_never_begins_a_formula() {
        for evil in ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "＝1"] {
            assert!(guarded(evil).starts_with('\''), "{evil:?}");
        }
        assert_eq!(guarded("a=1"), "a=1");
        let text = String::from_utf8(csv(&sheet())).unwrap();
        assert_eq!(text, "\u{feff}姓名,理由,分,空\r\n'=1+1,\"a\"\"<b>,\n c\",-12.05,\r\n");
    }

    #[test]
    fn the_workbook_is_read_by_others() {
        use calamine::{Data, Reader};
        let bytes = xlsx(&[sheet(), Sheet { name: "成绩", ..sheet() }]).unwrap();
        let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).unwrap();
        assert_eq!(book.sheet_names(), ["作答", "成绩"]);
        let range = book.worksheet_range("作答").unwrap();
        assert_eq!(range.get((1, 0)), Some(&Data::String("'=1+1".into())));
        assert_eq!(range.get((1, 1)), Some(&Data::String("a\"<b>,\n c".into())));
        assert_eq!(range.get((1, 2)), Some(&Data::Float(-12.05)));
        assert!(book.worksheet_formula("作答").is_ok_and(|f| f.is_empty()));
    }
}
