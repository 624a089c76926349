//! What a question has in common with the title of a law and with the heading an article stands under, and whether it asks for
//! what the article gives: a sanction, a permission or a duty.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use super::features::longest_run;
use super::overlap::{neighbours, sentences};

pub const NAMES: [&str; 7] = [
    "title_covered",   // share of the title's pairs that the question holds
    "title_run",       // longest run shared with the title, by the length of the title
    "heading_covered", // share of the heading's pairs that the question holds
    "asks_penalty",    // 1 when the article and what is asked agree on a sanction, or both have none; else -1
    "asks_liability",  // the same of the heading (法律责任, 罚则)
    "asks_permission", //
    "asks_duty",       //
];

static PENALTY: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new("处罚|罚款|惩罚|法律责任|制裁|后果|判|刑|处理|违法|犯罪|责任").ok());
static PERMISSION: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("权利|有权|可以|是否|能").ok());
static DUTY: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("应当|应该|必须|需要|义务|如何|怎么|措施").ok());
static LIABILITY: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("罚则|处罚|责任").ok());

fn says(pattern: &Option<Regex>, text: &str) -> bool {
    pattern.as_ref().is_some_and(|p| p.is_match(text))
}

/// A question as far as it is compared with headings.
pub struct Asked {
    letters: Vec<char>,
    pairs: HashSet<[char; 2]>,
    penalty: bool,
    permission: bool,
    duty: bool,
}

impl Asked {
    pub fn new(query: &str) -> Self {
        let (_, asks) = sentences(query);
        Self {
            letters: query.chars().collect(),
            pairs: neighbours(query).collect(),
            penalty: says(&PENALTY, asks),
            permission: says(&PERMISSION, asks),
            duty: says(&DUTY, asks),
        }
    }

    /// Share of a title's or heading's pairs that the question holds.
    pub fn covered(&self, title: &str) -> f32 {
        let pairs: HashSet<[char; 2]> = neighbours(title).collect();
        pairs.intersection(&self.pairs).count() as f32 / pairs.len().max(1) as f32
    }

    /// Longest run shared with a title, by its length.
    pub fn run(&self, title: &str) -> f32 {
        let title: Vec<char> = title.chars().collect();
        f32::from(longest_run(&self.letters, &title)) / title.len().max(1) as f32
    }

    /// Whether the article gives what is asked for: its cues as in `features::CUES`, and its heading.
    pub fn agrees(&self, cues: &[bool], heading: &str) -> [f32; 4] {
        let same = |asked: bool, given: bool| if asked == given { 1.0 } else { -1.0 };
        let cue = |at: usize| cues.get(at).copied().unwrap_or_default();
        [
            same(self.penalty, cue(0)),
            same(self.penalty, says(&LIABILITY, heading)),
            same(self.permission, cue(3)),
            same(self.duty, cue(2)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_in_the_question_is_covered() {
        let asked = Asked::new("某体育场馆没有许可证。主管部门可以如何处罚？");
        assert_eq!(asked.covered("体育场馆"), 1.0);
        assert!(asked.covered("民办教育促进法") < 0.1);
        assert_eq!(asked.run("体育法"), 2.0 / 3.0);
        assert_eq!(asked.agrees(&[true, false, false, true, false, false], "法律责任"), [1.0, 1.0, 1.0, -1.0]);
    }
}
