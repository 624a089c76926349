//! Paragraphs and tables of a Word document, in order. gridSpan and vMerge are undone; a table inside a cell is a table of its own.

mod numbering;
mod table;

use std::io::Read;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use self::numbering::Numbering;
use self::table::{OpenCell, OpenTable};
use super::{Grid, MOST_CHARS, MOST_COLUMNS, MOST_POSITIONS, MOST_UNPACKED, ReadError, package};

const KIND: &str = ".docx";
/// Tables inside tables inside tables are no published table.
const MOST_DEPTH: usize = 6;

/// One piece of the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    Paragraph {
        text: String,
        /// 1 to 9 for a heading by its style, 0 for plain text.
        heading: u8,
        /// Numbered by the word processor in a way that is not known: the number is not in the text.
        numbered: bool,
    },
    Table(Grid),
}

/// Reads the body.
pub fn read(bytes: &[u8]) -> Result<Vec<Block>, ReadError> {
    let mut archive = package(bytes, KIND)?;
    let mut part = |name: &str| -> Option<Result<String, ReadError>> {
        let part = archive.by_name(name).ok()?;
        let mut text = String::new();
        let read = part.take(MOST_UNPACKED).read_to_string(&mut text);
        Some(read.map(|_| text).map_err(|_| ReadError::Damaged(format!("{name} 不是 UTF-8 文本"))))
    };
    let missing = || ReadError::MissingPart("word/document.xml".into(), KIND);
    let body = part("word/document.xml").ok_or_else(missing)??;
    let headings = part("word/styles.xml").transpose()?.map(|xml| headings(&xml)).transpose()?.unwrap_or_default();
    let numbering =
        part("word/numbering.xml").transpose()?.map(|xml| Numbering::read(&xml)).transpose()?.unwrap_or_default();
    Body { headings, numbering, left: MOST_POSITIONS, ..Body::default() }.read(&body)
}

/// Styles that are headings: id and level. Their ids are numbers in Chinese Word, their names are not.
fn headings(xml: &str) -> Result<Vec<(String, u8)>, ReadError> {
    let mut reader = Reader::from_str(xml);
    let (mut out, mut id) = (vec![], String::new());
    loop {
        match reader.read_event().map_err(damaged)? {
            Event::Start(e) | Event::Empty(e) => match e.local_name().as_ref() {
                "style" => id = attribute(&e, "styleId").unwrap_or_default(),
                "name" => {
                    let name = attribute(&e, "val").unwrap_or_default().to_lowercase();
                    let level = name.strip_prefix("heading ").or_else(|| name.strip_prefix("标题 "));
                    if let Some(level) = level.and_then(|l| l.trim().parse().ok()).filter(|l| (1..=9).contains(l)) {
                        out.push((id.clone(), level));
                    }
                }
                _ => {}
            },
            Event::Eof => return Ok(out),
            _ => {}
        }
    }
}

fn damaged(e: quick_xml::Error) -> ReadError {
    ReadError::Damaged(e.to_string())
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.attributes().flatten().find(|a| a.key.local_name().as_ref() == name)?;
    Some(found.value.to_string())
}

#[derive(Default)]
struct Body {
    headings: Vec<(String, u8)>,
    numbering: Numbering,
    out: Vec<Block>,
    tables: Vec<OpenTable>,
    /// Tables inside the outermost open one: they follow it.
    inner: Vec<Block>,
    count: usize,
    /// Positions that tables may still take.
    left: usize,
    text: String,
    heading: u8,
    /// Level and numId.
    number: (usize, String),
    in_text: bool,
    /// Inside what repeats other content or is struck out.
    hidden: usize,
}

impl Body {
    fn read(mut self, xml: &str) -> Result<Vec<Block>, ReadError> {
        let mut reader = Reader::from_str(xml);
        loop {
            match reader.read_event().map_err(damaged)? {
                Event::Start(e) => self.start(&e)?,
                Event::Empty(e) => {
                    self.start(&e)?;
                    self.end(e.local_name().as_ref())?;
                }
                Event::End(e) => self.end(e.local_name().as_ref())?,
                Event::Text(t) if self.in_text && self.hidden == 0 => self.push(&t.xml10_content())?,
                // Character references come as events of their own.
                Event::GeneralRef(r) if self.in_text && self.hidden == 0 => {
                    let known = match &*r {
                        "amp" => Some('&'),
                        "lt" => Some('<'),
                        "gt" => Some('>'),
                        "quot" => Some('"'),
                        "apos" => Some('\''),
                        _ => r.resolve_char_ref().map_err(damaged)?,
                    };
                    self.push(known.map(String::from).unwrap_or_default().as_str())?;
                }
                Event::DocType(_) => return Err(ReadError::Damaged("文档含有类型声明，不予读取".into())),
                Event::Eof if self.tables.is_empty() => return Ok(self.out),
                Event::Eof => return Err(ReadError::Damaged("表格没有结束".into())),
                _ => {}
            }
        }
    }

