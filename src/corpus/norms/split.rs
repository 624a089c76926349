//! A document → its numbered sections: 第X条 where it has them, else 一、（一） and headings, else paragraphs.

use std::sync::LazyLock;

use regex::Regex;

use super::Section;
use crate::corpus::statutes::parse_label;

/// One line and the level of heading it is by its style, 0 for plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub text: String,
    pub heading: u8,
}

const NUMERAL: &str = "[〇零一二三四五六七八九十百\\d]+";
static ARTICLE: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!("^(第{NUMERAL}条(?:之[一二三四五六七八九十])?)[\\s　:：]*(.*)$")));
static CHAPTER: LazyLock<Regex> = LazyLock::new(|| pattern(&format!("^第{NUMERAL}[章节编部分篇]+(?:[\\s　]|$)")));
static FIRST: LazyLock<Regex> = LazyLock::new(|| pattern("^([一二三四五六七八九十百]+)、\\s*(.*)$"));
static SECOND: LazyLock<Regex> = LazyLock::new(|| pattern("^[（(]([一二三四五六七八九十百]+)[）)]\\s*(.*)$"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is valid")
}

/// Text without numbers is cut into pieces of about this many characters.
const PIECE: usize = 500;

/// Where the numbered part begins: what stands before is head, with dates and document number.
pub fn begins(lines: &[Line]) -> usize {
    let numbered =
        |l: &Line| ARTICLE.is_match(&l.text) || CHAPTER.is_match(&l.text) || FIRST.is_match(&l.text) || l.heading > 0;
    lines.iter().position(numbered).unwrap_or(0)
}

/// The sections, and what is odd about their numbers.
pub fn split(lines: &[Line]) -> (Vec<Section>, Vec<String>) {
    let articles = lines.iter().filter(|l| ARTICLE.is_match(&l.text)).count();
    let outline = lines.iter().filter(|l| l.heading > 0 || FIRST.is_match(&l.text)).count();
    match (articles, outline) {
        (0, 0) => (pieces(lines), vec!["没有“第X条”“一、”或者标题，按段落切分".into()]),
        (0, _) => (by_outline(lines), vec![]),
        _ => by_article(lines),
    }
}

fn by_article(lines: &[Line]) -> (Vec<Section>, Vec<String>) {
    let (mut out, mut doubts): (Vec<Section>, Vec<String>) = (vec![], vec![]);
    let mut path = String::new();
    for line in lines {
        if CHAPTER.is_match(&line.text) || line.heading > 0 && !ARTICLE.is_match(&line.text) {
            path = line.text.clone();
        } else if let Some(found) = ARTICLE.captures(&line.text) {
            let number = parse_label(&found[1]).map_or(0, |n| n.0);
            let before = out.last().map_or(0, |s| s.article);
            if number != before && number != before + 1 {
                doubts.push(format!("{}之前是第{before}条，条号不连续", &found[1]));
            }
            let text = found[2].trim().to_string();
            out.push(Section { article: number, label: found[1].into(), path: path.clone(), text });
        } else if let Some(last) = out.last_mut() {
            append(&mut last.text, &line.text);
        }
    }
    (out, doubts)
}

fn by_outline(lines: &[Line]) -> Vec<Section> {
    let mut out: Vec<Section> = vec![];
    // Headings that are open, with their level and number.
    let mut open: Vec<(u8, String, String)> = vec![];
    for line in lines {
        let step = if line.heading > 0 {
            Some((line.heading, line.text.clone(), line.text.clone()))
        } else if let Some(found) = FIRST.captures(&line.text) {
            Some((20, format!("{}、", &found[1]), found[2].to_string()))
        } else {
            SECOND.captures(&line.text).map(|found| (21, format!("（{}）", &found[1]), found[2].to_string()))
        };
        let Some((level, number, title)) = step else {
            match out.last_mut() {
                Some(last) => append(&mut last.text, &line.text),
                None => {
                    out.push(Section {
                        article: 0,
                        label: "前言".into(),
                        path: String::new(),
                        text: line.text.clone(),
                    });
                }
            }
            continue;
        };
        open.retain(|o| o.0 < level);
        let path: Vec<&str> = open.iter().map(|o| o.2.as_str()).collect();
        let numbers: String = open.iter().filter(|o| o.0 >= 20).map(|o| o.1.as_str()).collect();
        // 一、（二） names a section; a heading names itself.
        let label = if level >= 20 { format!("{numbers}{number}") } else { number.clone() };
        out.push(Section { article: 0, label, path: path.join(" › "), text: title.clone() });
        open.push((level, number, title));
    }
    out
}

fn pieces(lines: &[Line]) -> Vec<Section> {
    let mut out: Vec<Section> = vec![];
    for (i, line) in lines.iter().enumerate() {
        match out.last_mut().filter(|s| s.text.chars().count() + line.text.chars().count() <= PIECE) {
            Some(last) => append(&mut last.text, &line.text),
            None => {
                let label = format!("第{}段", i + 1);
                out.push(Section { article: 0, label, path: String::new(), text: line.text.clone() });
            }
        }
    }
    out
}

fn append(text: &mut String, line: &str) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(line);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<Line> {
        text.lines().map(|l| Line { text: l.into(), heading: 0 }).collect()
    }

    #[test]
    fn articles_keep_their_items_and_gaps_are_told() {
        let (got, doubts) = split(&lines("第一章 总则\n第一条 为了规范。\n（一）甲；\n（二）乙。\n第三条　检查。"));
        assert_eq!(got.len(), 2);
        assert_eq!((got[0].article, got[0].path.as_str()), (1, "第一章 总则"));
        assert_eq!(got[0].text, "为了规范。\n（一）甲；\n（二）乙。");
        assert_eq!(doubts.len(), 1, "{doubts:?}");
    }

    #[test]
    fn an_outline_names_its_parts() {
        let (got, _) = split(&lines("一、检查前准备\n（一）两人以上。\n（二）出示证件。\n说明。\n二、检查"));
        let labels: Vec<&str> = got.iter().map(|s| s.label.as_str()).collect();
        assert_eq!(labels, ["一、", "一、（一）", "一、（二）", "二、"]);
        assert_eq!((got[2].path.as_str(), got[2].text.as_str()), ("检查前准备", "出示证件。\n说明。"));
    }
}
