//! An independent look at a .docx: reads the package as a word processor would and lists what is wrong. Shares nothing with
//! the writer.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use quick_xml::Reader;
use quick_xml::events::Event;

pub type Parts = BTreeMap<String, String>;

pub fn unpack(bytes: &[u8]) -> Parts {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|i| {
            let mut file = archive.by_index(i).unwrap();
            let (mut text, name) = (String::new(), file.name().unwrap().into_owned());
            file.read_to_string(&mut text).unwrap();
            (name, text)
        })
        .collect()
}

/// Every start tag with its attributes, in order.
type Tags = Vec<(String, BTreeMap<String, String>)>;

fn tags(text: &str) -> Result<Tags, String> {
    let mut reader = Reader::from_str(text);
    let (mut out, mut depth) = (vec![], 0i32);
    loop {
        match reader.read_event().map_err(|e| e.to_string())? {
            Event::Start(tag) => {
                depth += 1;
                out.push(tag_of(&tag)?);
            }
            Event::Empty(tag) => out.push(tag_of(&tag)?),
            Event::End(_) => depth -= 1,
            Event::GeneralRef(name) if !["lt", "gt", "amp", "quot", "apos"].contains(&&*name) => {
                return Err(format!("未知实体 {name:?}"));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if depth == 0 { Ok(out) } else { Err("标签没有闭合".into()) }
}

fn tag_of(tag: &quick_xml::events::BytesStart<'_>) -> Result<(String, BTreeMap<String, String>), String> {
    let name = tag.name().as_ref().to_string();
    let mut attributes = BTreeMap::new();
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|e| e.to_string())?;
        let key = attribute.key.as_ref().to_string();
        attributes.insert(key, attribute.value.to_string());
    }
    Ok((name, attributes))
}

/// The words of the body, one line per paragraph.
pub fn words(parts: &Parts) -> String {
    let mut reader = Reader::from_str(&parts["word/document.xml"]);
    let (mut out, mut inside) = (String::new(), false);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) if tag.name().as_ref() == "w:t" => inside = true,
            Event::End(tag) if tag.name().as_ref() == "w:t" => inside = false,
            Event::End(tag) if tag.name().as_ref() == "w:p" => out.push('\n'),
            Event::Text(text) if inside => out.push_str(&text),
            Event::GeneralRef(name) if inside => out.push(match &*name {
                "lt" => '<',
                "gt" => '>',
                "amp" => '&',
                "quot" => '"',
                _ => '\'',
            }),
            Event::Eof => return out,
            _ => {}
        }
    }
}

/// What is wrong with the package; `draft` says whether it must carry the label.
pub fn problems(parts: &Parts, draft: bool) -> Vec<String> {
    let mut out = vec![];
    let mut all: BTreeMap<&str, Tags> = BTreeMap::new();
    for (name, text) in parts {
        if text.chars().any(|c| (c.is_control() && c != '\n') || matches!(c, '\u{fffe}' | '\u{ffff}')) {
            out.push(format!("{name} 含控制字符"));
        }
        match tags(text) {
            Ok(tags) => drop(all.insert(name, tags)),
            Err(why) => out.push(format!("{name} 不是良构的 XML：{why}")),
        }
        if text.contains("MS Mincho") || text.contains("asciiTheme") || text.contains("eastAsiaTheme") {
            out.push(format!("{name} 的字体会落到日文默认字体"));
        }
    }
    let need = [
        "[Content_Types].xml",
        "_rels/.rels",
        "word/document.xml",
        "word/_rels/document.xml.rels",
        "word/styles.xml",
        "word/settings.xml",
        "word/fontTable.xml",
        "docProps/core.xml",
        "docProps/app.xml",
    ];
    for name in need.iter().filter(|n| !all.contains_key(**n)) {
        out.push(format!("缺少部件 {name:?}"));
    }
    if !out.is_empty() {
        return out;
    }
    package(parts, &all, &mut out);
    page(&all, &mut out);
    fonts(&all, &mut out);
    label(parts, &all, draft, &mut out);
    out
}

