//! 核验: a passage leaves the model's hands only when every sentence is covered by its material and no value stands bare.

use serde::{Deserialize, Serialize};

use super::lexicon::Lexicon;
use super::paraphrase::{Material, matches};
use super::placeholder::{Segment, Values, segments};
use crate::domain::numerals::is_numeral;

/// Why a sentence was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "code", content = "detail")]
pub enum Defect {
    Empty,
    /// No final `。`: the model was cut off.
    Unfinished,
    /// A broken or unknown marker.
    Marker(String),
    /// A figure, date or article number that the model wrote itself.
    BareNumber(String),
    /// Latin letters, brackets or markdown.
    Foreign(String),
    Banned(String),
    /// Says something its material does not, or leaves out what must stay.
    NotCovered,
}

impl Defect {
    pub fn zh(&self) -> String {
        match self {
            Self::Empty => "没有写出内容".into(),
            Self::Unfinished => "句子没有写完".into(),
            Self::Marker(m) => format!("占位符有误：{m}"),
            Self::BareNumber(n) => format!("出现裸数字“{n}”"),
            Self::Foreign(c) => format!("出现不应有的字符“{c}”"),
            Self::Banned(b) => format!("出现禁用语“{b}”"),
            Self::NotCovered => "超出要点，或者遗漏了要点中不得省略的内容".into(),
        }
    }
}

/// Checks one sentence (a template) against the material it was written from.
pub fn sentence(text: &str, material: &Material, values: &Values, lexicon: &Lexicon) -> Vec<Defect> {
    let mut defects = Vec::new();
    if text.trim().is_empty() {
        return vec![Defect::Empty];
    }
    if !text.ends_with('。') {
        defects.push(Defect::Unfinished);
    }
    let parts = match segments(text) {
        Ok(parts) => parts,
        Err(e) => return vec![Defect::Marker(e.to_string())],
    };
    let source: String = material.chars().collect();
    for part in &parts {
        match part {
            Segment::Slot(name) if values.get(name).is_none() => defects.push(Defect::Marker((*name).to_string())),
            Segment::Slot(_) => {}
            Segment::Text(prose) => {
                if let Some(number) = bare_number(prose, &source) {
                    defects.push(Defect::BareNumber(number));
                }
                if let Some(c) =
                    prose.chars().find(|c| c.is_ascii_alphabetic() || "*#`<>[]{}|_$\\".contains(*c) || c.is_control())
                {
                    defects.push(Defect::Foreign(c.to_string()));
                }
            }
        }
    }
    defects.extend(lexicon.banned_in(text).into_iter().map(Defect::Banned));
    if defects.is_empty() && !matches(text, material, lexicon).unwrap_or(false) {
        defects.push(Defect::NotCovered);
    }
    defects
}

/// A digit, or a Chinese numeral that is not part of a word of the material (`统一`, `一次性`).
fn bare_number(prose: &str, source: &str) -> Option<String> {
    let chars: Vec<char> = prose.chars().collect();
    for (i, c) in chars.iter().enumerate() {
        if c.is_ascii_digit() || ('０'..='９').contains(c) || "①②③④⑤⑥⑦⑧⑨⑩%％‰".contains(*c) {
            return Some(c.to_string());
        }
        if is_numeral(*c) {
            let pair =
                |a: Option<&char>, b: Option<&char>| a.zip(b).is_some_and(|(a, b)| source.contains(&format!("{a}{b}")));
            let before = i.checked_sub(1).and_then(|k| chars.get(k));
            if !pair(before, Some(c)) && !pair(Some(c), chars.get(i + 1)) {
                return Some(c.to_string());
            }
        }
    }
    None
}

