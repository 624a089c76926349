//! The participant's side: a code and a name give a place, a cookie keeps it. No account, and nothing beside this class.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use super::{Watching, answer_of, answers_to, wrong};
use crate::domain::process_record::{ActorRef, NewEvent};
use crate::domain::workshop::score::{Score, score};
use crate::domain::workshop::shown::{Revealed, Shown};
use crate::domain::workshop::spread::Spread;
use crate::domain::workshop::stage::{Position, Stage};
use crate::domain::workshop::{Answer, LONGEST_NAME, one_line, read_code};
use crate::error::{Class, Report, Result, Wrong};
use crate::flow::people::{digest, is_secret, secret};
use crate::flow::{Flow, report};
use crate::store::workshops::{AddParticipant, Participant, PutAnswer, Workshop};

/// A place that was taken; the cookie is shown this once.
#[derive(Clone, Debug)]
pub struct Joined {
    pub cookie: String,
    pub csrf: String,
    pub code: String,
    pub name: String,
}

/// Somebody who takes part, found by the cookie of the class.
#[derive(Clone, Debug)]
pub struct Taking {
    workshop: Workshop,
    participant: Participant,
}

impl Taking {
    /// What a command of this participant must carry.
    pub fn csrf(&self) -> &str {
        &self.participant.csrf
    }
}

/// What one participant sees.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Seat {
    pub code: String,
    pub name: String,
    pub at: Position,
    pub stage_zh: &'static str,
    pub total: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<Shown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mine: Option<Answer>,
    pub revealed: Revealed,
    /// Once all of the question is revealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    /// Points over all questions, once the class has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_score: Option<(u32, u32)>,
}

/// A code nobody uses looks the same as one that is not a code.
fn no_class() -> Report {
    Report::new(Class::NotFound, "join.no_such_code", "没有这场研讨", "请向培训师核对六位研讨码")
}

fn no_place() -> Report {
    Report::new(Class::Forbidden, "join.no_place", "还没有加入这场研讨", "请先输入研讨码和姓名加入")
}

fn event(taking: &Taking, action: &str, origin: &str, now: Timestamp) -> NewEvent {
    // The name somebody gave for a lesson has no place in a record that is kept for good.
    let actor = ActorRef { id: format!("participant:{}", taking.participant.id), name: "参训人员".into() };
    NewEvent::new(now, actor, action, format!("workshop:{}", taking.workshop.id), origin)
}

impl Flow {
    /// Takes a place in the class with that code.
    pub async fn join_class(&self, code: &str, name: &str, origin: &str, now: Timestamp) -> Result<Joined> {
        self.classes.may_try(origin, now)?;
        let message = format!("姓名不能为空，最长{LONGEST_NAME}字");
        let name = one_line(name, LONGEST_NAME).ok_or_else(|| wrong("name", "join.name", &message))?;
        let found = match read_code(code) {
            Some(code) => self.reader().await?.workshop_by_code(&code).await.map_err(report::store)?,
            None => None,
        };
        let Some(workshop) = found else {
            self.classes.note_wrong(origin, now);
            return Err(no_class());
        };
        let (cookie, csrf, id) = (secret()?, secret()?, uuid::Uuid::new_v4().to_string());
        let participant =
            Participant { id: id.clone(), workshop_id: workshop.id.clone(), name: name.clone(), csrf: csrf.clone() };
        let (workshop_id, code) = (workshop.id.clone(), workshop.code.clone());
        let event = event(&Taking { workshop, participant }, "workshop.joined", origin, now);
        let change = AddParticipant {
            id,
            workshop_id: workshop_id.clone(),
            name_key: name.to_lowercase().replace(' ', ""),
            name: name.clone(),
            hash: digest(&cookie),
            csrf: csrf.clone(),
        };
        self.writer().await?.commit(event, change).await.map_err(report::store)?;
        self.classes.ring(&workshop_id);
        Ok(Joined { cookie, csrf, code, name })
    }