    fn push(&mut self, text: &str) -> Result<(), ReadError> {
        self.text.push_str(text);
        if self.text.len() > MOST_CHARS * 40 { Err(ReadError::Damaged("一段文字过长".into())) } else { Ok(()) }
    }

    fn start(&mut self, tag: &BytesStart<'_>) -> Result<(), ReadError> {
        let value = |name| attribute(tag, name);
        match tag.local_name().as_ref() {
            "Fallback" | "del" | "moveFrom" => self.hidden += 1,
            "t" => self.in_text = true,
            "tab" if self.hidden == 0 => self.push(" ")?,
            "br" | "cr" if self.hidden == 0 => self.push("\n")?,
            "pStyle" => {
                let style = value("val").unwrap_or_default();
                self.heading = self.headings.iter().find(|h| h.0 == style).map_or(0, |h| h.1);
            }
            "ilvl" => self.number.0 = value("val").and_then(|v| v.parse().ok()).unwrap_or(0),
            "numId" => self.number.1 = value("val").unwrap_or_default(),
            "tbl" => self.open()?,
            "tr" => {
                if let Some(table) = self.tables.last_mut() {
                    (table.row, table.column) = (table.row + 1, 1);
                }
            }
            "gridBefore" => {
                if let Some(table) = self.tables.last_mut() {
                    table.column = table.column.saturating_add(number(value("val")).unwrap_or(0)).min(MOST_COLUMNS + 1);
                }
            }
            "tc" => {
                if let Some(table) = self.tables.last_mut() {
                    table.cell = Some(OpenCell { span: 1, ..OpenCell::default() });
                }
            }
            name @ ("gridSpan" | "vMerge" | "hMerge") => {
                if let Some(cell) = self.tables.last_mut().and_then(|t| t.cell.as_mut()) {
                    let continues = value("val").as_deref() != Some("restart");
                    match name {
                        "gridSpan" => cell.span = number(value("val")).unwrap_or(1).clamp(1, MOST_COLUMNS + 1),
                        "vMerge" => cell.continues = continues,
                        _ => cell.continues_left = continues,
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self) -> Result<(), ReadError> {
        if self.tables.len() >= MOST_DEPTH {
            return Err(ReadError::Damaged("表格嵌套过深".into()));
        }
        let name = match self.tables.last_mut() {
            Some(outer) => {
                outer.inner += 1;
                if let Some(cell) = &mut outer.cell {
                    cell.nested = true;
                }
                format!("{}.{}", outer.name, outer.inner)
            }
            None => {
                self.count += 1;
                format!("表{}", self.count)
            }
        };
        self.tables.push(OpenTable::new(name));
        Ok(())
    }

    fn end(&mut self, tag: &str) -> Result<(), ReadError> {
        match tag {
            "Fallback" | "del" | "moveFrom" => self.hidden = self.hidden.saturating_sub(1),
            "t" => self.in_text = false,
            "p" => self.paragraph(),
            "tc" => self.tables.last_mut().map_or(Ok(()), OpenTable::end_cell)?,
            "tbl" => {
                if let Some(table) = self.tables.pop() {
                    let grid = Block::Table(table.close(&mut self.left)?);
                    match self.tables.is_empty() {
                        true => {
                            self.out.push(grid);
                            self.out.append(&mut self.inner);
                        }
                        false => self.inner.push(grid),
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn paragraph(&mut self) {
        let mut text = std::mem::take(&mut self.text).trim().to_string();
        let (heading, (level, list)) = (std::mem::take(&mut self.heading), std::mem::take(&mut self.number));
        if text.is_empty() {
            return;
        }
        let wanted = !list.is_empty() && list != "0";
        let number = wanted.then(|| self.numbering.next(&list, level)).flatten();
        let numbered = wanted && number.is_none();
        text.insert_str(0, number.as_deref().unwrap_or_default());
        match self.tables.last_mut().and_then(|t| t.cell.as_mut()) {
            Some(cell) => {
                if !cell.text.is_empty() {
                    cell.text.push('\n');
                }
                cell.text.push_str(&text);
            }
            None => self.out.push(Block::Paragraph { text, heading, numbered }),
        }
    }
}

fn number(text: Option<String>) -> Option<u32> {
    text?.trim().parse().ok()
}
