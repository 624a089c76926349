//! Values a person wrote into a passage that nothing in the case supports: sums, dates, counts, articles, quotations, in digits
//! or in Chinese numerals. Names are another room's matter: it takes a dictionary to find them.

use super::placeholder::{Segment, segments};
use super::redact::Redactor;
use super::verify;
use crate::domain::case::Case;

/// What was found in a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Values that occur in none of the texts they may come from.
    pub unsupported: Vec<String>,
    /// The words between the values, without the case's own names: here other names may hide.
    pub prose: Vec<String>,
}

/// Looks for values; those the case lists as its own (parties, officers, addresses) are supported.
pub fn values(text: &str, case: &Case, supports: &[&str]) -> Found {
    let mut redactor = Redactor::new(case);
    let redacted = redactor.redact(text, OWN);
    let cleaned: Vec<String> = supports.iter().map(|s| bare(s)).collect();
    let mut unsupported = verify::unsupported(text, supports);
    for (_, value) in redactor.values.iter().filter(|(_, v)| v.source.starts_with(OWN)) {
        let known = cleaned.iter().any(|s| stands_in(s, &bare(&value.text)));
        let told = unsupported.iter().any(|u| value.text.contains(u.as_str()) || u.contains(value.text.as_str()));
        if !known && !told {
            unsupported.push(value.text.clone());
        }
    }
    let prose = segments(&redacted).unwrap_or_default().into_iter().filter_map(|part| match part {
        Segment::Text(prose) => Some(prose.to_string()),
        Segment::Slot(_) => None,
    });
    Found { unsupported, prose: prose.collect() }
}

/// Stands before the place of a value found in the text itself.
const OWN: &str = "text";

fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != ',' && *c != '，').collect()
}

/// As a whole: 三名 does not stand in 十三名, nor 46元 in 146元.
fn stands_in(text: &str, value: &str) -> bool {
    let numeral = |c: char| c.is_ascii_digit() || crate::domain::numerals::is_numeral(c);
    let begins = value.chars().next().is_some_and(numeral);
    let ends = value.chars().next_back().is_some_and(numeral);
    !value.is_empty()
        && text.match_indices(value).any(|(at, _)| {
            let before = text[..at].chars().next_back().is_some_and(numeral);
            let after = text[at + value.len()..].chars().next().is_some_and(numeral);
            !(begins && before || ends && after)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::case::Party;

    fn unsupported(text: &str) -> Vec<String> {
        let party = Party { name: Some("云岫市启明文化传播有限公司".into()), ..Party::default() };
        let facts = "2025年9月10日检查，教室4间，学生十三名，收取培训费46,580元。依据《民办教育促进法》第六十四条。";
        values(text, &Case { party, ..Case::default() }, &[facts]).unsupported
    }

    #[test]
    fn what_the_case_says_is_supported_and_nothing_else() {
        let fine =
            "2025年9月10日，云岫市启明文化传播有限公司收取46580元，学生十三名，依据《民办教育促进法》第六十四条。";
        assert_eq!(unsupported(fine), Vec::<String>::new());
        assert_eq!(unsupported("学生三名。"), ["三名"]);
        assert_eq!(unsupported("2025年9月11日检查。"), ["11"]);
        assert_eq!(unsupported("罚款九万元。"), ["九万元"]);
        assert_eq!(unsupported("依据《民办教育促进法》第六十二条。"), ["《民办教育促进法》第六十二条"]);
        assert_eq!(unsupported("悬挂“名师堂”招牌。"), ["名师堂"]);
    }

    #[test]
    fn the_prose_is_what_stands_between_the_values() {
        let found = values("王小明于2025年9月10日到场。", &Case::default(), &[]);
        assert_eq!(found.prose, ["王小明于", "到场。"]);
    }
}
