//! Merged cells restored both ways, and files that must not be read.

use zhicai::corpus::reading::docx::{self, Block};
use zhicai::corpus::reading::{Grid, ReadError, xlsx};

use super::files::{Sheet, document, package, paragraph, sheet, table, workbook, workbook_of};

fn texts(grid: &Grid) -> Vec<Vec<&str>> {
    grid.rows.iter().map(|r| r.iter().map(|c| c.text.as_str()).collect()).collect()
}

fn tables(bytes: &[u8]) -> Vec<Grid> {
    let blocks = docx::read(bytes).unwrap();
    blocks.into_iter().filter_map(|b| if let Block::Table(grid) = b { Some(grid) } else { None }).collect()
}

#[test]
fn merged_cells_of_a_sheet_are_filled_down_and_across() {
    let bytes = workbook(&[
        Sheet {
            name: "基准",
            hidden: false,
            rows: &[&["甲", "乙", "", "丙"], &["一", "", "", "=0.5"], &[], &["", "", "末", "=50000"]],
            merged: &["B1:C1", "A2:A4", "D1:D1000"],
        },
        Sheet { name: "草稿", hidden: true, rows: &[&["勿读"]], merged: &[] },
    ]);
    let book = xlsx::read(&bytes).unwrap();
    assert_eq!(book.hidden, ["草稿"]);
    let [grid] = book.sheets.as_slice() else { panic!("{:?}", book.sheets) };
    // D1:D1000 reaches beyond the table and hides what stood below its first cell, as the office program does.
    let wanted = [["甲", "乙", "乙", "丙"], ["一", "", "", "丙"], ["一", "", "", "丙"], ["一", "", "末", "丙"]];
    assert_eq!(texts(grid), wanted);
    assert_eq!(grid.place(4, 28), "工作表“基准”AB4");
    assert_eq!(grid.area(&grid.rows[3][0].merged.unwrap()), "A2:A4");
    assert_eq!(grid.rows[3][2].merged, None);
}

#[test]
fn merged_cells_of_a_document_are_filled_down_and_across_and_inner_tables_stand_apart() {
    let inner = table(&[&["内一", "内二"]]);
    let outer = table(&[
        &["v甲", "2>乙丙", "丁"],
        &["^", "v二", "三", &inner],
        &["^", "^", "五", "六"],
        &["七", "^", "八", "九"],
    ]);
    let body = format!("{}{outer}{}", paragraph("前文 & <括号>"), table(&[&["第二张"]]));
    let grids = tables(&document(&body));
    let names: Vec<&str> = grids.iter().map(|g| g.name.as_str()).collect();
    assert_eq!(names, ["表1", "表1.1", "表2"]);
    let wanted =
        [["甲", "乙丙", "乙丙", "丁"], ["甲", "二", "三", ""], ["甲", "二", "五", "六"], ["七", "二", "八", "九"]];
    assert_eq!(texts(&grids[0]), wanted);
    assert_eq!(texts(&grids[1]), [["内一", "内二"]]);
    assert!(grids[0].rows[1][3].doubt.is_some(), "an inner table is told");
    assert_eq!(grids[0].place(2, 3), "表1第2行第3列");
}

#[test]
fn struck_out_text_is_not_read_and_references_are() {
    let body = "<w:p><w:r><w:t>A&amp;&#x4E00;</w:t></w:r><w:del><w:r><w:delText>旧</w:delText><w:t>旧</w:t></w:r></w:del>\
                <w:ins><w:r><w:t>新</w:t></w:r></w:ins></w:p><w:p><w:pPr><w:pStyle w:val=\"2\"/><w:numPr><w:numId w:val=\"9\"/></w:numPr></w:pPr><w:r><w:t>题</w:t></w:r></w:p>";
    let blocks = docx::read(&document(body)).unwrap();
    assert_eq!(
        blocks,
        [
            Block::Paragraph { text: "A&一新".into(), heading: 0, numbered: false },
            Block::Paragraph { text: "题".into(), heading: 1, numbered: true },
        ]
    );
}

