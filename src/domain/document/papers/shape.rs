//! The shape of a text that came without blocks: head, headings, items and seal are told by how the lines look.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::document::compose::{Content, clean};

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is valid")
}

static LEVEL1: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[一二三四五六七八九十]+、\S{1,24}$"));
static LEVEL2: LazyLock<Regex> = LazyLock::new(|| pattern(r"^（[一二三四五六七八九十]+）\S{1,24}$"));
static ITEM: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\d+\. "));
static NUMBER: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\S{2,20}字〔20\d{2}〕第?\S{1,10}号$"));
static PARTY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"^(当事人|法定代表人|负责人|经营者|证件号码|统一社会信用代码|出生日期|住址|地址|联系电话)：")
});
static DATE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^20\d{2}年\d{1,2}月\d{1,2}日$"));

/// Blocks of a plain text. The words are kept as they are.
pub fn blocks_of(text: &str, agency: &str, title: &str) -> Vec<Content> {
    let lines: Vec<String> = clean(text).lines().map(str::to_string).collect();
    let mut out = Vec::with_capacity(lines.len());
    let sealed = lines.len() >= 4 && lines[lines.len() - 2] == agency && DATE.is_match(&lines[lines.len() - 1]);
    let body = if sealed { lines.len() - 2 } else { lines.len() };
    for (i, line) in lines[..body].iter().enumerate() {
        let line = line.clone();
        out.push(if i == 0 && line == agency {
            Content::Agency(line)
        } else if i <= 1 && line == title {
            Content::Title(line)
        } else if i <= 2 && NUMBER.is_match(&line) {
            Content::DocNo(line)
        } else if PARTY.is_match(&line) && i < 12 {
            Content::Party(line)
        } else if LEVEL1.is_match(&line) {
            Content::Heading { level: 1, text: line }
        } else if LEVEL2.is_match(&line) {
            Content::Heading { level: 2, text: line }
        } else if ITEM.is_match(&line) {
            Content::Item(line)
        } else {
            Content::Paragraph(line)
        });
    }
    if sealed {
        out.push(Content::Seal { agency: lines[body].clone(), date: lines[body + 1].clone() });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::document::compose::text_of;

    #[test]
    fn the_words_stay_and_the_shape_is_found() {
        let text = "某某局\n行政处罚决定书\n某教罚决字〔2026〕第2号\n当事人：甲\n一、违法事实\n（一）经过\n正文。\n1. 罚款；\n某某局\n2026年3月5日\n";
        let blocks = blocks_of(text, "某某局", "行政处罚决定书");
        assert_eq!(text_of(blocks.iter()), text);
        assert!(matches!(blocks[2], Content::DocNo(_)) && matches!(blocks[4], Content::Heading { level: 1, .. }));
        assert!(matches!(blocks.last(), Some(Content::Seal { .. })));
        assert_eq!(blocks_of("只有一段", "某某局", "笔录"), vec![Content::Paragraph("只有一段".into())]);
    }
}
