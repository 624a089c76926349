//! Making sets: from the teaching cases by violation, tier and difficulty, or from a table.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{event, wrong};
use crate::corpus::question_sets;
use crate::domain::discretion;
use crate::domain::penalty::Tier;
use crate::domain::precedent::Precedent;
use crate::domain::workshop::import::{self, Refused, Row};
use crate::domain::workshop::key::{question, undecided};
use crate::domain::workshop::{
    Difficulty, LONGEST_TITLE, MOST_POINTS, MOST_QUESTIONS, Question, QuestionSet, one_line,
};
use crate::error::{Class, Report, Result};
use crate::flow::cases::Asking;
use crate::flow::people::hidden;
use crate::flow::{Flow, report, today};
use crate::store::workshops::{AddSet, SetRow};

/// Which teaching cases; what is empty does not narrow.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    pub violation: String,
    /// Code of the engine's tier.
    pub tier: String,
    pub difficulty: String,
}

/// A teaching case that can be put into a set; for the trainer's eyes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Candidate {
    pub case_id: String,
    pub title: String,
    pub violation: String,
    pub act: String,
    pub tier: Option<&'static str>,
    pub tier_zh: &'static str,
    pub result_zh: &'static str,
    pub difficulty: &'static str,
    pub difficulty_zh: &'static str,
    pub outlier: bool,
}

/// What came of a table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Imported {
    /// The set that was made; absent when no row could be used.
    pub id: Option<String>,
    pub title: String,
    /// Lines of the accepted rows.
    pub accepted: Vec<usize>,
    pub refused: Vec<Refused>,
}

/// What a trainer asks for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSet {
    title: String,
    cases: Vec<String>,
    #[serde(default = "usual_points")]
    points: u32,
}

fn usual_points() -> u32 {
    import::USUAL_POINTS
}

fn title(text: &str) -> Result<String> {
    let message = format!("名称不能为空，最长{LONGEST_TITLE}字");
    one_line(text, LONGEST_TITLE).ok_or_else(|| wrong("title", "workshop.title", &message))
}

/// A question with the row of the table it stands in.
pub type Numbered = (usize, Question);

impl Flow {
    /// The question a teaching case makes; its key is the engine's, without the decision that was taken.
    fn case_question(&self, precedent: &Precedent, points: u32) -> Question {
        let assessment = discretion::assess(&self.book, &self.corpus.laws, &undecided(precedent), today());
        question(&self.book, precedent, &assessment, points)
    }

    /// The teaching cases that fit, in the order of the corpus.
    pub fn workshop_candidates(&self, wanted: &Wanted) -> Result<Vec<Candidate>> {
        let tier = known(&wanted.tier, Tier::from_code, "tier")?;
        let difficulty = known(&wanted.difficulty, Difficulty::from_code, "difficulty")?;
        let violation = wanted.violation.trim();
        let mut out = vec![];
        for precedent in self.teaching() {
            if !violation.is_empty() && precedent.facts.violation.as_deref() != Some(violation) {
                continue;
            }
            let question = self.case_question(precedent, usual_points());
            let Some(case) = &question.case else { continue };
            let key = &case.key;
            if tier.is_some_and(|t| key.tier != Some(t)) || difficulty.is_some_and(|d| key.difficulty != d) {
                continue;
            }
            out.push(Candidate {
                case_id: precedent.id.clone(),
                title: precedent.title.clone(),
                violation: case.violation.clone(),
                act: key.act.clone(),
                tier: key.tier.map(Tier::code),
                tier_zh: key.tier.map_or("由人择定", Tier::zh),
                result_zh: key.result.zh(),
                difficulty: key.difficulty.code(),
                difficulty_zh: key.difficulty.zh(),
                outlier: precedent.outlier.is_some(),
            });
        }
        Ok(out)
    }

    fn teaching_question(&self, id: &str, points: u32) -> std::result::Result<Question, String> {
        let found = self.teaching().find(|p| p.id == id);
        let shown: String = id.chars().filter(|c| !c.is_control()).take(40).collect();
        let precedent = found.ok_or_else(|| format!("没有编号为“{shown}”的教学案例"))?;
        Ok(self.case_question(precedent, points))
    }

