//! How the answers of a class spread: counts per choice, and the sums in order. Nobody is named.

use serde::Serialize;

use super::score::{Peers, letter, median};
use super::{Answer, Question};
use crate::domain::money::Fen;
use crate::domain::penalty::Tier;

/// One choice, how many took it, whether the key has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tally {
    pub label: String,
    pub count: usize,
    pub right: bool,
}

/// All of one question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Spread {
    pub answered: usize,
    pub options: Vec<Tally>,
    pub articles: Vec<Tally>,
    pub tiers: Vec<Tally>,
    pub kinds: Vec<Tally>,
    pub factors: Vec<Tally>,
    /// In order.
    pub amounts: Vec<Fen>,
    pub median_fen: Option<Fen>,
}

impl Spread {
    pub fn of(question: &Question, answers: &[Answer]) -> Self {
        let count = |of: &dyn Fn(&Answer) -> bool| answers.iter().filter(|a| of(a)).count();
        let mut out = Self { answered: answers.len(), ..Self::default() };
        let Some(case) = &question.case else {
            let tally = |(place, text): (usize, &String)| {
                let letter = letter(question.kind, place);
                Tally {
                    label: if *text == letter { letter } else { format!("{letter}　{text}") },
                    count: count(&|a| a.choices.contains(&place)),
                    right: question.answer.contains(&place),
                }
            };
            out.options = question.options.iter().enumerate().map(tally).collect();
            return out;
        };
        let key = &case.key;
        out.articles = case
            .articles
            .iter()
            .enumerate()
            .map(|(place, text)| Tally {
                label: text.clone(),
                count: count(&|a| a.articles.contains(&place)),
                right: key.articles.contains(&place),
            })
            .collect();
        out.tiers = Tier::ALL
            .iter()
            .map(|t| Tally { label: t.zh().into(), count: count(&|a| a.tier == Some(*t)), right: key.tier == Some(*t) })
            .collect();
        out.kinds = case
            .kinds
            .iter()
            .map(|k| Tally {
                label: k.zh().into(),
                count: count(&|a| a.kinds.contains(k)),
                right: key.allowed.contains(k),
            })
            .collect();
        out.factors = case
            .factors
            .iter()
            .map(|f| Tally {
                label: f.zh.clone(),
                count: count(&|a| a.factors.contains(&f.code)),
                right: key.factors.iter().any(|g| g.code == f.code),
            })
            .collect();
        out.amounts = answers.iter().filter_map(|a| a.fine_fen).collect();
        out.amounts.sort();
        out.median_fen = median(&out.amounts);
        out
    }

    /// Without saying what is right where that is not revealed yet.
    pub fn masked(mut self, revealed: &super::shown::Revealed) -> Self {
        let hide = |tallies: &mut Vec<Tally>, open: bool| {
            if !open {
                tallies.iter_mut().for_each(|t| t.right = false);
            }
        };
        hide(&mut self.options, revealed.answer.is_some());
        hide(&mut self.factors, revealed.facts.is_some());
        hide(&mut self.articles, revealed.articles.is_some());
        hide(&mut self.tiers, revealed.tier.is_some());
        hide(&mut self.kinds, revealed.tier.is_some());
        self
    }

    pub fn peers(&self) -> Peers {
        Peers { fined: self.amounts.len(), median_fen: self.median_fen }
    }
}
