//! A whole set unattended: what the engine makes of each case, what was really decided, and what a class thought.

use serde::Serialize;

use super::{Wanted, answers_to};
use crate::domain::assessment::MoneyRange;
use crate::domain::money::Fen;
use crate::domain::penalty::{PenaltyKind, Tier};
use crate::domain::workshop::score::{Peers, score};
use crate::domain::workshop::spread::Spread;
use crate::domain::workshop::{Answer, CaseQuestion, Question};
use crate::error::{Class, Report, Result};
use crate::flow::{Flow, report};

/// What the engine says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Machine {
    pub result: &'static str,
    pub result_zh: &'static str,
    pub articles: Vec<String>,
    pub tier: Option<&'static str>,
    pub tier_zh: Option<&'static str>,
    pub required: Vec<&'static str>,
    pub ranges: Vec<MoneyRange>,
    pub suggested_fen: Option<MoneyRange>,
}

/// What was decided, and how the class of one it is would be scored.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decided {
    pub tier: Option<&'static str>,
    pub tier_zh: Option<&'static str>,
    pub kinds: Vec<&'static str>,
    pub fine_fen: Option<Fen>,
    pub outlier: Option<String>,
}

/// What a class thought.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Thought {
    pub answered: usize,
    /// Name and number of the tiers that were chosen.
    pub tiers: Vec<(String, usize)>,
    pub median_fen: Option<Fen>,
    /// Mean score in tenths of a point, and the most there is.
    pub mean: u32,
    pub of: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// From 1.
    pub question: usize,
    pub case_id: String,
    pub title: String,
    pub difficulty_zh: &'static str,
    pub machine: Machine,
    pub actual: Decided,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<Thought>,
    /// Where the decision departs from the engine; `unlawful` ones are outside the statutory range.
    pub differs: Vec<String>,
    pub unlawful: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compares {
    pub rules_version: String,
    pub cases: Vec<Compared>,
    /// Questions that are no cases: nothing is computed in them.
    pub others: usize,
    pub same_tier: usize,
    pub in_range: usize,
    pub in_suggested: usize,
    /// Decisions that have a fine.
    pub fined: usize,
}

impl Flow {
    /// The questions of the teaching cases that fit.
    pub fn workshop_questions(&self, wanted: &Wanted) -> Result<Vec<Question>> {
        let ids: Vec<String> = self.workshop_candidates(wanted)?.into_iter().map(|c| c.case_id).collect();
        let table = ids.iter().fold("题型,题干,答案\n".to_string(), |t, id| format!("{t}案例,,{id}\n"));
        Ok(self.read_questions(table.as_bytes())?.0.into_iter().map(|(_, q)| q).collect())
    }

    /// The questions of a class with the answers to each; for the machine's administrator, who asks from the command line.
    pub async fn class_for_machine(&self, id: &str) -> Result<(Vec<Question>, Vec<Vec<Answer>>)> {
        let reader = self.reader().await?;
        let none = || Report::new(Class::NotFound, "workshop.not_found", "没有这场研讨", id.to_string());
        let workshop = reader.workshop(id).await.map_err(report::store)?.ok_or_else(none)?;
        let answers = reader.workshop_answers(id, None).await.map_err(report::store)?;
        let set = self.set_of(&workshop.set_id).await?;
        let of = (0..set.questions.len()).map(|n| answers_to(&answers, n)).collect();
        Ok((set.questions.clone(), of))
    }

    /// Runs the set through the engine. `class` is what a class answered to questions of its own; they meet by case.
    pub fn run_set(&self, questions: &[Question], class: Option<&(Vec<Question>, Vec<Vec<Answer>>)>) -> Compares {
        let mut out = Compares {
            rules_version: self.book.version.clone(),
            cases: vec![],
            others: 0,
            same_tier: 0,
            in_range: 0,
            in_suggested: 0,
            fined: 0,
        };
        for (n, question) in questions.iter().enumerate() {
            let Some(case) = &question.case else {
                out.others += 1;
                continue;
            };
            let compared = compared(n + 1, question, case, class);
            let (key, fine) = (&case.key, case.key.actual.fine_fen);
            out.same_tier += usize::from(key.tier.is_some() && key.tier == key.actual.tier);
            out.fined += usize::from(fine.is_some());
            out.in_range += usize::from(fine.is_some_and(|f| key.ranges.iter().any(|r| r.contains(f))));
            out.in_suggested += usize::from(fine.zip(key.suggested).is_some_and(|(f, band)| band.contains(f)));
            out.cases.push(compared);
        }
        out
    }
}

