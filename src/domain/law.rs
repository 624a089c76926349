//! 法律: identity of a provision and its citation in Chinese. Text lives in `corpus`; here are only names and numbers.

use std::fmt;
use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;
use serde::{Deserialize, Serialize};

use super::numerals::to_han;

/// 效力层级 (glossary).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LawLevel {
    Constitution,
    Statute,
    AdminRegulation,
    JudicialInterpretation,
    LocalRegulation,
    MinistryRule,
    GovRule,
    NormativeDoc,
}

impl LawLevel {
    pub fn zh(self) -> &'static str {
        match self {
            Self::Constitution => "宪法",
            Self::Statute => "法律",
            Self::AdminRegulation => "行政法规",
            Self::JudicialInterpretation => "司法解释",
            Self::LocalRegulation => "地方性法规",
            Self::MinistryRule => "部门规章",
            Self::GovRule => "政府规章",
            Self::NormativeDoc => "规范性文件",
        }
    }
}

/// 效力 of one version of a law on one day. `Unknown` is an honest answer: dates are missing or the version held starts later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Validity {
    InForce,
    NotYetInForce,
    Repealed,
    Unknown,
}

impl Validity {
    pub fn zh(self) -> &'static str {
        match self {
            Self::InForce => "有效",
            Self::NotYetInForce => "尚未施行",
            Self::Repealed => "已废止",
            Self::Unknown => "效力不明",
        }
    }
}

/// 条、款、项 of one law. `paragraph` and `items` count from 1; 0 or empty means the whole article.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Provision {
    /// Full title, e.g. `中华人民共和国民办教育促进法`.
    pub law: String,
    pub article: u32,
    #[serde(default)]
    pub paragraph: u32,
    #[serde(default)]
    pub items: Vec<u32>,
}

impl Provision {
    pub fn new(law: impl Into<String>, article: u32) -> Self {
        Self { law: law.into(), article, paragraph: 0, items: vec![] }
    }

    /// `第六十四条第一款第三项` without the law's name.
    pub fn number_zh(&self) -> String {
        let mut out = format!("第{}条", to_han(self.article));
        if self.paragraph > 0 {
            out.push_str(&format!("第{}款", to_han(self.paragraph)));
        }
        if !self.items.is_empty() {
            let items: Vec<String> = self.items.iter().map(|i| format!("第{}项", to_han(*i))).collect();
            out.push_str(&items.join("、"));
        }
        out
    }
}

/// The full citation: `《中华人民共和国民办教育促进法》第六十四条第一款`.
impl fmt::Display for Provision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "《{}》{}", self.law, self.number_zh())
    }
}

/// A basis as rule files note it, written out for a document: `行政处罚法32(一)` becomes
/// `《中华人民共和国行政处罚法》第三十二条第一项`. Anything else keeps its words, with the brackets of Chinese text.
pub fn formal(basis: &str) -> String {
    static SHORT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^(\p{Han}+法)(\d{1,4})([①-⑳])?(?:\(([一二三四五六七八九十]{1,3})\))?(?:前句|后句)?$")
            .expect("valid")
    });
    let Some(whole) = SHORT.captures(basis.trim()) else { return basis.replace('(', "（").replace(')', "）") };
    let article = whole[2].parse().unwrap_or_default();
    let law = &whole[1];
    let nation = if law.starts_with("中华人民共和国") { "" } else { "中华人民共和国" };
    let paragraph = whole.get(3).and_then(|m| m.as_str().chars().next()).map_or(0, |c| c as u32 - '①' as u32 + 1);
    let provision = Provision { law: format!("{nation}{law}"), article, paragraph, items: vec![] };
    let item = whole.get(4).map_or_else(String::new, |m| format!("第{}项", m.as_str()));
    format!("{provision}{item}")
}

/// The stable id of an article version: `law title@施行日`, e.g. `民办教育促进法@2018-12-29`; the date part is `unknown` when
/// the source gives none.
pub fn version_id(law: &str, effective_from: Option<Date>) -> String {
    let short = law.strip_prefix("中华人民共和国").unwrap_or(law);
    match effective_from {
        Some(date) => format!("{short}@{date}"),
        None => format!("{short}@unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn citation_uses_chinese_numerals() {
        let p =
            Provision { law: "中华人民共和国行政处罚法".into(), article: 33, paragraph: 1, items: vec![] };
        assert_eq!(p.to_string(), "《中华人民共和国行政处罚法》第三十三条第一款");
        let p = Provision { law: "某法".into(), article: 62, paragraph: 1, items: vec![3, 4] };
        assert_eq!(p.number_zh(), "第六十二条第一款第三项、第四项");
    }

    #[test]
    fn a_short_basis_is_written_out_and_anything_else_keeps_its_words() {
        for (short, written) in [
            ("行政处罚法32(一)", "《中华人民共和国行政处罚法》第三十二条第一项"),
            ("行政处罚法33①后句", "《中华人民共和国行政处罚法》第三十三条第一款"),
            ("行政处罚法30", "《中华人民共和国行政处罚法》第三十条"),
            ("工作方案二(三)2", "工作方案二（三）2"),
            ("行政处罚法44、45", "行政处罚法44、45"),
            ("", ""),
        ] {
            assert_eq!(super::formal(short), written);
        }
    }
}
