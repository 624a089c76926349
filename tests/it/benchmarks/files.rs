//! Workbooks and documents made by hand: packages of the few parts a reader needs.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;

/// A package of the given parts.
pub fn package(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(vec![]));
    for (name, body) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(body).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// One sheet: rows of cells (an empty text is no cell) and merged regions such as `A2:A4`.
pub struct Sheet<'a> {
    pub name: &'a str,
    pub hidden: bool,
    pub rows: &'a [&'a [&'a str]],
    pub merged: &'a [&'a str],
}

pub fn sheet(sheet: &Sheet<'_>) -> String {
    let mut rows = String::new();
    for (r, row) in sheet.rows.iter().enumerate() {
        rows.push_str(&format!("<row r=\"{}\">", r + 1));
        for (c, text) in row.iter().enumerate().filter(|(_, t)| !t.is_empty()) {
            let at = format!("{}{}", char::from(b'A' + c as u8), r + 1);
            rows.push_str(&match text.strip_prefix('=') {
                Some(number) => format!("<c r=\"{at}\"><v>{number}</v></c>"),
                None => format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{}</t></is></c>", escape(text)),
            });
        }
        rows.push_str("</row>");
    }
    let merged: String = sheet.merged.iter().map(|m| format!("<mergeCell ref=\"{m}\"/>")).collect();
    let merged = if merged.is_empty() { merged } else { format!("<mergeCells>{merged}</mergeCells>") };
    format!(
        "<?xml version=\"1.0\"?><worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>{rows}</sheetData>{merged}</worksheet>"
    )
}

/// A workbook of sheets given as (name, hidden, XML).
pub fn workbook_of(sheets: &[(&str, bool, String)]) -> Vec<u8> {
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const REL: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let (mut list, mut rels, mut types) = (String::new(), String::new(), String::new());
    for (i, (name, hidden, _)) in sheets.iter().enumerate() {
        let n = i + 1;
        let state = if *hidden { " state=\"hidden\"" } else { "" };
        list.push_str(&format!("<sheet name=\"{name}\" sheetId=\"{n}\"{state} r:id=\"rId{n}\"/>"));
        rels.push_str(&format!(
            "<Relationship Id=\"rId{n}\" Type=\"{REL}/worksheet\" Target=\"worksheets/sheet{n}.xml\"/>"
        ));
        types.push_str(&format!("<Override PartName=\"/xl/worksheets/sheet{n}.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/>"));
    }
    let book = format!(
        "<?xml version=\"1.0\"?><workbook xmlns=\"{MAIN}\" xmlns:r=\"{REL}\"><sheets>{list}</sheets></workbook>"
    );
    let rels = format!(
        "<?xml version=\"1.0\"?><Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{rels}</Relationships>"
    );
    let types = format!(
        "<?xml version=\"1.0\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/>{types}</Types>"
    );
    let root = format!(
        "<?xml version=\"1.0\"?><Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"{REL}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
    );
    let names: Vec<String> = (1..=sheets.len()).map(|n| format!("xl/worksheets/sheet{n}.xml")).collect();
    let mut parts: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", rels.as_bytes()),
    ];
    parts.extend(names.iter().map(String::as_str).zip(sheets.iter().map(|s| s.2.as_bytes())));
    package(&parts)
}

pub fn workbook(sheets: &[Sheet<'_>]) -> Vec<u8> {
    let sheets: Vec<(&str, bool, String)> = sheets.iter().map(|s| (s.name, s.hidden, sheet(s))).collect();
    workbook_of(&sheets)
}

const W: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"";

/// A document with this XML in its body.
pub fn document(body: &str) -> Vec<u8> {
    let xml = format!("<?xml version=\"1.0\"?><w:document {W}><w:body>{body}</w:body></w:document>");
    let styles = format!(
        "<?xml version=\"1.0\"?><w:styles {W}><w:style w:styleId=\"2\"><w:name w:val=\"heading 1\"/></w:style></w:styles>"
    );
    let levels = "<w:lvl w:ilvl=\"0\"><w:start w:val=\"1\"/><w:numFmt w:val=\"chineseCounting\"/><w:lvlText w:val=\"第%1条\"/></w:lvl>\
        <w:lvl w:ilvl=\"1\"><w:start w:val=\"1\"/><w:numFmt w:val=\"chineseCounting\"/><w:lvlText w:val=\"（%2）\"/></w:lvl>\
        <w:lvl w:ilvl=\"2\"><w:start w:val=\"1\"/><w:numFmt w:val=\"upperRoman\"/><w:lvlText w:val=\"%3.\"/></w:lvl>";
    let numbering = format!(
        "<?xml version=\"1.0\"?><w:numbering {W}><w:abstractNum w:abstractNumId=\"7\">{levels}</w:abstractNum>\
         <w:num w:numId=\"1\"><w:abstractNumId w:val=\"7\"/></w:num>\
         <w:num w:numId=\"2\"><w:abstractNumId w:val=\"7\"/><w:lvlOverride w:ilvl=\"0\"><w:startOverride w:val=\"5\"/></w:lvlOverride></w:num></w:numbering>"
    );
    package(&[
        ("word/document.xml", xml.as_bytes()),
        ("word/styles.xml", styles.as_bytes()),
        ("word/numbering.xml", numbering.as_bytes()),
    ])
}

/// A paragraph that the word processor numbers.
pub fn numbered(list: u32, level: u32, text: &str) -> String {
    format!(
        "<w:p><w:pPr><w:numPr><w:ilvl w:val=\"{level}\"/><w:numId w:val=\"{list}\"/></w:numPr></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"
    )
}

pub fn paragraph(text: &str) -> String {
    format!("<w:p><w:r><w:t>{}</w:t></w:r></w:p>", escape(text))
}

/// A cell: `^` continues the cell above, `v…` begins such a run, `2>…` spans two columns.
pub fn cell(text: &str) -> String {
    let (properties, text) = match text {
        "^" => ("<w:vMerge/>".to_string(), ""),
        t if t.starts_with('v') => ("<w:vMerge w:val=\"restart\"/>".to_string(), &t[1..]),
        t => match t.split_once('>') {
            Some((n, rest)) if n.parse::<u32>().is_ok() => (format!("<w:gridSpan w:val=\"{n}\"/>"), rest),
            _ => (String::new(), t),
        },
    };
    // A table inside a cell is given as XML.
    let inner = if text.starts_with("<w:") { format!("{text}{}", paragraph("")) } else { paragraph(text) };
    format!("<w:tc><w:tcPr>{properties}</w:tcPr>{inner}</w:tc>")
}

pub fn table(rows: &[&[&str]]) -> String {
    let rows: String =
        rows.iter().map(|r| format!("<w:tr>{}</w:tr>", r.iter().map(|c| cell(c)).collect::<String>())).collect();
    format!("<w:tbl>{rows}</w:tbl>")
}
