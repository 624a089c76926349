//! The parts of the package around the body: relations, properties, header and footers.

use quick_xml::escape::escape;

use crate::domain::document::compose::Composed;
use crate::export::Label;

pub const STYLES: &str = include_str!("parts/styles.xml");
pub const SETTINGS: &str = include_str!("parts/settings.xml");
pub const FONTS: &str = include_str!("parts/fontTable.xml");
pub const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
pub const W: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
pub const R: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml";
const OFFICE: &str = "application/vnd.openxmlformats-officedocument";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";

pub const APP: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
    <Properties xmlns=\"http://schemas.openxmlformats.org/officeDocument/2006/extended-properties\"><Application>zhicai</Application></Properties>";

pub fn content_types(label: &Label) -> String {
    let mut parts = vec![
        ("/word/document.xml", format!("{WORD}.document.main+xml")),
        ("/word/styles.xml", format!("{WORD}.styles+xml")),
        ("/word/settings.xml", format!("{WORD}.settings+xml")),
        ("/word/fontTable.xml", format!("{WORD}.fontTable+xml")),
        ("/word/footer1.xml", format!("{WORD}.footer+xml")),
        ("/word/footer2.xml", format!("{WORD}.footer+xml")),
        ("/docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml".to_string()),
        ("/docProps/app.xml", format!("{OFFICE}.extended-properties+xml")),
    ];
    if label.visible().is_some() {
        parts.push(("/word/header1.xml", format!("{WORD}.header+xml")));
        parts.push(("/docProps/custom.xml", format!("{OFFICE}.custom-properties+xml")));
    }
    let overrides: String =
        parts.iter().map(|(name, kind)| format!("<Override PartName=\"{name}\" ContentType=\"{kind}\"/>")).collect();
    format!(
        "{HEAD}<Types xmlns=\"{PACKAGE}/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"xml\" ContentType=\"application/xml\"/>{overrides}</Types>"
    )
}

fn relations(list: &[(String, &str)]) -> String {
    let items: String = list
        .iter()
        .enumerate()
        .map(|(i, (kind, target))| format!("<Relationship Id=\"rId{}\" Type=\"{kind}\" Target=\"{target}\"/>", i + 1))
        .collect();
    format!("{HEAD}<Relationships xmlns=\"{PACKAGE}/relationships\">{items}</Relationships>")
}

pub fn package_relations(label: &Label) -> String {
    let mut list = vec![
        (format!("{R}/officeDocument"), "word/document.xml"),
        (format!("{PACKAGE}/relationships/metadata/core-properties"), "docProps/core.xml"),
        (format!("{R}/extended-properties"), "docProps/app.xml"),
    ];
    if label.visible().is_some() {
        list.push((format!("{R}/custom-properties"), "docProps/custom.xml"));
    }
    relations(&list)
}

/// rId4 and rId5 are the odd and even footers, rId6 the header (see `body::section`).
pub fn document_relations(label: &Label) -> String {
    let mut list = vec![
        (format!("{R}/styles"), "styles.xml"),
        (format!("{R}/settings"), "settings.xml"),
        (format!("{R}/fontTable"), "fontTable.xml"),
        (format!("{R}/footer"), "footer1.xml"),
        (format!("{R}/footer"), "footer2.xml"),
    ];
    if label.visible().is_some() {
        list.push((format!("{R}/header"), "header1.xml"));
    }
    relations(&list)
}

pub fn core(document: &Composed) -> String {
    let title = match &document.doc_no {
        Some(no) => format!("{} {no}", document.zh),
        None => document.zh.clone(),
    };
    format!(
        "{HEAD}<cp:coreProperties xmlns:cp=\"{PACKAGE}/metadata/core-properties\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\
         <dc:title>{}</dc:title><dc:creator>{}</dc:creator><dc:language>zh-CN</dc:language></cp:coreProperties>",
        escape(&title),
        escape(&document.agency)
    )
}

pub fn custom(metadata: &str) -> String {
    format!(
        "{HEAD}<Properties xmlns=\"http://schemas.openxmlformats.org/officeDocument/2006/custom-properties\" \
         xmlns:vt=\"http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes\">\
         <property fmtid=\"{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}\" pid=\"2\" name=\"AIGC\"><vt:lpwstr>{}</vt:lpwstr></property></Properties>",
        escape(crate::domain::document::compose::clean(metadata))
    )
}

pub fn header(words: &str) -> String {
    let run = super::body::run(words);
    format!("{HEAD}<w:hdr xmlns:w=\"{W}\"><w:p><w:pPr><w:pStyle w:val=\"Header\"/></w:pPr>{run}</w:p></w:hdr>")
}

/// Page number between dashes; on odd pages at the right less one character, on even pages at the left less one.
pub fn footer(odd: bool) -> String {
    let (side, indent) = if odd {
        ("right", "w:rightChars=\"100\" w:right=\"280\"")
    } else {
        ("left", "w:leftChars=\"100\" w:left=\"280\"")
    };
    let field = |kind: &str| format!("<w:r><w:fldChar w:fldCharType=\"{kind}\"/></w:r>");
    // An em dash is as wide as a character; ASCII digits of the same font stay half-width.
    let dash = |text: &str| super::body::run(text);
    format!(
        "{HEAD}<w:ftr xmlns:w=\"{W}\"><w:p><w:pPr><w:pStyle w:val=\"Footer\"/><w:ind {indent}/><w:jc w:val=\"{side}\"/></w:pPr>\
         {}{}<w:r><w:instrText xml:space=\"preserve\"> PAGE </w:instrText></w:r>{}<w:r><w:t>1</w:t></w:r>{}{}</w:p></w:ftr>",
        dash("— "),
        field("begin"),
        field("separate"),
        field("end"),
        dash(" —"),
    )
}
