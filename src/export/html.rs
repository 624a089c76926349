//! HTML of a document for the preview pane: semantic elements, everything escaped, drafted passages marked.

use quick_xml::escape::escape;

use super::Label;
use crate::domain::document::compose::{Block, Composed, Content};
use crate::domain::document::fill::PENDING;

/// One `<article>`; the page brings the style sheet (classes `zc-…`).
pub fn write(document: &Composed, label: &Label) -> String {
    let mut out = format!("<article class=\"zc-document\" lang=\"zh-CN\" data-kind=\"{}\">\n", escape(&document.kind));
    if let Some(words) = label.visible() {
        out.push_str(&format!("<p class=\"zc-ai-label\" role=\"note\">{words}</p>\n"));
    }
    let mut listing = false;
    for block in &document.blocks {
        let item = matches!(block.content, Content::Item(_));
        if item != listing {
            out.push_str(if item { "<ul class=\"zc-items\">\n" } else { "</ul>\n" });
            listing = item;
        }
        element(&mut out, block);
    }
    if listing {
        out.push_str("</ul>\n");
    }
    out.push_str("</article>\n");
    out
}

fn element(out: &mut String, block: &Block) {
    let marks = attributes(block);
    let one = |tag: &str, text: &str| format!("<{tag}{marks}>{}</{tag}>\n", words(text));
    match &block.content {
        // Agency and title are one heading of two lines on paper; on a page they are one `<header>` line each.
        Content::Agency(text) => out.push_str(&one("p", text)),
        Content::Title(text) => out.push_str(&one("h1", text)),
        Content::DocNo(text) | Content::Party(text) | Content::Paragraph(text) | Content::Note(text) => {
            out.push_str(&one("p", text));
        }
        Content::Heading { level, text } => out.push_str(&one(if *level == 1 { "h2" } else { "h3" }, text)),
        Content::Item(text) => out.push_str(&one("li", text)),
        Content::Table(rows) => {
            out.push_str(&format!("<table{marks}>\n"));
            for (i, row) in rows.iter().enumerate() {
                let tag = if i == 0 { "th" } else { "td" };
                let cells: String = row.iter().map(|cell| format!("<{tag}>{}</{tag}>", words(cell))).collect();
                out.push_str(&format!("<tr>{cells}</tr>\n"));
            }
            out.push_str("</table>\n");
        }
        Content::Seal { agency, date } => {
            out.push_str(&format!("<div{marks}><p>{}</p><p>{}</p></div>\n", words(agency), words(date)));
        }
    }
}

fn attributes(block: &Block) -> String {
    let mut out =
        format!(" class=\"zc-{}\" data-writer=\"{}\"", block.style().replace('_', "-"), block.writer.letter());
    if let Some(field) = &block.field {
        out.push_str(&format!(" data-field=\"{}\"", escape(field)));
    }
    if let Some(model) = &block.model {
        out.push_str(&format!(" data-model=\"{}\" title=\"模型起草，须由人审核\"", escape(model)));
    }
    if !block.sources.is_empty() {
        out.push_str(&format!(" data-sources=\"{}\"", escape(block.sources.join(" "))));
    }
    out
}

/// Escaped text with the open places marked.
fn words(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(start) = rest.find(PENDING) {
        let end = rest[start..].find('】').map_or(rest.len(), |i| start + i + '】'.len_utf8());
        out.push_str(&escape(&rest[..start]));
        out.push_str(&format!("<mark class=\"zc-pending\">{}</mark>", escape(&rest[start..end])));
        rest = &rest[end..];
    }
    out.push_str(&escape(rest));
    out
}