/// Every part has a type, every relation a target, every reference a relation.
fn package(parts: &Parts, all: &BTreeMap<&str, Tags>, out: &mut Vec<String>) {
    let types = &all["[Content_Types].xml"];
    let overridden: Vec<&str> = types.iter().filter_map(|(_, a)| a.get("PartName")).map(String::as_str).collect();
    for name in parts.keys().filter(|n| !n.ends_with(".rels") && *n != "[Content_Types].xml") {
        if !overridden.contains(&format!("/{name}").as_str()) {
            out.push(format!("{name} 没有内容类型"));
        }
    }
    out.extend(overridden.iter().filter(|n| !parts.contains_key(&n[1..])).map(|n| format!("{n} 有类型而无部件")));
    for (rels, base) in [("_rels/.rels", ""), ("word/_rels/document.xml.rels", "word/")] {
        for (_, a) in all[rels].iter().filter(|(n, _)| n == "Relationship") {
            if !parts.contains_key(&format!("{base}{}", a["Target"])) {
                out.push(format!("{rels} 指向不存在的 {}", a["Target"]));
            }
        }
    }
    let ids: Vec<&String> = all["word/_rels/document.xml.rels"].iter().filter_map(|(_, a)| a.get("Id")).collect();
    for (_, a) in &all["word/document.xml"] {
        if let Some(id) = a.get("r:id").filter(|id| !ids.contains(id)) {
            out.push(format!("正文引用了不存在的 {id}"));
        }
    }
    let styles: Vec<&String> = all["word/styles.xml"].iter().filter_map(|(_, a)| a.get("w:styleId")).collect();
    for (name, a) in all.values().flatten().filter(|(n, _)| matches!(n.as_str(), "w:pStyle" | "w:basedOn" | "w:next")) {
        if !styles.contains(&&a["w:val"]) {
            out.push(format!("{name} 引用了不存在的样式 {}", a["w:val"]));
        }
    }
}

fn mm(twips: &str) -> f64 {
    twips.parse::<f64>().unwrap_or(f64::NAN) * 25.4 / 1440.0
}

/// documents.md §0: A4, margins 37/35/28/26, 22 lines of 28 characters, page numbers left and right.
fn page(all: &BTreeMap<&str, Tags>, out: &mut Vec<String>) {
    let body = &all["word/document.xml"];
    let find = |name: &str| body.iter().find(|(n, _)| n == name).map(|(_, a)| a);
    let mut near = |what: &str, value: Option<&String>, wanted: f64| {
        if !value.is_some_and(|v| (mm(v) - wanted).abs() < 0.1) {
            out.push(format!("{what}应为{wanted}毫米，实为{value:?}"));
        }
    };
    let (size, margins, grid) = (find("w:pgSz"), find("w:pgMar"), find("w:docGrid"));
    near("纸宽", size.and_then(|a| a.get("w:w")), 210.0);
    near("纸高", size.and_then(|a| a.get("w:h")), 297.0);
    for (side, wanted) in [("w:top", 37.0), ("w:bottom", 35.0), ("w:left", 28.0), ("w:right", 26.0)] {
        near(side, margins.and_then(|a| a.get(side)), wanted);
    }
    let number = |key: &str| grid.and_then(|a| a.get(key)).and_then(|v| v.parse::<f64>().ok()).unwrap_or(f64::NAN);
    let lines = (225.0 / mm(&number("w:linePitch").to_string())).floor();
    // Characters of the style on which all others rest, condensed by its spacing.
    let spacing = all["word/styles.xml"]
        .iter()
        .find(|(n, a)| n == "w:spacing" && a.contains_key("w:val"))
        .map(|(_, a)| &a["w:val"]);
    let spacing: f64 = spacing.and_then(|v| v.parse().ok()).unwrap_or(0.0);
    let characters = (156.0 / 25.4 * 72.0 / (16.0 + spacing / 20.0)).floor();
    if lines != 22.0 {
        out.push(format!("每面应为22行，实为{lines}"));
    }
    if characters != 28.0 || grid.is_some_and(|a| a["w:type"] != "lines") {
        out.push(format!("每行应为28字，实为{characters}"));
    }
    let footers: Vec<&str> =
        body.iter().filter(|(n, _)| n == "w:footerReference").map(|(_, a)| a["w:type"].as_str()).collect();
    if footers != ["default", "even"] || !all["word/settings.xml"].iter().any(|(n, _)| n == "w:evenAndOddHeaders") {
        out.push("页码没有分单双页".into());
    }
    let normal: Vec<&str> = all["word/styles.xml"].iter().map(|(n, _)| n.as_str()).collect();
    if !normal.contains(&"w:widowControl") {
        out.push("没有关闭孤行控制".into());
    }
    let exact = all["word/styles.xml"].iter().any(|(n, a)| {
        n == "w:spacing"
            && a.get("w:line").is_some_and(|v| v == "578")
            && a.get("w:lineRule").is_some_and(|v| v == "exact")
    });
    if !exact {
        out.push("行距不是28.9磅固定值".into());
    }
}

