//! The course of a class: 等候 → 作答 → 截止 → 逐步公布 → … → 结束. One table of moves; a move names the position it was made from, so
//! that a click that comes twice moves once.

use serde::{Deserialize, Serialize};

use super::QuestionKind;
use crate::domain::penalty::vocabulary;

vocabulary! {
    /// Where a class stands. The four from `facts` on are the steps a case is revealed in, `answer` the one of other questions.
    Stage {
        Waiting = "waiting", "等候加入";
        Answering = "answering", "正在作答";
        Closed = "closed", "已截止";
        Answer = "answer", "公布答案";
        Facts = "facts", "公布要件与因素";
        Articles = "articles", "公布条款";
        Tier = "tier", "公布阶次与种类";
        Amount = "amount", "公布数额与实际决定";
        Ended = "ended", "已结束";
    }
}

vocabulary! {
    Move {
        Start = "start", "开始";
        Close = "close", "截止作答";
        Reveal = "reveal", "公布下一步";
        Next = "next", "下一题";
        End = "end", "结束研讨";
    }
}

/// A question (from 0) and the stage it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    pub question: usize,
    pub stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoveError {
    #[error("现在是“{}”，不能“{}”", .0.zh(), .1.zh())]
    NotNow(Stage, Move),
    #[error("已经是最后一题，请结束研讨")]
    NoMore,
}

impl MoveError {
    pub fn code(self) -> &'static str {
        match self {
            Self::NotNow(..) => "workshop.not_now",
            Self::NoMore => "workshop.no_more",
        }
    }
}

/// The steps in which a question is revealed.
pub fn steps(kind: QuestionKind) -> &'static [Stage] {
    match kind {
        QuestionKind::Case => &[Stage::Facts, Stage::Articles, Stage::Tier, Stage::Amount],
        _ => &[Stage::Answer],
    }
}

impl Position {
    pub const START: Self = Self { question: 0, stage: Stage::Waiting };

    /// Where the move leads.
    pub fn after(self, step: Move, kinds: &[QuestionKind]) -> Result<Self, MoveError> {
        let to = |stage| Ok(Self { stage, ..self });
        let not_now = Err(MoveError::NotNow(self.stage, step));
        let Some(kind) = kinds.get(self.question) else { return not_now };
        match (step, self.stage) {
            (_, Stage::Ended) => not_now,
            (Move::End, _) => to(Stage::Ended),
            (Move::Start, Stage::Waiting) => to(Stage::Answering),
            (Move::Close, Stage::Answering) => to(Stage::Closed),
            (Move::Reveal, Stage::Closed) => to(steps(*kind)[0]),
            (Move::Reveal, now) => {
                let steps = steps(*kind);
                let place = steps.iter().position(|s| *s == now);
                place.and_then(|p| steps.get(p + 1)).map_or(not_now, |next| to(*next))
            }
            (Move::Next, Stage::Waiting | Stage::Answering) => not_now,
            (Move::Next, _) if self.question + 1 >= kinds.len() => Err(MoveError::NoMore),
            (Move::Next, _) => Ok(Self { question: self.question + 1, stage: Stage::Answering }),
            _ => not_now,
        }
    }

    /// What may be done now.
    pub fn moves(self, kinds: &[QuestionKind]) -> Vec<Move> {
        Move::ALL.iter().copied().filter(|m| self.after(*m, kinds).is_ok()).collect()
    }

    /// Whether that step of that question is open to the class. A question that was left behind is open whole, as are all that were
    /// reached once the class has ended.
    pub fn has_revealed(self, question: usize, step: Stage, kind: QuestionKind) -> bool {
        let place = |stage| steps(kind).iter().position(|s| *s == stage);
        match self.stage {
            Stage::Waiting => false,
            _ if question > self.question => false,
            Stage::Ended => true,
            _ if question < self.question => true,
            now => place(now).zip(place(step)).is_some_and(|(now, step)| step <= now),
        }
    }

    /// Whether all of a question is open: only then scores are shown.
    pub fn has_revealed_all(self, question: usize, kind: QuestionKind) -> bool {
        steps(kind).last().is_some_and(|last| self.has_revealed(question, *last, kind))
    }

    /// Whether answers to that question count now.
    pub fn takes(self, question: usize) -> bool {
        self.stage == Stage::Answering && self.question == question
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: &[QuestionKind] = &[QuestionKind::Single, QuestionKind::Case];

    #[test]
    fn a_class_goes_its_course_and_no_other() {
        let mut at = Position::START;
        for (step, question, stage) in [
            (Move::Start, 0, Stage::Answering),
            (Move::Close, 0, Stage::Closed),
            (Move::Reveal, 0, Stage::Answer),
            (Move::Next, 1, Stage::Answering),
            (Move::Close, 1, Stage::Closed),
            (Move::Reveal, 1, Stage::Facts),
            (Move::Reveal, 1, Stage::Articles),
            (Move::Reveal, 1, Stage::Tier),
            (Move::Reveal, 1, Stage::Amount),
            (Move::End, 1, Stage::Ended),
        ] {
            let allowed = at.moves(KINDS);
            assert!(allowed.contains(&step), "{at:?} {allowed:?}");
            at = at.after(step, KINDS).unwrap();
            assert_eq!(at, Position { question, stage });
        }
        assert!(at.moves(KINDS).is_empty());
        let last = Position { question: 1, stage: Stage::Amount };
        assert_eq!(last.after(Move::Next, KINDS), Err(MoveError::NoMore));
        assert_eq!(last.after(Move::Reveal, KINDS).unwrap_err().code(), "workshop.not_now");
        let open = Position { question: 0, stage: Stage::Answering };
        assert!(open.after(Move::Next, KINDS).is_err() && open.after(Move::Reveal, KINDS).is_err());
        assert!(Position { question: 9, stage: Stage::Closed }.moves(KINDS).is_empty());
    }

    #[test]
    fn what_is_revealed_follows_the_position() {
        let at = Position { question: 1, stage: Stage::Articles };
        let open = |q, s, k| at.has_revealed(q, s, k);
        assert!(open(1, Stage::Facts, QuestionKind::Case) && open(1, Stage::Articles, QuestionKind::Case));
        assert!(!open(1, Stage::Tier, QuestionKind::Case) && !open(1, Stage::Amount, QuestionKind::Case));
        assert!(open(0, Stage::Answer, QuestionKind::Single), "left behind");
        assert!(!open(2, Stage::Answer, QuestionKind::Single), "not reached");
        for stage in [Stage::Waiting, Stage::Answering, Stage::Closed] {
            assert!(!Position { question: 0, stage }.has_revealed(0, Stage::Facts, QuestionKind::Case));
        }
    }
}
