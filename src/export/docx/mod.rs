//! Native OOXML by the page rules of documents.md §0 (after GB/T 9704-2012). No intermediate markup: every paragraph names
//! its style, every run its East Asian font. The same document gives the same bytes.

mod body;
mod parts;

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::{ExportError, Label};
use crate::domain::document::compose::Composed;

pub use body::widths;

/// The whole file.
pub fn write(document: &Composed, label: &Label) -> Result<Vec<u8>, ExportError> {
    write_from(document, label, None)
}

/// As [`write()`], with the number of the first page, for a document that is bound behind others.
pub fn write_from(document: &Composed, label: &Label, first_page: Option<u32>) -> Result<Vec<u8>, ExportError> {
    let mut files: Vec<(&str, String)> = vec![
        ("[Content_Types].xml", parts::content_types(label)),
        ("_rels/.rels", parts::package_relations(label)),
        ("docProps/core.xml", parts::core(document)),
        ("docProps/app.xml", parts::APP.into()),
        ("word/document.xml", body::document(document, label, first_page)),
        ("word/_rels/document.xml.rels", parts::document_relations(label)),
        ("word/styles.xml", parts::STYLES.into()),
        ("word/settings.xml", parts::SETTINGS.into()),
        ("word/fontTable.xml", parts::FONTS.into()),
        ("word/footer1.xml", parts::footer(true)),
        ("word/footer2.xml", parts::footer(false)),
    ];
    if let (Some(words), Some(metadata)) = (label.visible(), label.metadata()) {
        files.push(("word/header1.xml", parts::header(words)));
        files.push(("docProps/custom.xml", parts::custom(&metadata)));
    }
    // A fixed time: the bytes depend on the document only, so that a hash identifies it.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(name, options)?;
        zip.write_all(text.as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}
