//! 研讨: exercises over the teaching cases and questions of the trainer's own. Pure: the set, the stages of a class, what a participant
//! may see, the score with its reasons, the spread of a class.
//!
//! What is right in a case comes from the assessment engine ([`key`]), never from this module; what the bureau decided stands beside it.

pub mod import;
pub mod key;
pub mod score;
mod score_case;
pub mod shown;
pub mod spread;
pub mod stage;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use self::key::CaseKey;
use super::money::{ABSURD_FEN, Fen};
use super::penalty::{EvidenceKind, PenaltyKind, Tier, vocabulary};

/// Most people in one class.
pub const MOST_PARTICIPANTS: usize = 300;
/// Most questions of one set.
pub const MOST_QUESTIONS: usize = 100;
/// Most discussion notes of one question.
pub const MOST_NOTES: usize = 200;
/// Lengths, in characters.
pub const LONGEST_NAME: usize = 20;
pub const LONGEST_TITLE: usize = 60;
pub const LONGEST_REASON: usize = 2_000;
pub const LONGEST_NOTE: usize = 2_000;
pub const LONGEST_STEM: usize = 2_000;
pub const LONGEST_OPTION: usize = 500;
pub const MOST_POINTS: u32 = 100;

vocabulary! {
    /// 题型.
    QuestionKind {
        Single = "single", "单选";
        Multiple = "multiple", "多选";
        Judgement = "judgement", "判断";
        Case = "case", "案例";
    }
}

vocabulary! {
    /// 难度, by the rule in [`Difficulty::of`](key::difficulty).
    Difficulty {
        Basic = "basic", "基础";
        Medium = "medium", "中等";
        Hard = "hard", "较难";
    }
}

/// A question with its key. Participants get [`shown::Shown`], which has none of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    pub kind: QuestionKind,
    pub stem: String,
    /// What is offered; empty for a case.
    pub options: Vec<String>,
    /// Places of the right options.
    pub answer: Vec<usize>,
    pub points: u32,
    /// 解析.
    pub explanation: String,
    /// 依据.
    pub basis: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<Box<CaseQuestion>>,
}

/// A teaching case as an exercise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseQuestion {
    /// Of the teaching case; nobody who answers sees it.
    pub case_id: String,
    pub violation: String,
    pub facts: ShownFacts,
    /// Citations to choose from: the right ones among neighbours.
    pub articles: Vec<String>,
    pub kinds: Vec<PenaltyKind>,
    pub factors: Vec<Named>,
    pub key: CaseKey,
}

/// What is told of a case: facts, and nothing that was made of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShownFacts {
    pub narrative: String,
    pub evidence: Vec<ShownEvidence>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShownEvidence {
    pub no: u32,
    pub kind: Option<EvidenceKind>,
    pub title: String,
    pub proves: String,
}

/// A code with its Chinese name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    pub code: String,
    pub zh: String,
}

/// A set of questions; not changed once it is made, so that a class and its results always mean the same questions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuestionSet {
    pub id: String,
    pub title: String,
    pub questions: Vec<Question>,
    /// Version of the rules the keys were made with.
    pub rules_version: String,
    pub created_at: String,
}

/// What somebody answered. Of a closed question only `choices` counts, of a case all the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Answer {
    pub choices: Vec<usize>,
    pub articles: Vec<usize>,
    pub tier: Option<Tier>,
    pub kinds: Vec<PenaltyKind>,
    pub fine_fen: Option<Fen>,
    pub factors: Vec<String>,
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    #[error("请选择答案")]
    Empty,
    #[error("只能选一项")]
    OnlyOne,
    #[error("选项不在本题之内")]
    NoSuchOption,
    #[error("请选择阶次")]
    NoTier,
    #[error("罚款数额应为零以上的整数分，不超过一千亿元")]
    Amount,
    #[error("填写了罚款数额，请同时勾选罚款")]
    AmountWithoutFine,
    #[error("勾选了罚款，请填写数额")]
    FineWithoutAmount,
    #[error("理由最长 {LONGEST_REASON} 字")]
    ReasonTooLong,
}

impl AnswerError {
    /// Field and stable code.
    pub fn code(&self) -> (&'static str, &'static str) {
        match self {
            Self::Empty => ("choices", "answer.empty"),
            Self::OnlyOne => ("choices", "answer.only_one"),
            Self::NoSuchOption => ("choices", "answer.no_such_option"),
            Self::NoTier => ("tier", "answer.no_tier"),
            Self::Amount => ("fine_fen", "answer.amount"),
            Self::AmountWithoutFine => ("fine_fen", "answer.amount_without_fine"),
            Self::FineWithoutAmount => ("fine_fen", "answer.fine_without_amount"),
            Self::ReasonTooLong => ("reason", "answer.reason_too_long"),
        }
    }
}

