//! 文号: `安教体罚决字〔2026〕第2号` (documents.md §0). Hexagonal brackets U+3014/U+3015, number from 1, never zero-padded.

use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

/// 代字 in use, one per kind of document.
pub const CODES: &[&str] =
    &["立", "责改", "罚告", "听告", "法审", "罚决", "当罚", "不罚", "许决", "不许", "强", "检", "送", "结"];

/// A document number, checked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DocNo {
    /// 机关代字, e.g. `安教体`.
    pub prefix: String,
    /// 文种代字, one of [`CODES`].
    pub code: String,
    pub year: i16,
    pub number: u32,
    /// `第2号` as law-enforcement documents write it, or `2号` as GB/T 9704 has it.
    pub with_di: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocNoError {
    #[error("文号“{0}”格式不对，应如“安教体罚决字〔2026〕第2号”：六角括号，年份四位，序号从1起、不补零")]
    Malformed(String),
    #[error("文号的文种代字“{0}”不在册，可用：{list}", list = CODES.join("、"))]
    UnknownCode(String),
    #[error("文号年份{0}不对，应在2000至2099之间")]
    Year(i16),
    #[error("文号序号应从1起")]
    Zero,
    #[error("机关代字“{0}”不对，应为一至八个汉字")]
    Prefix(String),
}

impl DocNoError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "doc_no.malformed",
            Self::UnknownCode(_) => "doc_no.unknown_code",
            Self::Year(_) => "doc_no.year",
            Self::Zero => "doc_no.zero",
            Self::Prefix(_) => "doc_no.prefix",
        }
    }
}

static SHAPE: LazyLock<Regex> = LazyLock::new(|| {
    let shape = format!(r"^(\p{{Han}}{{1,8}}?)({})字〔(20\d{{2}})〕(第?)([1-9]\d{{0,8}})号$", CODES.join("|"));
    Regex::new(&shape).expect("the pattern is valid")
});

impl DocNo {
    pub fn new(prefix: &str, code: &str, year: i16, number: u32, with_di: bool) -> Result<Self, DocNoError> {
        if !CODES.contains(&code) {
            return Err(DocNoError::UnknownCode(code.into()));
        }
        if !(2000..=2099).contains(&year) {
            return Err(DocNoError::Year(year));
        }
        if number == 0 {
            return Err(DocNoError::Zero);
        }
        let made = Self { prefix: prefix.into(), code: code.into(), year, number, with_di };
        // What is formatted must read back the same; an ambiguous prefix (`安教体不` + `罚…`) would not.
        match Self::parse(&made.to_string(), prefix) {
            Ok(back) if back == made => Ok(made),
            _ => Err(DocNoError::Prefix(prefix.into())),
        }
    }

    /// Reads a number of this agency; another agency's prefix is refused.
    pub fn parse(text: &str, prefix: &str) -> Result<Self, DocNoError> {
        let made = Self::read(text)?;
        if made.prefix == prefix { Ok(made) } else { Err(DocNoError::Malformed(text.chars().take(40).collect())) }
    }

    /// Reads a number of any agency.
    pub fn read(text: &str) -> Result<Self, DocNoError> {
        let malformed = || DocNoError::Malformed(text.chars().take(40).collect());
        let found = SHAPE.captures(text).ok_or_else(malformed)?;
        Ok(Self {
            prefix: found[1].into(),
            code: found[2].into(),
            year: found[3].parse().map_err(|_| malformed())?,
            number: found[5].parse().map_err(|_| malformed())?,
            with_di: !found[4].is_empty(),
        })
    }
}

impl std::fmt::Display for DocNo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let di = if self.with_di { "第" } else { "" };
        write!(f, "{}{}字〔{}〕{di}{}号", self.prefix, self.code, self.year, self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_survives_the_round_trip() {
        for code in CODES {
            for with_di in [true, false] {
                let no = DocNo::new("安教体", code, 2026, 12, with_di).unwrap();
                assert_eq!(DocNo::parse(&no.to_string(), "安教体").unwrap(), no);
            }
        }
        assert_eq!(DocNo::new("安教体", "罚决", 2026, 2, true).unwrap().to_string(), "安教体罚决字〔2026〕第2号");
        assert_eq!(DocNo::new("安教体", "罚决", 2026, 2, false).unwrap().to_string(), "安教体罚决字〔2026〕2号");
    }

    #[test]
    fn wrong_numbers_are_refused() {
        for text in [
            "安教体罚决字[2026]第2号",
            "安教体罚决字（2026）第2号",
            "安教体罚决字〔2026〕第02号",
            "安教体罚决字〔2026〕第0号",
            "安教体罚决字〔1999〕第2号",
            "安教体罚字〔2026〕第2号",
            "安教体罚决字〔2026〕第2号 ",
            "潭县教罚决字〔2026〕第2号",
            "安教体罚决字〔2026〕第99999999999号",
        ] {
            assert!(DocNo::parse(text, "安教体").is_err(), "{text}");
        }
        assert_eq!(DocNo::new("安教体", "罚决", 2026, 0, true), Err(DocNoError::Zero));
        assert_eq!(DocNo::new("", "罚决", 2026, 1, true), Err(DocNoError::Prefix("".into())));
        assert!(DocNo::new("安教体", "罚", 2026, 1, true).is_err());
    }
}
