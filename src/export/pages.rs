//! 页数: how many pages a document takes by the page rules of documents.md §0, counted on the grid the .docx is set on (22 lines of
//! 28 characters). No layout program is asked, so the number is the same everywhere and stays what the catalogue says.

use crate::domain::document::compose::Content;

/// Height of the type area and of one line of text, in twips (see `docx::body`, styles.xml).
const PAGE: f64 = 22.0 * 579.0;
const LINE: f64 = 578.0;
const TITLE: f64 = 700.0;
const ROW: f64 = 400.0;
/// Characters of 3号 in a line; a table cell is set in 小四, four thirds as many.
const CHARS: f64 = 28.0;
/// Inner margins of a cell, in twips, of a width of 8844.
const CELL_MARGINS: f64 = 216.0;

/// Pages of a document, at least one.
pub fn count(blocks: &[Content]) -> u32 {
    let mut at = Place::default();
    for (i, block) in blocks.iter().enumerate() {
        match block {
            Content::Agency(t) | Content::Title(t) => at.lines(lines(t, 20.0, 0.0), TITLE),
            Content::DocNo(t) => {
                at.space(289.0);
                at.lines(lines(t, CHARS, 0.0), LINE);
                at.space(578.0);
            }
            Content::Party(t) => at.lines(lines(t, CHARS, 0.0), LINE),
            Content::Paragraph(t) | Content::Note(t) | Content::Item(t) => at.lines(lines(t, CHARS, 2.0), LINE),
            Content::Heading { text, .. } => {
                // A heading stays with the line that follows.
                if blocks.get(i + 1).is_some() {
                    at.keep(2.0 * LINE);
                }
                at.lines(lines(text, CHARS, 2.0), LINE);
            }
            Content::Table(rows) => {
                let widths = super::docx::widths(rows);
                for row in rows {
                    let most = widths.iter().enumerate().map(|(c, w)| {
                        let fits = ((f64::from(*w) - CELL_MARGINS) / 235.0).max(1.0);
                        lines(row.get(c).map_or("", String::as_str), fits, 0.0)
                    });
                    let height = f64::from(most.max().unwrap_or(1).max(1)) * ROW + 10.0;
                    at.keep(height.min(PAGE));
                    at.space(height);
                }
            }
            Content::Seal { .. } => {
                at.keep(1156.0 + 2.0 * LINE);
                at.space(1156.0 + 2.0 * LINE);
            }
        }
    }
    at.pages()
}

/// Where the pen stands.
#[derive(Default)]
struct Place {
    full: u32,
    used: f64,
}

impl Place {
    fn lines(&mut self, n: u32, height: f64) {
        for _ in 0..n {
            self.keep(height);
            self.used += height;
        }
    }

    /// Goes to the next page when so much does not fit on this one.
    fn keep(&mut self, height: f64) {
        if self.used + height > PAGE {
            self.full += 1;
            self.used = 0.0;
        }
    }

    fn space(&mut self, height: f64) {
        self.used += height;
        while self.used > PAGE {
            self.full += 1;
            self.used -= PAGE;
        }
    }

    fn pages(&self) -> u32 {
        self.full + u32::from(self.used > 0.0 || self.full == 0)
    }
}

/// Lines of a text in a column of so many characters. ASCII is half as wide; a closing mark does not begin a line.
fn lines(text: &str, width: f64, indent: f64) -> u32 {
    let (mut n, mut used) = (1u32, indent);
    for c in text.chars() {
        let w = if c.is_ascii() { 0.5 } else { 1.0 };
        let hangs = "，。；：、！？）》」』”’〕】".contains(c);
        if used + w > width + if hangs { 0.5 } else { 0.0 } {
            n += 1;
            used = w;
        } else {
            used += w;
        }
    }
    n
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_two_lines_fill_a_page() {
        let line = Content::Party("一行".into());
        assert_eq!(count(&[]), 1);
        assert_eq!(count(&vec![line.clone(); 22]), 1);
        assert_eq!(count(&vec![line.clone(); 23]), 2);
        assert_eq!(count(&vec![line; 67]), 4);
    }

    #[test]
    fn a_line_holds_twenty_eight_characters_and_punctuation_hangs() {
        assert_eq!(lines(&"字".repeat(28), 28.0, 0.0), 1);
        assert_eq!(lines(&"字".repeat(29), 28.0, 0.0), 2);
        assert_eq!(lines(&"字".repeat(27), 28.0, 2.0), 2);
        assert_eq!(lines(&"1".repeat(56), 28.0, 0.0), 1);
    }

    #[test]
    fn the_seal_is_not_torn() {
        let mut blocks = vec![Content::Party("一行".into()); 19];
        blocks.push(Content::Seal { agency: "某某局".into(), date: "2026年3月5日".into() });
        assert_eq!(count(&blocks), 2);
    }
}