    /// Makes a set of teaching cases, in the order given.
    pub async fn make_set(&self, ask: &Asking, body: &str) -> Result<Value> {
        let value = crate::flow::cases::parse(body)?;
        let new: NewSet = serde_path_to_error::deserialize(&value).map_err(crate::flow::cases::bad_field)?;
        let title = title(&new.title)?;
        if !(1..=MOST_POINTS).contains(&new.points) {
            return Err(wrong("points", "workshop.points", &format!("分值应为1至{MOST_POINTS}")));
        }
        if new.cases.is_empty() || new.cases.len() > MOST_QUESTIONS {
            return Err(wrong("cases", "workshop.cases", &format!("请选择1至{MOST_QUESTIONS}个案例")));
        }
        let mut questions = vec![];
        for (i, id) in new.cases.iter().enumerate() {
            if new.cases[..i].contains(id) {
                return Err(wrong(&format!("cases[{i}]"), "workshop.case_twice", "同一案例选了两次"));
            }
            let made = self.teaching_question(id, new.points);
            questions.push(made.map_err(|why| wrong(&format!("cases[{i}]"), "workshop.no_such_case", &why))?);
        }
        self.save_set(ask, "workshop.set_made", title, &questions).await
    }

    async fn save_set(&self, ask: &Asking, action: &str, title: String, questions: &[Question]) -> Result<Value> {
        let id = uuid::Uuid::new_v4().to_string();
        let mut event = event(ask, action, &id);
        event.detail = json!({ "title": title, "questions": questions.len() });
        let text = serde_json::to_string(questions)
            .map_err(|e| Report::new(Class::Internal, "workshop.set", "题目不能保存", e.to_string()))?;
        let told = json!({ "id": id, "title": title, "questions": questions.len() });
        let change = AddSet {
            id,
            owner_id: ask.actor.id.clone(),
            title,
            questions: text,
            rules_version: self.book.version.clone(),
        };
        self.make(ask, event, change, told).await
    }

    /// The rows of a table as questions: those that can be used, and why the others cannot.
    pub fn read_questions(&self, bytes: &[u8]) -> Result<(Vec<Numbered>, Vec<Refused>)> {
        let unreadable = |why: String| Report::new(Class::Invalid, "workshop.table", "题库表无法读取", why);
        let read = import::read(&question_sets::rows(bytes).map_err(unreadable)?).map_err(unreadable)?;
        let (mut questions, mut refused) = (vec![], read.refused);
        for (row, wanted) in read.rows {
            let made = match wanted {
                Row::Ready(question) => Ok(question),
                Row::Case { id, points } => self.teaching_question(&id, points),
            };
            match made {
                Ok(question) => questions.push((row, question)),
                Err(why) => refused.push(Refused { row, why }),
            }
        }
        refused.sort_by_key(|r| r.row);
        Ok((questions, refused))
    }

    /// Makes a set of the rows of a table that can be used.
    pub async fn import_set(&self, ask: &Asking, name: &str, bytes: &[u8]) -> Result<Imported> {
        let title = title(name)?;
        let (questions, refused) = self.read_questions(bytes)?;
        let (accepted, questions): (Vec<usize>, Vec<Question>) = questions.into_iter().unzip();
        if questions.is_empty() {
            return Ok(Imported { id: None, title, accepted, refused });
        }
        let made = self.save_set(ask, "workshop.set_imported", title.clone(), &questions).await?;
        let id = made["id"].as_str().map(str::to_string);
        Ok(Imported { id, title, accepted, refused })
    }

    pub async fn workshop_sets(&self, ask: &Asking) -> Result<Vec<SetRow>> {
        self.reader().await?.workshop_sets(&ask.actor.id).await.map_err(report::store)
    }

    /// A set of the caller, with its keys.
    pub async fn workshop_set(&self, ask: &Asking, id: &str) -> Result<QuestionSet> {
        let found = self.reader().await?.workshop_set(id, Some(&ask.actor.id)).await.map_err(report::store)?;
        found.ok_or_else(hidden)
    }
}

/// A code that is empty or known.
fn known<T>(text: &str, of: impl Fn(&str) -> Option<T>, path: &str) -> Result<Option<T>> {
    match text.trim() {
        "" => Ok(None),
        code => of(code).map(Some).ok_or_else(|| wrong(path, "workshop.filter", "没有这个取值")),
    }
}