#[test]
fn numbers_made_by_the_word_processor_are_written_out() {
    let list = [
        (1, 0, "甲"),
        (1, 1, "子"),
        (1, 1, "丑"),
        (1, 0, "乙"),
        (1, 1, "寅"),
        (2, 0, "丙"),
        (0, 0, "无"),
        (1, 2, "罗马"),
    ];
    let body: String = list.iter().map(|(n, level, text)| super::files::numbered(*n, *level, text)).collect();
    let read: Vec<(String, bool)> = docx::read(&document(&body))
        .unwrap()
        .into_iter()
        .map(|b| if let Block::Paragraph { text, numbered, .. } = b { (text, numbered) } else { panic!() })
        .collect();
    let wanted = ["第一条 甲", "（一）子", "（二）丑", "第二条 乙", "（一）寅", "第五条 丙", "无", "罗马"];
    assert_eq!(read.iter().map(|r| r.0.as_str()).collect::<Vec<_>>(), wanted);
    assert_eq!(read.iter().filter(|r| r.1).count(), 1, "an unknown way of numbering is told");
}

#[test]
fn hostile_files_are_refused_with_a_reason() {
    let one = |xml: String| workbook_of(&[("S", false, xml)]);
    let plain = sheet(&Sheet { name: "S", hidden: false, rows: &[&["x"]], merged: &[] });
    // A cell at the far corner: as one block it would fill the memory.
    let corner = plain.replace("</sheetData>", "<row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row></sheetData>");
    assert!(matches!(xlsx::read(&one(corner)), Err(ReadError::TableTooLarge(_))));
    let over = "<mergeCells><mergeCell ref=\"A1:A9\"/><mergeCell ref=\"A1:B9\"/></mergeCells></worksheet>";
    assert!(matches!(xlsx::read(&one(plain.replace("</worksheet>", over))), Err(ReadError::Damaged(_))));
    let bomb = package(&[("xl/workbook.xml", &vec![b' '; 140 << 20])]);
    assert!(bomb.len() < 1 << 20, "the bomb is small: {}", bomb.len());
    assert_eq!(xlsx::read(&bomb), Err(ReadError::Bomb));
    assert_eq!(docx::read(&bomb), Err(ReadError::Bomb));

    let old = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, 0, 0];
    assert_eq!(xlsx::read(&old), Err(ReadError::OldFormat(".xlsx")));
    assert_eq!(docx::read(b"plain text"), Err(ReadError::NotPackage(".docx")));
    // The other kind under the wrong name.
    assert!(matches!(xlsx::read(&document("")), Err(ReadError::MissingPart(..))));
    assert!(matches!(docx::read(&one(plain)), Err(ReadError::MissingPart(..))));
    let wide = table(&[&["64>a", "b"]]);
    assert!(matches!(docx::read(&document(&wide)), Err(ReadError::TableTooLarge(_))));
    let mut deep = paragraph("x");
    for _ in 0..8 {
        deep = table(&[&[&deep]]);
    }
    assert!(matches!(docx::read(&document(&deep)), Err(ReadError::Damaged(_))));
    assert!(matches!(docx::read(&document("<w:tbl><w:tr>")), Err(ReadError::Damaged(_))));
    let entity = package(&[("word/document.xml", b"<!DOCTYPE x [<!ENTITY a \"b\">]><w:document/>")]);
    assert!(matches!(docx::read(&entity), Err(ReadError::Damaged(_))));
}

#[test]
fn many_sparse_tables_do_not_fill_the_memory() {
    let mut row = "<w:tr/>".repeat(4998);
    row.push_str(&format!("<w:tr>{}</w:tr>", super::files::cell("64>a")));
    let body = format!("<w:tbl>{row}</w:tbl>").repeat(8);
    assert_eq!(docx::read(&document(&body)), Err(ReadError::Bomb));
}

#[test]
fn damaged_files_never_panic() {
    let grid: &[&[&str]] = &[&["v甲", "2>乙"], &["^", "二", "三"]];
    let bytes = [
        document(&table(grid)),
        workbook(&[Sheet { name: "S", hidden: false, rows: &[&["a", "b"], &["c"]], merged: &["A1:B2"] }]),
    ];
    for whole in &bytes {
        for cut in (0..whole.len()).step_by(17) {
            let _ = (xlsx::read(&whole[..cut]), docx::read(&whole[..cut]));
            let mut turned = whole.clone();
            turned[cut] ^= 0x55;
            let _ = (xlsx::read(&turned), docx::read(&turned));
        }
    }
    // Damage inside the XML rather than the package.
    let xml = table(grid);
    for cut in (0..xml.len()).step_by(5).filter(|c| xml.is_char_boundary(*c)) {
        let _ = docx::read(&document(&xml[..cut]));
    }
}
