//! The body: one paragraph per line of a block, and the section with its page, margins and grid.

use quick_xml::escape::escape;

use super::parts::{HEAD, R, W};
use crate::domain::document::compose::{Block, Composed, Content};
use crate::export::Label;

/// Twips: 1 mm = 56.693. A4, margins 37/35/28/26 mm, so the type area is 156 × 225 mm.
const PAGE: (u32, u32) = (11906, 16838);
const MARGINS: [(&str, u32); 4] = [("top", 2098), ("right", 1474), ("bottom", 1984), ("left", 1588)];
/// 22 lines in 225 mm.
const LINE_PITCH: u32 = 579;
/// Width of one of 28 characters in 156 mm, in twips. The style condenses 16 pt characters by 0.25 pt so that 28 fit; a
/// character grid would say the same in Word, but LibreOffice gives a character wider than its cell two cells.
const CHAR: f64 = 8844.0 / 28.0;

pub fn document(document: &Composed, label: &Label, first_page: Option<u32>) -> String {
    let mut body = String::new();
    let blocks = &document.blocks;
    for (i, block) in blocks.iter().enumerate() {
        // The seal must not stand on a page without text: the paragraph before it goes with it.
        let before_seal = matches!(blocks.get(i + 1).map(|b| &b.content), Some(Content::Seal { .. }));
        body.push_str(&element(block, before_seal));
    }
    format!(
        "{HEAD}<w:document xmlns:w=\"{W}\" xmlns:r=\"{R}\"><w:body>{body}{}</w:body></w:document>",
        section(label, first_page)
    )
}

/// Paper shows no marks of who wrote what; that is on the page and in the record.
fn element(block: &Block, keep: bool) -> String {
    let keep = if keep { "<w:keepNext/>" } else { "" };
    let plain = |style: &str, text: &str| paragraph(style, keep, text);
    match &block.content {
        Content::Agency(text) => plain("Agency", text),
        Content::Title(text) => plain("DocTitle", text),
        Content::DocNo(text) => plain("DocNo", text),
        Content::Heading { level: 1, text } => plain("Level1", text),
        Content::Heading { text, .. } => plain("Level2", text),
        Content::Party(text) => plain("Party", text),
        Content::Paragraph(text) | Content::Note(text) => plain("Body", text),
        Content::Item(text) => plain("Item", text),
        Content::Table(rows) => table(rows),
        Content::Seal { agency, date } => seal(agency, date),
    }
}

fn paragraph(style: &str, properties: &str, text: &str) -> String {
    format!("<w:p><w:pPr><w:pStyle w:val=\"{style}\"/>{properties}</w:pPr>{}</w:p>", run(text))
}

/// A run of text. The hint keeps Chinese quotation marks, dashes and ellipses in the Chinese font.
pub fn run(text: &str) -> String {
    format!(
        "<w:r><w:rPr><w:rFonts w:hint=\"eastAsia\"/></w:rPr><w:t xml:space=\"preserve\">{}</w:t></w:r>",
        escape(text)
    )
}

/// Width in characters of the grid: ASCII is half.
fn width(text: &str) -> f64 {
    text.chars().map(|c| if c.is_ascii() { 0.5 } else { 1.0 }).sum()
}

/// Date four characters from the right edge, agency centred over it. Both lines are centred in one strip of the type area,
/// so they stay centred over one another in whatever font the reader has. A long agency name pushes the strip inwards, so
/// that neither line leaves the type area.
fn seal(agency: &str, date: &str) -> String {
    let centre = (28.0 - 4.0 - width(date) / 2.0).min(28.0 - width(agency) / 2.0).max(14.0);
    let left = ((2.0 * centre - 28.0) * CHAR).round() as u32;
    let line = |text: &str, properties: &str, before: u32| {
        let properties = format!(
            "{properties}<w:spacing w:before=\"{before}\" w:after=\"0\" w:line=\"578\" w:lineRule=\"exact\"/><w:ind w:left=\"{left}\"/>"
        );
        paragraph("Seal", &properties, text)
    };
    // Two lines of room, where the seal touches the text within a line.
    line(agency, "<w:keepNext/>", 1156) + &line(date, "", 0)
}

/// Characters to a line of a table: cells are set in 小四.
const LINE: f64 = 36.0;
/// Up to here a cell is not broken: a date, a span of pages, a sum.
const SHORT: f64 = 9.0;

