//! What a participant sees. The only way from a question to somebody who answers: a question without its key, and the key in the
//! steps in which it is revealed.

use serde::Serialize;

use super::stage::{Position, Stage};
use super::{Question, ShownFacts};
use crate::domain::assessment::MoneyRange;
use crate::domain::money::Fen;
use crate::domain::penalty::{PenaltyKind, Tier};

/// A code with its name, as lists of choices have it.
pub type Pair = (&'static str, &'static str);

/// A question as it is put.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shown {
    pub kind: &'static str,
    pub kind_zh: &'static str,
    pub points: u32,
    pub stem: String,
    pub options: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<ShownCase>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ShownCase {
    pub facts: ShownFacts,
    pub articles: Vec<String>,
    pub tiers: Vec<Pair>,
    pub kinds: Vec<Pair>,
    pub factors: Vec<(String, String)>,
}

impl Shown {
    pub fn of(question: &Question) -> Self {
        let case = question.case.as_ref().map(|c| ShownCase {
            facts: c.facts.clone(),
            articles: c.articles.clone(),
            tiers: Tier::ALL.iter().map(|t| (t.code(), t.zh())).collect(),
            kinds: c.kinds.iter().map(|k| (k.code(), k.zh())).collect(),
            factors: c.factors.iter().map(|f| (f.code.clone(), f.zh.clone())).collect(),
        });
        Self {
            kind: question.kind.code(),
            kind_zh: question.kind.zh(),
            points: question.points,
            stem: question.stem.clone(),
            options: question.options.clone(),
            case,
        }
    }
}

/// What has been revealed of a question so far; each part is there from its step on.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Revealed {
    /// Of other questions than cases.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<RevealedAnswer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facts: Option<RevealedFacts>,
    /// Places of the right citations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub articles: Option<Vec<usize>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<RevealedTier>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<RevealedAmount>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RevealedAnswer {
    pub places: Vec<usize>,
    pub explanation: String,
    pub basis: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RevealedFacts {
    pub act: String,
    pub factors: Vec<String>,
    pub gains_fen: Option<Fen>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RevealedTier {
    pub result_zh: &'static str,
    pub tier_zh: Option<&'static str>,
    pub required: Vec<&'static str>,
    pub allowed: Vec<&'static str>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RevealedAmount {
    pub ranges: Vec<MoneyRange>,
    pub suggested: Option<MoneyRange>,
    pub actual_title: String,
    pub actual_tier_zh: Option<&'static str>,
    pub actual_kinds: Vec<&'static str>,
    pub actual_fine_fen: Option<Fen>,
    pub reasoning: Option<String>,
    pub outlier: Option<String>,
}

impl Revealed {
    /// What is open of question `n` where the class stands.
    pub fn of(question: &Question, n: usize, at: Position) -> Self {
        let open = |stage| at.has_revealed(n, stage, question.kind);
        let names = |kinds: &[PenaltyKind]| kinds.iter().map(|k| k.zh()).collect::<Vec<_>>();
        let Some(case) = &question.case else {
            let answer = open(Stage::Answer).then(|| RevealedAnswer {
                places: question.answer.clone(),
                explanation: question.explanation.clone(),
                basis: question.basis.clone(),
            });
            return Self { answer, ..Self::default() };
        };
        let key = &case.key;
        Self {
            answer: None,
            facts: open(Stage::Facts).then(|| RevealedFacts {
                act: key.act.clone(),
                factors: key.factors.iter().map(|f| f.zh.clone()).collect(),
                gains_fen: key.gains_fen,
            }),
            articles: open(Stage::Articles).then(|| key.articles.clone()),
            tier: open(Stage::Tier).then(|| RevealedTier {
                result_zh: key.result.zh(),
                tier_zh: key.tier.map(Tier::zh),
                required: names(&key.required),
                allowed: names(&key.allowed),
            }),
            amount: open(Stage::Amount).then(|| RevealedAmount {
                ranges: key.ranges.clone(),
                suggested: key.suggested,
                actual_title: key.actual.title.clone(),
                actual_tier_zh: key.actual.tier.map(Tier::zh),
                actual_kinds: names(&key.actual.kinds),
                actual_fine_fen: key.actual.fine_fen,
                reasoning: key.actual.reasoning.clone(),
                outlier: key.actual.outlier.clone(),
            }),
        }
    }
}