/// Every font that is named is in the font table, and every set of fonts names the East Asian one.
fn fonts(all: &BTreeMap<&str, Tags>, out: &mut Vec<String>) {
    let table: Vec<&String> =
        all["word/fontTable.xml"].iter().filter(|(n, _)| n == "w:font").map(|(_, a)| &a["w:name"]).collect();
    for (part, tags) in all {
        for (_, a) in tags.iter().filter(|(n, _)| n == "w:rFonts") {
            let named: Vec<&String> = a.iter().filter(|(k, _)| *k != "w:hint").map(|(_, v)| v).collect();
            if !named.is_empty() && !a.contains_key("w:eastAsia") {
                out.push(format!("{part} 有字体没有写 eastAsia"));
            }
            out.extend(named.into_iter().filter(|v| !table.contains(v)).map(|v| format!("{part} 的字体{v}不在字体表")));
        }
    }
    let wanted = ["方正小标宋简体", "仿宋_GB2312", "楷体_GB2312", "黑体", "宋体"];
    out.extend(wanted.iter().filter(|w| !table.iter().any(|t| t == *w)).map(|w| format!("字体表没有{w}")));
    let sizes = |style: &str| {
        let styles = &all["word/styles.xml"];
        let at = styles.iter().position(|(_, a)| a.get("w:styleId").is_some_and(|s| s == style));
        at.and_then(|at| styles[at..].iter().find(|(n, _)| n == "w:sz")).map(|(_, a)| a["w:val"].clone())
    };
    for (style, half_points) in [("Agency", "44"), ("Footer", "28")] {
        if sizes(style).as_deref() != Some(half_points) {
            out.push(format!("{style}的字号不是{half_points}个半磅"));
        }
    }
    if all["word/styles.xml"].iter().find(|(n, _)| n == "w:sz").is_none_or(|(_, a)| a["w:val"] != "32") {
        out.push("正文不是3号字".into());
    }
}

fn label(parts: &Parts, all: &BTreeMap<&str, Tags>, draft: bool, out: &mut Vec<String>) {
    let headers: Vec<&str> = all["word/document.xml"]
        .iter()
        .filter(|(n, _)| n == "w:headerReference")
        .map(|(_, a)| a["w:type"].as_str())
        .collect();
    let visible = parts
        .get("word/header1.xml")
        .is_some_and(|h| h.contains("本文稿由人工智能辅助生成，未经人工审核签发，不具法律效力"));
    let property = parts.get("docProps/custom.xml").map(String::as_str).unwrap_or_default();
    let hidden = property.contains("name=\"AIGC\"")
        && ["Label", "ContentProducer", "ProduceID"].iter().all(|k| property.contains(k));
    if draft {
        if !visible || headers != ["default", "even"] {
            out.push("草稿没有显式标识".into());
        }
        if !hidden {
            out.push("草稿没有元数据标识".into());
        }
    } else if visible || hidden || !headers.is_empty() {
        out.push("签发稿仍带草稿标识".into());
    }
}