/// Widths of the columns, in twips: the full type area. A column of short cells gets what it needs, so that a date or a span of pages
/// stays on its line; the others share what is left by what they hold, and a long one does not push them aside.
pub fn widths(rows: &[Vec<String>]) -> Vec<u32> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let longest = |c: usize| rows.iter().filter_map(|r| r.get(c)).map(|t| width(t)).fold(0.0, f64::max);
    let needs: Vec<f64> = (0..columns).map(|c| longest(c).clamp(2.0, 16.0) + 1.5).collect();
    let short = |need: f64| need <= SHORT + 1.5;
    let fixed: f64 = needs.iter().copied().filter(|n| short(*n)).sum();
    let shared: f64 = needs.iter().copied().filter(|n| !short(*n)).sum();
    let all = fixed + shared;
    // Where there is no room for that, or nobody to share it, everybody gives alike.
    let room = LINE - fixed;
    let keep = shared > 0.0 && room >= shared / 3.0;
    let part = |need: f64| match (keep, short(need)) {
        (true, true) => need / LINE,
        (true, false) => need / shared * room / LINE,
        (false, _) => need / all,
    };
    let mut out: Vec<u32> = needs.iter().map(|n| (part(*n) * 8844.0).floor() as u32).collect();
    let used: u32 = out.iter().sum();
    if let Some(last) = out.last_mut() {
        *last += 8844_u32.saturating_sub(used);
    }
    out
}

fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    if columns == 0 {
        return String::new();
    }
    let widths = widths(rows);
    let borders: String = ["top", "left", "bottom", "right", "insideH", "insideV"]
        .iter()
        .map(|side| format!("<w:{side} w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"000000\"/>"))
        .collect();
    let grid: String = widths.iter().map(|width| format!("<w:gridCol w:w=\"{width}\"/>")).collect();
    let mut out = format!(
        "<w:tbl><w:tblPr><w:tblW w:w=\"8844\" w:type=\"dxa\"/><w:tblBorders>{borders}</w:tblBorders><w:tblLayout w:type=\"fixed\"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>"
    );
    for (i, row) in rows.iter().enumerate() {
        let head = if i == 0 { "<w:tblHeader/>" } else { "" };
        let cells: String = (0..columns)
            .map(|c| {
                let text = paragraph("Cell", "", row.get(c).map_or("", String::as_str));
                let width = widths[c];
                format!("<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/></w:tcPr>{text}</w:tc>")
            })
            .collect();
        out.push_str(&format!("<w:tr><w:trPr><w:cantSplit/>{head}</w:trPr>{cells}</w:tr>"));
    }
    out + "</w:tbl>"
}

/// Page, margins, grid, header and footers. The page number stands 7 mm below the type area.
fn section(label: &Label, first_page: Option<u32>) -> String {
    let numbers = first_page.map(|n| format!("<w:pgNumType w:start=\"{n}\"/>")).unwrap_or_default();
    let header = if label.visible().is_some() {
        "<w:headerReference w:type=\"default\" r:id=\"rId6\"/><w:headerReference w:type=\"even\" r:id=\"rId6\"/>"
    } else {
        ""
    };
    let margins: String = MARGINS.iter().map(|(side, twips)| format!(" w:{side}=\"{twips}\"")).collect();
    format!(
        "<w:sectPr>{header}<w:footerReference w:type=\"default\" r:id=\"rId4\"/><w:footerReference w:type=\"even\" r:id=\"rId5\"/>\
         <w:pgSz w:w=\"{}\" w:h=\"{}\"/><w:pgMar{margins} w:header=\"1134\" w:footer=\"1247\" w:gutter=\"0\"/>{numbers}\
         <w:docGrid w:type=\"lines\" w:linePitch=\"{LINE_PITCH}\"/></w:sectPr>",
        PAGE.0, PAGE.1
    )
}

#[cfg(test)]
mod tests {
    use super::widths;

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn dates_and_pages_stay_on_one_line_and_the_table_fills_the_page() {
        let rows = [
            row(&["序号", "文号", "文书名称", "日期", "页次", "备注"]),
            row(&["16", "安教体法审字〔2026〕第1号", "重大执法决定法制审核意见书", "2026年11月25日", "131—132", ""]),
        ];
        let found = widths(&rows);
        assert_eq!(found.iter().sum::<u32>(), 8844);
        // A character of 小四 is 240 twips wide; a cell has 216 of padding.
        assert!(found[3] >= 7 * 240 + 216 && found[4] >= 4 * 240 + 216, "{found:?}");
        assert!(found[1] > found[4] && found[2] > found[4], "{found:?}");
        let many = [row(&["姓名"; 9]), row(&["这一格里有很长很长的一段话，要分成几行"; 9])];
        assert_eq!(widths(&many).iter().sum::<u32>(), 8844);
        assert!(widths(&many).iter().all(|w| *w > 900), "{:?}", widths(&many));
        assert!(widths(&[]).is_empty());
    }
}