    /// Who calls with this cookie of the class with that code.
    pub async fn taking(&self, code: &str, cookie: Option<&str>) -> Result<Taking> {
        let code = read_code(code).ok_or_else(no_place)?;
        let cookie = cookie.filter(|c| is_secret(c)).ok_or_else(no_place)?;
        let reader = self.reader().await?;
        let workshop = reader.workshop_by_code(&code).await.map_err(report::store)?.ok_or_else(no_place)?;
        let found = reader.participant(&workshop.id, &digest(cookie)).await.map_err(report::store)?;
        Ok(Taking { participant: found.ok_or_else(no_place)?, workshop })
    }

    pub fn watch_seat(&self, taking: &Taking) -> Watching {
        self.classes.watch(&taking.workshop.id, false)
    }

    /// Where the class stands now, for somebody who takes part.
    pub async fn standing(&self, taking: &Taking) -> Result<Position> {
        let found = self.reader().await?.workshop(&taking.workshop.id).await.map_err(report::store)?;
        Ok(found.ok_or_else(no_class)?.at)
    }

    pub async fn seat(&self, taking: &Taking) -> Result<Seat> {
        let Taking { workshop, participant } = taking;
        let (set, at) = (self.set_of(&workshop.set_id).await?, workshop.at);
        let question = set.questions.get(at.question).filter(|_| at.stage != Stage::Waiting);
        let whole = question.is_some_and(|q| at.has_revealed_all(at.question, q.kind));
        let ended = at.stage == Stage::Ended;
        let of = (!ended).then_some(at.question);
        let answers = self.reader().await?.workshop_answers(&workshop.id, of).await.map_err(report::store)?;
        let own = |n: usize| {
            let row = answers.iter().find(|a| a.question == n && a.participant_id == participant.id);
            row.map(answer_of)
        };
        let scored = |n: usize| {
            let question = set.questions.get(n)?;
            let peers = Spread::of(question, &answers_to(&answers, n)).peers();
            Some(score(question, own(n).as_ref(), peers))
        };
        let total_score = ended.then(|| {
            let all = (0..super::lead::reached(at)).filter_map(scored);
            all.fold((0, 0), |sum, s| (sum.0 + s.got, sum.1 + s.of))
        });
        Ok(Seat {
            code: workshop.code.clone(),
            name: participant.name.clone(),
            at,
            stage_zh: at.stage.zh(),
            total: set.questions.len(),
            shown: question.map(Shown::of),
            mine: own(at.question),
            revealed: question.map(|q| Revealed::of(q, at.question, at)).unwrap_or_default(),
            score: scored(at.question).filter(|_| whole),
            total_score,
        })
    }

    /// Stores the answer to the question that is open.
    pub async fn answer_question(
        &self,
        taking: &Taking,
        question: usize,
        body: &str,
        origin: &str,
        now: Timestamp,
    ) -> Result<()> {
        let value = crate::flow::cases::parse(body)?;
        let answer: Answer = serde_path_to_error::deserialize(&value).map_err(crate::flow::cases::bad_field)?;
        let set = self.set_of(&taking.workshop.set_id).await?;
        let asked = set.questions.get(question).filter(|_| question <= taking.workshop.at.question);
        let asked = asked
            .ok_or_else(|| Report::new(Class::Conflict, "workshop.not_answering", "没有保存", "这一题现在不能作答"))?;
        let answer = answer.to(asked).map_err(|e| {
            let (path, code) = e.code();
            let errors = vec![Wrong { path: path.into(), code: code.into(), message: e.to_string() }];
            Report::new(Class::Invalid, code, "答案没有提交", e.to_string()).errors(errors)
        })?;
        let mut event = event(taking, "workshop.answered", origin, now);
        event.detail = json!({ "question": question });
        let change = PutAnswer {
            workshop_id: taking.workshop.id.clone(),
            participant_id: taking.participant.id.clone(),
            question,
            answer: serde_json::to_string(&answer)
                .map_err(|e| Report::new(Class::Internal, "workshop.answer", "答案不能保存", e.to_string()))?,
        };
        self.writer().await?.commit(event, change).await.map_err(report::store)?;
        self.classes.ring(&taking.workshop.id);
        Ok(())
    }
}