impl Answer {
    /// The answer in its one form for that question, or why it is none.
    pub fn to(self, question: &Question) -> Result<Self, AnswerError> {
        if self.reason.chars().count() > LONGEST_REASON {
            return Err(AnswerError::ReasonTooLong);
        }
        let reason = clean(&self.reason);
        let Some(case) = &question.case else {
            let choices = within(self.choices, question.options.len())?;
            return match (choices.len(), question.kind) {
                (0, _) => Err(AnswerError::Empty),
                (2.., QuestionKind::Single | QuestionKind::Judgement) => Err(AnswerError::OnlyOne),
                _ => Ok(Self { choices, reason, ..Self::default() }),
            };
        };
        let articles = within(self.articles, case.articles.len())?;
        let kinds: BTreeSet<PenaltyKind> = self.kinds.into_iter().collect();
        let factors: BTreeSet<String> = self.factors.into_iter().collect();
        let offered = |code: &String| case.factors.iter().any(|f| f.code == *code);
        if !kinds.iter().all(|k| case.kinds.contains(k)) || !factors.iter().all(offered) {
            return Err(AnswerError::NoSuchOption);
        }
        let tier = self.tier.ok_or(AnswerError::NoTier)?;
        if self.fine_fen.is_some_and(|f| !(0..=ABSURD_FEN).contains(&f.0)) {
            return Err(AnswerError::Amount);
        }
        let fine_fen = self.fine_fen.filter(|f| f.0 > 0);
        match (fine_fen.is_some(), kinds.contains(&PenaltyKind::Fine)) {
            (true, false) => return Err(AnswerError::AmountWithoutFine),
            (false, true) => return Err(AnswerError::FineWithoutAmount),
            _ => {}
        }
        Ok(Self {
            choices: vec![],
            articles,
            tier: Some(tier),
            kinds: kinds.into_iter().collect(),
            fine_fen,
            factors: factors.into_iter().collect(),
            reason,
        })
    }
}

/// Sorted, each once, all of them there.
fn within(places: Vec<usize>, of: usize) -> Result<Vec<usize>, AnswerError> {
    let places: BTreeSet<usize> = places.into_iter().collect();
    match places.iter().all(|p| *p < of) {
        true => Ok(places.into_iter().collect()),
        false => Err(AnswerError::NoSuchOption),
    }
}

/// Without control and invisible characters; line breaks stay.
pub fn clean(text: &str) -> String {
    let kept = |c: &char| {
        (!c.is_control() || *c == '\n')
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    text.trim().chars().filter(kept).collect()
}

/// One line of at least one visible character and at most `longest`.
pub fn one_line(text: &str, longest: usize) -> Option<String> {
    let text = clean(text).replace('\n', " ");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (1..=longest).contains(&text.chars().count()).then_some(text)
}

/// Letters and digits of a join code: none that looks like another when read from a wall (no 0 O 1 I L 2 Z 5 S 8 B U V).
pub const CODE_LETTERS: &[u8] = b"ACDEFGHJKMNPQRTWXY34679";
pub const CODE_LENGTH: usize = 6;

/// A code from random bytes; `None` when a byte would make some letters likelier than others.
pub fn code_from(bytes: &[u8]) -> Option<String> {
    let n = CODE_LETTERS.len();
    let even = bytes.iter().filter(|b| usize::from(**b) < 256 / n * n);
    let code: String = even.take(CODE_LENGTH).map(|b| char::from(CODE_LETTERS[usize::from(*b) % n])).collect();
    (code.len() == CODE_LENGTH).then_some(code)
}

/// A code as somebody typed it: lower case and blanks do not matter.
pub fn read_code(text: &str) -> Option<String> {
    let code: String =
        text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect::<String>().to_ascii_uppercase();
    (code.len() == CODE_LENGTH && code.bytes().all(|b| CODE_LETTERS.contains(&b))).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_only_letters_that_cannot_be_confused() {
        assert_eq!(code_from(&[0, 1, 2, 3, 4, 22]).as_deref(), Some("ACDEF9"));
        assert_eq!(code_from(&[255; 40]), None);
        assert_eq!(read_code(" acd-ef 9").as_deref(), Some("ACDEF9"));
        for wrong in ["", "ACDEF", "ACDEF0", "ACDEFO", "ACDEF99", "ＡＣＤＥＦ９"] {
            assert_eq!(read_code(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn names_are_one_visible_line() {
        assert_eq!(one_line("  张\u{200b}三 \n 李 ", LONGEST_NAME).as_deref(), Some("张三 李"));
        assert_eq!(one_line("\u{202e}\u{feff}  ", LONGEST_NAME), None);
        assert_eq!(one_line(&"长".repeat(21), LONGEST_NAME), None);
    }
}
