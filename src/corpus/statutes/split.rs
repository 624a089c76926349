//! 条 → 款 → 项 with byte offsets into the article's text.

use serde::Serialize;

use crate::domain::numerals;

/// A 款 or 项 inside an article; `start..end` are byte offsets into the article's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// 1-based number of the 款, or the number in （一） for a 项.
    pub number: u32,
    pub start: usize,
    pub end: usize,
    /// 项 of this 款.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Part>,
}

/// The 款 of an article. Lines that begin with （一） are 项 of the 款 above them; every other line is a 款 of its own.
pub fn paragraphs(text: &str) -> Vec<Part> {
    let mut out: Vec<Part> = Vec::new();
    let mut at = 0;
    for line in text.split('\n') {
        let (start, end) = (at, at + line.len());
        at = end + 1;
        if line.trim().is_empty() {
            continue;
        }
        match (item_number(line), out.last_mut()) {
            (Some(number), Some(paragraph)) => {
                paragraph.end = end;
                paragraph.items.push(Part { number, start, end, items: vec![] });
            }
            _ => out.push(Part { number: out.len() as u32 + 1, start, end, items: vec![] }),
        }
    }
    out
}

/// The number of `（一）…`.
fn item_number(line: &str) -> Option<u32> {
    let rest = line.trim_start().strip_prefix(['（', '('])?;
    let close = rest.find(['）', ')'])?;
    let inner = &rest[..close];
    (inner.chars().count() <= 4).then(|| numerals::parse(inner)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_and_items_have_exact_offsets() {
        let text = "应当从轻：\n（一）主动消除的；\n（十二）其他。\n前款规定除外。";
        let parts = paragraphs(text);
        assert_eq!(parts.len(), 2);
        assert_eq!(parts[0].items.iter().map(|i| i.number).collect::<Vec<_>>(), vec![1, 12]);
        assert_eq!(&text[parts[0].items[1].start..parts[0].items[1].end], "（十二）其他。");
        assert_eq!(&text[parts[1].start..parts[1].end], "前款规定除外。");
        assert_eq!(parts[1].number, 2);
    }

    #[test]
    fn brackets_in_running_text_are_no_items() {
        assert_eq!(paragraphs("（以下简称条例）适用本法。\n第二款。").len(), 2);
    }
}
