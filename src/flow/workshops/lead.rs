//! The trainer's side: opening a class, moving it on, notes, and what the class view shows. What is not revealed yet is not in it
//! either: the view hangs on the wall.

use std::collections::HashSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Watching, answer_of, answers_to, event, wrong};
use crate::domain::workshop::score::score;
use crate::domain::workshop::shown::{Revealed, Shown};
use crate::domain::workshop::spread::Spread;
use crate::domain::workshop::stage::{Move, Position, Stage};
use crate::domain::workshop::{LONGEST_NOTE, QuestionKind, QuestionSet, clean, code_from};
use crate::error::{Class, Report, Result};
use crate::flow::cases::Asking;
use crate::flow::people::hidden;
use crate::flow::{Flow, report};
use crate::store::StoreError;
use crate::store::workshops::{AddNote, AddWorkshop, AnswerRow, MoveOn, Note, Participant, Workshop, WorkshopRow};

/// Codes tried until one is free.
const TRIES: usize = 8;

/// Somebody in the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    pub name: String,
    /// The question the class is at.
    pub answered: bool,
}

/// What changes from second to second.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pulse {
    pub stage: &'static str,
    pub question: usize,
    pub joined: usize,
    pub answered: usize,
    pub people: Vec<Person>,
    pub notes: usize,
}

/// A place in the order of the class, in tenths of a point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    pub name: String,
    pub got: u32,
    pub of: u32,
    pub answered: usize,
}