/// Values in a rendered text that occur in none of the texts they may come from: figures, dates, article numbers and
/// quotations are compared as runs. Independent of the markers, so that an error in them shows too.
pub fn unsupported(rendered: &str, supports: &[&str]) -> Vec<String> {
    let clean = |t: &str| t.chars().filter(|c| !c.is_whitespace() && *c != ',' && *c != '，').collect::<String>();
    let supports: Vec<String> = supports.iter().map(|s| clean(s)).collect();
    let mut out: Vec<String> = Vec::new();
    let mut run = String::new();
    let cleaned = rendered.chars().filter(|c| !c.is_whitespace() && *c != ',');
    for c in cleaned.chain(std::iter::once('\n')) {
        if c.is_ascii_digit() || (c == '.' && !run.is_empty()) || c.is_ascii_alphabetic() {
            run.push(c);
        } else if !run.is_empty() {
            let value = run.trim_end_matches('.').to_string();
            if !value.is_empty() && !supports.iter().any(|s| contains_run(s, &value)) && !out.contains(&value) {
                out.push(value);
            }
            run.clear();
        }
    }
    for quoted in quotations(rendered) {
        let value = clean(&quoted);
        if !supports.iter().any(|s| s.contains(&value)) && !out.contains(&quoted) {
            out.push(quoted);
        }
    }
    out
}

/// Whether `value` stands in `text` as a whole run, so that 46 is not supported by 46580.
fn contains_run(text: &str, value: &str) -> bool {
    text.match_indices(value).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + value.len()..].chars().next();
        let joins = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        !joins(before) && !joins(after)
    })
}

fn quotations(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    for (open, close) in [('“', '”'), ('《', '》')] {
        let mut rest = text;
        while let Some(start) = rest.find(open) {
            let body = &rest[start + open.len_utf8()..];
            let Some(end) = body.find(close) else { break };
            out.push(body[..end].to_string());
            rest = &body[end..];
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting() -> (Lexicon, Values) {
        let lexicon = Lexicon {
            connectives: vec!["经查".into()],
            function_chars: "的并".into(),
            keep: vec![],
            negations: "未不".into(),
            banned: vec!["情节恶劣".into()],
        };
        let mut values = Values::default();
        values.set("amt:金额1", "46580元", "facts.narrative[0..8]");
        (lexicon, values)
    }

    fn defects(source: &str, text: &str) -> Vec<Defect> {
        let (lexicon, values) = setting();
        sentence(text, &Material::parse(source, &lexicon).unwrap(), &values, &lexicon)
    }

    #[test]
    fn good_sentence_passes() {
        assert_eq!(defects("收取费用{{amt:金额1}}，一次性收取。", "经查，收取费用{{amt:金额1}}，一次性收取。"), vec![]);
    }

    #[test]
    fn each_kind_of_slip_is_named() {
        let source = "收取费用{{amt:金额1}}，由其统一收取。";
        assert_eq!(defects(source, ""), vec![Defect::Empty]);
        assert!(defects(source, "收取费用{{amt:金额1}}，由其统一收取").contains(&Defect::Unfinished));
        assert!(defects(source, "收取费用46580元。").contains(&Defect::BareNumber("4".into())));
        assert!(defects(source, "收取费用三万元。").contains(&Defect::BareNumber("三".into())));
        assert!(defects(source, "收取费用{{amt:金额7}}，由其统一收取。").contains(&Defect::Marker("amt:金额7".into())));
        assert!(
            defects(source, "收取费用{{amt:金额1}}，情节恶劣，由其统一收取。")
                .contains(&Defect::Banned("情节恶劣".into()))
        );
        assert!(defects(source, "**收取费用{{amt:金额1}}，由其统一收取。").contains(&Defect::Foreign("*".into())));
        assert!(defects(source, "收取费用{{amt:金额1}}，并拒不退还。").contains(&Defect::NotCovered));
    }

    #[test]
    fn unsupported_values_are_found_after_rendering() {
        let facts = "2024年3月4日收取培训费46,580元，招牌“云帆班”";
        assert!(unsupported("于2024年3月4日收取46580元", &[facts]).is_empty());
        assert_eq!(unsupported("收取46元", &[facts]), vec!["46"]);
        assert_eq!(unsupported("招牌“青禾班”，收取99999元", &[facts]), vec!["99999", "青禾班"]);
    }
}
