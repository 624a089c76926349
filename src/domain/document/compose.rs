//! 成文: fields + accepted passages → blocks. The .docx, the HTML and the plain text are made from the same blocks, so their
//! words are the same.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::draft::BlockView;
use super::fill::{Filled, Missing};
use super::form::{Field, Form, Part, Style, Writer};
use crate::domain::numerals::to_han;

/// An accepted passage of an L field, values filled in. Paragraphs are separated by line feeds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PassageText {
    pub text: String,
    pub sources: Vec<String>,
    /// The model that wrote it; `None` when a fallback text or a person did.
    pub model: Option<String>,
}

/// What a block is on paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    Agency(String),
    Title(String),
    DocNo(String),
    Heading {
        level: u8,
        text: String,
    },
    /// A line about the party, set without first-line indent.
    Party(String),
    Paragraph(String),
    Item(String),
    /// Rows of cells; the first row is the head.
    Table(Vec<Vec<String>>),
    /// 署名 centred over 成文日期.
    Seal {
        agency: String,
        date: String,
    },
    /// 附注.
    Note(String),
}

/// One block with the field it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Block {
    pub content: Content,
    pub field: Option<String>,
    pub writer: Writer,
    /// The model that wrote these words.
    pub model: Option<String>,
    pub sources: Vec<String>,
}

/// One field as it stands in the document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ComposedField {
    pub id: String,
    pub zh: String,
    pub writer: Writer,
    pub mandatory: bool,
    pub basis: String,
    pub element: Option<u8>,
    pub text: String,
    pub sources: Vec<String>,
}

/// A whole document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Composed {
    pub kind: String,
    pub zh: String,
    pub agency: String,
    pub doc_no: Option<String>,
    pub blocks: Vec<Block>,
    pub fields: Vec<ComposedField>,
    pub missing: Vec<Missing>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    #[error("式样{form}没有可由模型起草的字段“{field}”，不能放入这段文字")]
    NotDrafted { form: String, field: String },
    #[error("字段“{field}”的文字里还有没有代入的占位符")]
    Unresolved { field: String },
}

impl ComposeError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotDrafted { .. } => "compose.not_drafted",
            Self::Unresolved { .. } => "compose.unresolved",
        }
    }
}

/// Puts a document together. A drafted field that this case needs and that has no passage is left visibly open and listed
/// in `missing`.
pub fn compose(
    form: &Form,
    filled: &Filled,
    passages: &BTreeMap<String, PassageText>,
) -> Result<Composed, ComposeError> {
    for (field, passage) in passages {
        if form.field(field).is_none_or(|f| f.writer != Writer::L) {
            return Err(ComposeError::NotDrafted { form: form.id.clone(), field: field.clone() });
        }
        if passage.text.contains("{{") || passage.text.contains("}}") {
            return Err(ComposeError::Unresolved { field: field.clone() });
        }
    }
    let mut writing = Writing { numbers: [0; 2], waiting: vec![], blocks: vec![] };
    let (mut fields, mut missing) = (vec![], filled.missing.clone());
    for part in &form.parts {
        match part {
            Part::Heading { level, text } => writing.heading(*level, text),
            Part::Fixed(text) => writing.waiting.push(Waiting::Fixed(clean(text))),
            Part::Field { id, .. } => {
                let Some(field) = form.field(id) else { continue };
                let (text, sources, model) = match passages.get(id).filter(|p| !p.text.trim().is_empty()) {
                    Some(p) => (clean(&p.text), p.sources.clone(), p.model.clone()),
                    None if field.writer == Writer::L && filled.drafted.contains(id) => {
                        missing.push(Missing::must(id, &field.path, format!("{}尚未起草", field.zh), &field.basis));
                        (format!("【待补充：{}】", field.zh), vec![], None)
                    }
                    None => match filled.fields.get(id) {
                        Some(value) => (clean(&value.text), value.sources.clone(), None),
                        None => (String::new(), vec![], None),
                    },
                };
                if !text.is_empty() {
                    writing.field(field, filled, &text, &sources, model);
                }
                let Field { id, zh, writer, mandatory, basis, element, .. } = field.clone();
                fields.push(ComposedField { id, zh, writer, mandatory, basis, element, text, sources });
            }
        }
    }
    Ok(Composed {
        kind: form.id.clone(),
        zh: form.zh.clone(),
        agency: clean(&filled.agency),
        doc_no: filled.doc_no.clone(),
        blocks: writing.blocks,
        fields,
        missing,
    })
}

enum Waiting {
    Heading(u8, String),
    Fixed(String),
}

/// Headings and fixed words wait until something under them is written; an empty section leaves no trace and no gap in the
/// numbering.
struct Writing {
    numbers: [u32; 2],
    waiting: Vec<Waiting>,
    blocks: Vec<Block>,
}

impl Writing {
    fn heading(&mut self, level: u8, text: &str) {
        // An unused heading of the same or a lower rank, and what waited under it, is dropped.
        while let Some(last) = self.waiting.last() {
            match last {
                Waiting::Heading(waiting, _) if *waiting < level => break,
                _ => {
                    self.waiting.pop();
                }
            }
        }
        self.waiting.push(Waiting::Heading(level, clean(text)));
    }

    fn flush(&mut self) {
        for waiting in std::mem::take(&mut self.waiting) {
            let content = match waiting {
                Waiting::Heading(1, text) => {
                    self.numbers = [self.numbers[0] + 1, 0];
                    Content::Heading { level: 1, text: format!("{}、{text}", to_han(self.numbers[0])) }
                }
                Waiting::Heading(level, text) => {
                    self.numbers[1] += 1;
                    Content::Heading { level, text: format!("（{}）{text}", to_han(self.numbers[1])) }
                }
                Waiting::Fixed(text) => Content::Paragraph(text),
            };
            self.blocks.push(Block { content, field: None, writer: Writer::C, model: None, sources: vec![] });
        }
    }