/// The class view.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassView {
    pub id: String,
    pub title: String,
    pub code: String,
    pub at: Position,
    pub stage_zh: &'static str,
    pub total: usize,
    pub moves: Vec<Move>,
    pub pulse: Pulse,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<Shown>,
    pub revealed: Revealed,
    /// From closing on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spread: Option<Spread>,
    /// Of the question the class is at.
    pub notes: Vec<Note>,
    /// Once it has ended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub standings: Vec<Standing>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewClass {
    set: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Moving {
    #[serde(rename = "move")]
    step: Move,
    /// Where the class stood when this was asked for.
    from: Position,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewNote {
    question: usize,
    text: String,
}

fn read<T: serde::de::DeserializeOwned>(body: &str) -> Result<T> {
    let value = crate::flow::cases::parse(body)?;
    serde_path_to_error::deserialize(&value).map_err(crate::flow::cases::bad_field)
}

pub(super) fn kinds(set: &QuestionSet) -> Vec<QuestionKind> {
    set.questions.iter().map(|q| q.kind).collect()
}

impl Flow {
    pub async fn workshops(&self, ask: &Asking) -> Result<Vec<WorkshopRow>> {
        self.reader().await?.workshops(&ask.actor.id).await.map_err(report::store)
    }

    /// Opens a class over a set of the caller.
    pub async fn open_class(&self, ask: &Asking, body: &str) -> Result<Value> {
        let new: NewClass = read(body)?;
        self.workshop_set(ask, &new.set).await?;
        for _ in 0..TRIES {
            let (id, code) = (uuid::Uuid::new_v4().to_string(), fresh_code()?);
            let mut event = event(ask, "workshop.opened", &id);
            event.detail = json!({ "set": new.set });
            let told = json!({ "id": id, "code": code });
            let (set_id, owner_id) = (new.set.clone(), ask.actor.id.clone());
            match self.make(ask, event, AddWorkshop { id, set_id, owner_id, code }, told).await {
                Err(report) if report.code == StoreError::Exists(String::new()).code() => {}
                other => return other,
            }
        }
        Err(Report::new(Class::Busy, "workshop.no_code", "没有空闲的研讨码", "请再试一次"))
    }

    /// Moves a class on; the same move twice moves it once.
    pub async fn move_class(&self, ask: &Asking, id: &str, body: &str) -> Result<Position> {
        let Moving { step, from } = read(body)?;
        let (workshop, set) = self.own_class(ask, id).await?;
        let kinds = kinds(&set);
        // Asked again because the answer was lost: it is where it was to go.
        if workshop.at != from && from.after(step, &kinds) == Ok(workshop.at) {
            return Ok(workshop.at);
        }
        let mut event = event(ask, "workshop.moved", id);
        event.detail = json!({ "move": step.code() });
        let change = MoveOn { id: id.into(), from, step, kinds };
        let done = self.writer().await?.commit(event, change).await.map_err(report::store)?;
        self.classes.ring_stage(id);
        Ok(done.output)
    }

    /// Notes what was said about a question.
    pub async fn note_in_class(&self, ask: &Asking, id: &str, body: &str) -> Result<Value> {
        let new: NewNote = read(body)?;
        let (workshop, set) = self.own_class(ask, id).await?;
        if new.question >= set.questions.len() || new.question > workshop.at.question {
            return Err(wrong("question", "workshop.no_such_question", "还没有到这一题"));
        }
        let text = clean(&new.text);
        if text.is_empty() || text.chars().count() > LONGEST_NOTE {
            return Err(wrong("text", "workshop.note", &format!("讨论记录不能为空，最长{LONGEST_NOTE}字")));
        }
        let note = uuid::Uuid::new_v4().to_string();
        let mut event = event(ask, "workshop.noted", id);
        event.detail = json!({ "question": new.question });
        let told = json!({ "id": note });
        let change = AddNote { id: note, workshop_id: id.into(), question: new.question, text };
        let told = self.make(ask, event, change, told).await?;
        self.classes.ring(id);
        Ok(told)
    }

    /// Whether the class is the caller's, and what to wait on for its changes.
    pub async fn watch_class(&self, ask: &Asking, id: &str) -> Result<Watching> {
        self.own_class(ask, id).await?;
        Ok(self.classes.watch(id, true))
    }

    /// What changes from second to second; the caller has been let in before.
    pub async fn pulse(&self, id: &str) -> Result<Pulse> {
        let reader = self.reader().await?;
        let workshop = reader.workshop(id).await.map_err(report::store)?.ok_or_else(hidden)?;
        let people = reader.participants(id).await.map_err(report::store)?;
        let answered = reader.who_answered(id, workshop.at.question).await.map_err(report::store)?;
        let notes = reader.workshop_notes(id).await.map_err(report::store)?.len();
        Ok(pulse(&workshop, &people, answered.into_iter().collect(), notes))
    }

    pub async fn class_view(&self, ask: &Asking, id: &str) -> Result<ClassView> {
        let (workshop, set) = self.own_class(ask, id).await?;
        let reader = self.reader().await?;
        let people = reader.participants(id).await.map_err(report::store)?;
        let mut notes = reader.workshop_notes(id).await.map_err(report::store)?;
        let at = workshop.at;
        let of = (at.stage != Stage::Ended).then_some(at.question);
        let answers = reader.workshop_answers(id, of).await.map_err(report::store)?;
        let here = answers.iter().filter(|a| a.question == at.question);
        let pulse = pulse(&workshop, &people, here.map(|a| a.participant_id.clone()).collect(), notes.len());
        let question = set.questions.get(at.question).filter(|_| at.stage != Stage::Waiting);
        let revealed = question.map(|q| Revealed::of(q, at.question, at)).unwrap_or_default();
        let spread = question.filter(|_| at.stage != Stage::Answering).map(|q| {
            let all = Spread::of(q, &answers_to(&answers, at.question));
            all.masked(&revealed)
        });
        if at.stage != Stage::Ended {
            notes.retain(|n| n.question == at.question);
        }
        let standings = match at.stage {
            Stage::Ended => standings(&set, at, &people, &answers),
            _ => vec![],
        };
        Ok(ClassView {
            id: workshop.id,
            title: set.title.clone(),
            code: workshop.code,
            at,
            stage_zh: at.stage.zh(),
            total: set.questions.len(),
            moves: at.moves(&kinds(&set)),
            pulse,
            shown: question.map(Shown::of),
            revealed,
            spread,
            notes,
            standings,
        })
    }
}

fn pulse(workshop: &Workshop, people: &[Participant], answered: HashSet<String>, notes: usize) -> Pulse {
    let people: Vec<Person> =
        people.iter().map(|p| Person { name: p.name.clone(), answered: answered.contains(&p.id) }).collect();
    Pulse {
        stage: workshop.at.stage.code(),
        question: workshop.at.question,
        joined: people.len(),
        answered: answered.len(),
        people,
        notes,
    }
}

/// Everybody's points over the questions that were reached and closed, best first.
pub(super) fn standings(
    set: &Arc<QuestionSet>,
    at: Position,
    people: &[Participant],
    answers: &[AnswerRow],
) -> Vec<Standing> {
    let mut out: Vec<Standing> =
        people.iter().map(|p| Standing { name: p.name.clone(), got: 0, of: 0, answered: 0 }).collect();
    for (n, question) in set.questions.iter().enumerate().take(reached(at)) {
        let peers = Spread::of(question, &answers_to(answers, n)).peers();
        for (person, standing) in people.iter().zip(&mut out) {
            let row = answers.iter().find(|a| a.question == n && a.participant_id == person.id);
            let got = score(question, row.map(answer_of).as_ref(), peers);
            standing.got += got.got;
            standing.of += got.of;
            standing.answered += usize::from(row.is_some());
        }
    }
    out.sort_by(|a, b| b.got.cmp(&a.got).then_with(|| a.name.cmp(&b.name)));
    out
}

/// Questions that have been put.
pub(super) fn reached(at: Position) -> usize {
    if at.stage == Stage::Waiting { 0 } else { at.question + 1 }
}

fn fresh_code() -> Result<String> {
    let mut bytes = [0u8; 64];
    getrandom::fill(&mut bytes).map_err(|e| {
        Report::new(Class::Internal, "auth.random", "无法生成随机数", format!("操作系统的随机源不可用：{e}"))
    })?;
    code_from(&bytes).ok_or_else(|| Report::new(Class::Busy, "workshop.no_code", "没有空闲的研讨码", "请再试一次"))
}
