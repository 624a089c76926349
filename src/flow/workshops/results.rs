//! Results of a class, to be taken away as a table. That they were taken is on record.

use serde::Serialize;
use serde_json::json;

use super::lead::{reached, standings};
use super::{Standing, answer_of, answers_to, event, label};
use crate::domain::money::Fen;
use crate::domain::penalty::{PenaltyKind, Tier};
use crate::domain::workshop::score::{letter, score};
use crate::domain::workshop::spread::Spread;
use crate::domain::workshop::{Answer, Question};
use crate::error::Result;
use crate::flow::cases::Asking;
use crate::flow::{Flow, report};

/// One answer, or that there is none.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ResultRow {
    pub name: String,
    /// From 1.
    pub question: usize,
    pub kind_zh: &'static str,
    pub label: String,
    pub answered_at: String,
    pub choices: String,
    pub articles: String,
    pub tier_zh: &'static str,
    pub kinds: String,
    pub fine_fen: Option<Fen>,
    pub factors: String,
    pub reason: String,
    /// Tenths of a point.
    pub got: u32,
    pub of: u32,
    pub explained: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Results {
    pub title: String,
    pub code: String,
    pub standings: Vec<Standing>,
    pub rows: Vec<ResultRow>,
    /// Question (from 1), time and words of what was noted.
    pub notes: Vec<(usize, String, String)>,
}

impl Flow {
    pub async fn class_results(&self, ask: &Asking, id: &str, format: &str) -> Result<Results> {
        let (workshop, set) = self.own_class(ask, id).await?;
        let reader = self.reader().await?;
        let people = reader.participants(id).await.map_err(report::store)?;
        let answers = reader.workshop_answers(id, None).await.map_err(report::store)?;
        let notes = reader.workshop_notes(id).await.map_err(report::store)?;
        let mut rows = vec![];
        for (n, question) in set.questions.iter().enumerate().take(reached(workshop.at)) {
            let peers = Spread::of(question, &answers_to(&answers, n)).peers();
            for person in &people {
                let stored = answers.iter().find(|a| a.question == n && a.participant_id == person.id);
                let answer = stored.map(answer_of);
                let scored = score(question, answer.as_ref(), peers);
                let explained: Vec<String> = scored.parts.iter().map(|p| format!("{}：{}", p.zh, p.text)).collect();
                let told = Told::of(question, &answer.unwrap_or_default());
                rows.push(ResultRow {
                    name: person.name.clone(),
                    question: n + 1,
                    kind_zh: question.kind.zh(),
                    label: label(question),
                    answered_at: stored.map(|a| a.answered_at.clone()).unwrap_or_default(),
                    choices: told.choices,
                    articles: told.articles,
                    tier_zh: told.tier_zh,
                    kinds: told.kinds,
                    fine_fen: told.fine_fen,
                    factors: told.factors,
                    reason: told.reason,
                    got: scored.got,
                    of: scored.of,
                    explained: explained.join("\n"),
                });
            }
        }
        let mut event = event(ask, "workshop.exported", id);
        event.detail = json!({ "format": format, "rows": rows.len() });
        self.writer().await?.commit(event, ()).await.map_err(report::store)?;
        Ok(Results {
            title: set.title.clone(),
            code: workshop.code.clone(),
            standings: standings(&set, workshop.at, &people, &answers),
            rows,
            notes: notes.into_iter().map(|n| (n.question + 1, n.noted_at, n.text)).collect(),
        })
    }
}

/// An answer in words.
struct Told {
    choices: String,
    articles: String,
    tier_zh: &'static str,
    kinds: String,
    fine_fen: Option<Fen>,
    factors: String,
    reason: String,
}

impl Told {
    fn of(question: &Question, answer: &Answer) -> Self {
        let join = |all: Vec<String>| all.join("、");
        let case = question.case.as_ref();
        let articles = answer.articles.iter().filter_map(|p| case?.articles.get(*p).cloned()).collect();
        let named = |code: &String| case?.factors.iter().find(|f| f.code == *code).map(|f| f.zh.clone());
        Self {
            choices: join(answer.choices.iter().map(|p| letter(question.kind, *p)).collect()),
            articles: join(articles),
            tier_zh: answer.tier.map_or("", Tier::zh),
            kinds: join(answer.kinds.iter().map(|k: &PenaltyKind| k.zh().to_string()).collect()),
            fine_fen: answer.fine_fen,
            factors: join(answer.factors.iter().filter_map(named).collect()),
            reason: answer.reason.clone(),
        }
    }
}