    fn field(&mut self, field: &Field, filled: &Filled, text: &str, sources: &[String], model: Option<String>) {
        self.flush();
        let lines: Vec<String> = text.lines().map(str::to_string).filter(|l| !l.is_empty()).collect();
        let contents: Vec<Content> = match field.style {
            Style::Head => {
                let mut lines = lines.into_iter();
                let mut out: Vec<Content> = lines.next().map(Content::Agency).into_iter().collect();
                out.extend(lines.next().map(Content::Title));
                out.extend(lines.map(Content::DocNo));
                out
            }
            Style::Party => lines.into_iter().map(Content::Party).collect(),
            Style::Paragraphs => lines.into_iter().map(Content::Paragraph).collect(),
            Style::List => lines
                .into_iter()
                .map(|l| if starts_numbered(&l) { Content::Item(l) } else { Content::Paragraph(l) })
                .collect(),
            Style::Table => {
                let cells = |l: &String| l.split(super::papers::CELL).map(|c| c.trim().to_string()).collect();
                vec![Content::Table(lines.iter().map(cells).collect())]
            }
            Style::Seal => {
                let date = lines.get(1).cloned().unwrap_or_default();
                let agency = lines.first().cloned().unwrap_or_else(|| clean(&filled.agency));
                vec![Content::Seal { agency, date }]
            }
        };
        self.blocks.extend(contents.into_iter().map(|content| Block {
            content,
            field: Some(field.id.clone()),
            writer: field.writer,
            model: model.clone(),
            sources: sources.to_vec(),
        }));
    }
}

fn starts_numbered(line: &str) -> bool {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0 && line[digits..].starts_with(". ")
}

/// Text as it may stand in a document: no control characters (XML forbids them), none that reorder or hide text, no
/// blank lines; tabs become spaces.
pub fn clean(text: &str) -> String {
    let kept: String = text
        .replace("\r\n", "\n")
        .chars()
        .filter_map(|c| match c {
            '\r' | '\u{2028}' | '\u{2029}' => Some('\n'),
            '\t' | '\u{a0}' => Some(' '),
            '\n' => Some('\n'),
            c if c.is_control() => None,
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => None,
            '\u{fff9}'..='\u{ffff}' => None,
            c => Some(c),
        })
        .collect();
    let lines: Vec<&str> = kept.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    lines.join("\n")
}

impl Content {
    /// The words; a table row per line, cells set apart by a tab.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Agency(t)
            | Self::Title(t)
            | Self::DocNo(t)
            | Self::Heading { text: t, .. }
            | Self::Party(t)
            | Self::Paragraph(t)
            | Self::Item(t)
            | Self::Note(t) => vec![t.clone()],
            Self::Table(rows) => rows.iter().map(|row| row.join("\t")).collect(),
            Self::Seal { agency, date } => vec![agency.clone(), date.clone()],
        }
    }

    /// The same with every text changed.
    pub fn map(&self, f: &dyn Fn(&str) -> String) -> Self {
        match self {
            Self::Agency(t) => Self::Agency(f(t)),
            Self::Title(t) => Self::Title(f(t)),
            Self::DocNo(t) => Self::DocNo(f(t)),
            Self::Heading { level, text } => Self::Heading { level: *level, text: f(text) },
            Self::Party(t) => Self::Party(f(t)),
            Self::Paragraph(t) => Self::Paragraph(f(t)),
            Self::Item(t) => Self::Item(f(t)),
            Self::Table(rows) => Self::Table(rows.iter().map(|row| row.iter().map(|c| f(c)).collect()).collect()),
            Self::Seal { agency, date } => Self::Seal { agency: f(agency), date: f(date) },
            Self::Note(t) => Self::Note(f(t)),
        }
    }
}

/// The words of blocks as plain text, one line per paragraph.
pub fn text_of<'a>(blocks: impl Iterator<Item = &'a Content>) -> String {
    blocks.flat_map(Content::lines).collect::<Vec<_>>().join("\n") + "\n"
}

impl Block {
    /// The words of the block; a table row per line, cells set apart by a tab.
    pub fn lines(&self) -> Vec<String> {
        self.content.lines()
    }

    /// The name of its style, as pages use it.
    pub fn style(&self) -> &'static str {
        match self.content {
            Content::Agency(_) => "agency",
            Content::Title(_) => "title",
            Content::DocNo(_) => "doc_no",
            Content::Heading { .. } => "heading",
            Content::Party(_) => "party",
            Content::Paragraph(_) => "paragraph",
            Content::Item(_) => "item",
            Content::Table(_) => "table",
            Content::Seal { .. } => "seal",
            Content::Note(_) => "note",
        }
    }
}

impl Composed {
    /// The whole document as plain text, one line per paragraph.
    pub fn text(&self) -> String {
        let lines: Vec<String> = self.blocks.iter().flat_map(Block::lines).collect();
        lines.join("\n") + "\n"
    }

    /// The blocks as a page shows them.
    pub fn views(&self) -> Vec<BlockView> {
        let align = |block: &Block| match block.content {
            Content::Agency(_) | Content::Title(_) | Content::DocNo(_) => Some("center".to_string()),
            Content::Seal { .. } => Some("right".to_string()),
            _ => None,
        };
        self.blocks
            .iter()
            .map(|b| BlockView {
                style: b.style().into(),
                text: b.lines().join("\n"),
                align: align(b),
                field: b.field.clone(),
            })
            .collect()
    }
}
