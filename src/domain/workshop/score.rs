//! 评分: pure, explained part by part. In tenths of a point, so that no sum depends on rounding twice.

use serde::{Deserialize, Serialize};

use super::{Answer, Question, QuestionKind, score_case};
use crate::domain::money::Fen;
use crate::domain::penalty::vocabulary;

vocabulary! {
    /// How a part came out.
    Verdict {
        Right = "right", "正确";
        Partly = "partly", "部分正确";
        Wrong = "wrong", "有误";
        /// Told, not counted.
        Told = "told", "供参考";
    }
}

/// One part of a score with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    pub code: &'static str,
    pub zh: &'static str,
    pub verdict: Verdict,
    /// Tenths of a point.
    pub got: u32,
    pub of: u32,
    pub text: String,
}

/// The score of one answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Score {
    pub got: u32,
    pub of: u32,
    pub parts: Vec<Part>,
}

impl Score {
    /// `7.5`
    pub fn shown(tenths: u32) -> String {
        match tenths % 10 {
            0 => (tenths / 10).to_string(),
            part => format!("{}.{part}", tenths / 10),
        }
    }
}

/// What the class did in this question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Peers {
    /// Answers with a fine.
    pub fined: usize,
    pub median_fen: Option<Fen>,
}

impl Peers {
    pub fn of<'a>(answers: impl IntoIterator<Item = &'a Answer>) -> Self {
        let mut sums: Vec<Fen> = answers.into_iter().filter_map(|a| a.fine_fen).collect();
        sums.sort();
        Self { fined: sums.len(), median_fen: median(&sums) }
    }
}

/// The middle of sorted sums, in whole 分.
pub fn median(sorted: &[Fen]) -> Option<Fen> {
    let n = sorted.len();
    let (low, high) = (sorted.get(n.checked_sub(1)? / 2)?, sorted.get(n / 2)?);
    Some(Fen(low.0 + (high.0 - low.0) / 2))
}

/// The score of an answer; no answer scores nothing.
pub fn score(question: &Question, answer: Option<&Answer>, peers: Peers) -> Score {
    let of = question.points * 10;
    let Some(answer) = answer else {
        let text = "没有作答".into();
        let part = Part { code: "answer", zh: "作答", verdict: Verdict::Wrong, got: 0, of, text };
        return Score { got: 0, of, parts: vec![part] };
    };
    match &question.case {
        Some(case) => score_case::score(case, question.points, answer, peers),
        None => closed(question, answer),
    }
}

/// 单选、判断: all or nothing. 多选: everything right counts whole, some right and none wrong counts half.
fn closed(question: &Question, answer: &Answer) -> Score {
    let of = question.points * 10;
    let missing: Vec<usize> = question.answer.iter().filter(|a| !answer.choices.contains(a)).copied().collect();
    let extra: Vec<usize> = answer.choices.iter().filter(|c| !question.answer.contains(c)).copied().collect();
    let half = question.kind == QuestionKind::Multiple && extra.is_empty() && !answer.choices.is_empty();
    let (verdict, got) = match (missing.is_empty() && extra.is_empty(), half) {
        (true, _) => (Verdict::Right, of),
        (false, true) => (Verdict::Partly, of / 2),
        (false, false) => (Verdict::Wrong, 0),
    };
    let letters = |places: &[usize]| places.iter().map(|p| letter(question.kind, *p)).collect::<Vec<_>>().join("、");
    let mut text = format!("答案是{}", letters(&question.answer));
    if verdict != Verdict::Right {
        text.push_str(&format!("，您选{}", letters(&answer.choices)));
        if question.kind == QuestionKind::Multiple && !missing.is_empty() {
            text.push_str(&format!("；漏选{}", letters(&missing)));
        }
        if question.kind == QuestionKind::Multiple && !extra.is_empty() {
            text.push_str(&format!("；错选{}", letters(&extra)));
        }
    }
    if half && verdict == Verdict::Partly {
        text.push_str("（选对但不全，得一半分）");
    }
    let part = Part { code: "choices", zh: "选择", verdict, got, of, text };
    Score { got, of, parts: vec![part] }
}

/// `A`, or `对` in a 判断.
pub fn letter(kind: QuestionKind, place: usize) -> String {
    match (kind, place) {
        (QuestionKind::Judgement, 0) => "对".into(),
        (QuestionKind::Judgement, _) => "错".into(),
        (_, p) => u8::try_from(p).ok().filter(|p| *p < 26).map_or("?".into(), |p| char::from(b'A' + p).to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn multiple() -> Question {
        Question {
            kind: QuestionKind::Multiple,
            stem: "题".into(),
            options: ["甲", "乙", "丙", "丁"].map(String::from).to_vec(),
            answer: vec![0, 2],
            points: 5,
            explanation: String::new(),
            basis: String::new(),
            case: None,
        }
    }

    fn chosen(choices: &[usize]) -> Answer {
        Answer { choices: choices.to_vec(), ..Answer::default() }
    }

    #[test]
    fn some_right_and_none_wrong_is_half() {
        let told = |c: &[usize]| {
            let s = score(&multiple(), Some(&chosen(c)), Peers::default());
            (s.got, s.of, s.parts[0].text.clone())
        };
        assert_eq!(told(&[0, 2]), (50, 50, "答案是A、C".into()));
        assert_eq!(told(&[0]), (25, 50, "答案是A、C，您选A；漏选C（选对但不全，得一半分）".into()));
        assert_eq!(told(&[0, 1]), (0, 50, "答案是A、C，您选A、B；漏选C；错选B".into()));
        assert_eq!(score(&multiple(), None, Peers::default()).got, 0);
        assert_eq!(Score::shown(25), "2.5");
    }

    #[test]
    fn the_median_is_of_what_was_fined() {
        let fined = |f: i64| Answer { fine_fen: Some(Fen(f)), ..Answer::default() };
        let peers = Peers::of(&[fined(300), fined(100), Answer::default(), fined(200), fined(800)]);
        assert_eq!(peers, Peers { fined: 4, median_fen: Some(Fen(250)) });
        assert_eq!(Peers::of(&[]).median_fen, None);
    }
}