fn compared(
    n: usize,
    question: &Question,
    case: &CaseQuestion,
    class: Option<&(Vec<Question>, Vec<Vec<Answer>>)>,
) -> Compared {
    let (key, actual) = (&case.key, &case.key.actual);
    let mut differs = vec![];
    if let (Some(machine), Some(decided)) = (key.tier, actual.tier)
        && machine != decided
    {
        differs.push(format!("阶次：机器{}，实际{}", machine.zh(), decided.zh()));
    }
    let lowered = key.may_mitigate && actual.tier == Some(Tier::Mitigated);
    let unlawful = actual.fine_fen.is_some_and(|f| {
        let inside = key.ranges.iter().any(|r| r.contains(f));
        let below = lowered && !key.ranges.is_empty() && key.ranges.iter().all(|r| f < r.lo);
        !(inside || below)
    });
    if let Some(fine) = actual.fine_fen {
        if unlawful {
            differs.push(format!("罚款{fine}不在法定幅度之内"));
        } else if key.suggested.is_some_and(|band| !band.contains(fine)) {
            differs.push(format!("罚款{fine}不在建议幅度之内"));
        }
    }
    let extra: Vec<&str> = actual.kinds.iter().filter(|k| !key.allowed.contains(k)).map(|k| k.zh()).collect();
    if !extra.is_empty() {
        differs.push(format!("种类：机器没有{}", extra.join("、")));
    }
    let missing: Vec<&str> = key.required.iter().filter(|k| !actual.kinds.contains(k)).map(|k| k.zh()).collect();
    if !missing.is_empty() {
        differs.push(format!("种类：实际没有{}", missing.join("、")));
    }
    Compared {
        question: n,
        case_id: case.case_id.clone(),
        title: actual.title.clone(),
        difficulty_zh: key.difficulty.zh(),
        machine: Machine {
            result: key.result.code(),
            result_zh: key.result.zh(),
            articles: key.articles.iter().filter_map(|p| case.articles.get(*p).cloned()).collect(),
            tier: key.tier.map(Tier::code),
            tier_zh: key.tier.map(Tier::zh),
            required: key.required.iter().map(|k| PenaltyKind::zh(*k)).collect(),
            ranges: key.ranges.clone(),
            suggested_fen: key.suggested,
        },
        actual: Decided {
            tier: actual.tier.map(Tier::code),
            tier_zh: actual.tier.map(Tier::zh),
            kinds: actual.kinds.iter().map(|k| PenaltyKind::zh(*k)).collect(),
            fine_fen: actual.fine_fen,
            outlier: actual.outlier.clone(),
        },
        class: class.and_then(|(questions, answers)| {
            let at = questions.iter().position(|q| q.case.as_ref().is_some_and(|c| c.case_id == case.case_id))?;
            thought(question, answers.get(at)?)
        }),
        differs,
        unlawful,
    }
}

fn thought(question: &Question, answers: &[Answer]) -> Option<Thought> {
    let spread = Spread::of(question, answers);
    let peers = Peers::default();
    let sum: u32 = answers.iter().map(|a| score(question, Some(a), peers).got).sum();
    let n = u32::try_from(answers.len()).ok().filter(|n| *n > 0)?;
    Some(Thought {
        answered: spread.answered,
        tiers: spread.tiers.into_iter().filter(|t| t.count > 0).map(|t| (t.label, t.count)).collect(),
        median_fen: spread.median_fen,
        mean: sum / n,
        of: question.points * 10,
    })
}
