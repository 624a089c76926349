//! 案件: open, look, take a step. Load, decide, save: what may be done is decided by [`crate::domain::procedure`], who sees what by
//! the store before anything is read, and every change carries its event.

mod archive;
mod dated;
pub mod drafts;
pub mod dues;
mod look;
mod pages;
pub mod papers;
mod products;
mod record;
mod reviews;
mod sources;
mod steps;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::json;

pub use self::look::audit_json;
pub use self::pages::{CasePage, DeskPage, ElementView, Overview, Tally, TierBand};
use super::people::hidden;
use super::{Flow, report};
use crate::domain::dossier::Dossier;
use crate::domain::dues::Due;
use crate::domain::legal_review::ScopeRule;
use crate::domain::people::{Actor, Role};
use crate::domain::procedure::{self, Registration, Row};
use crate::domain::process_record::{ActorRef, NewEvent};
use crate::error::{Class, Report, Result, Wrong};
pub use crate::store::Once;
pub use crate::store::cases::{Filter, Page, Parked, ReviewRow};
use crate::store::cases::{Open, Sight, Stored};
use crate::store::{Answer, Done};

/// Who asks, from where, when; `once` when the request may come twice.
#[derive(Clone, Debug)]
pub struct Asking {
    pub actor: Actor,
    pub origin: String,
    pub now: Timestamp,
    pub once: Option<Once>,
}

impl Asking {
    /// The day in the legal time of the country.
    pub fn today(&self) -> Date {
        procedure::guards::day_of(self.now)
    }

    fn event(&self, action: &str, case_no: &str) -> NewEvent {
        NewEvent::new(self.now, ActorRef::from(&self.actor), action, format!("case:{case_no}"), &self.origin)
            .case(case_no)
    }
}

/// What a change answers; the whole case is read by itself.
#[derive(Clone, Debug, Serialize)]
pub struct Changed {
    pub case_no: String,
    pub version: i64,
    pub state: &'static str,
    pub state_zh: &'static str,
    /// What the step made, where it has a number of its own: a round of review, a document, a set of facts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Number and hash of the event in the record.
    pub seq: i64,
    pub hash: String,
}

/// A step that is open to the caller.
#[derive(Clone, Debug, Serialize)]
pub struct OpenStep {
    pub id: &'static str,
    pub step: &'static str,
    pub zh: &'static str,
    pub basis: &'static str,
    pub to: Option<&'static str>,
    /// What must be there, in words.
    pub guards: Vec<&'static str>,
}

impl From<&'static Row> for OpenStep {
    fn from(row: &'static Row) -> Self {
        Self {
            id: row.id,
            step: row.step,
            zh: row.zh,
            basis: row.basis,
            to: row.to.map(|s| s.code()),
            guards: row.guards.iter().map(|g| g.zh).collect(),
        }
    }
}

/// A case as a person sees it.
#[derive(Clone, Debug, Serialize)]
pub struct CaseView {
    pub case_no: String,
    pub version: i64,
    pub state: &'static str,
    pub state_zh: &'static str,
    pub stage: &'static str,
    pub dossier: Dossier,
    pub steps: Vec<OpenStep>,
    pub dues: Vec<Due>,
    /// Rules that make a legal review obligatory, as things stand.
    pub review_scope: Vec<ScopeRule>,
    pub parked: Vec<Parked>,
}

impl Flow {
    /// Who may see what, for lists and single cases alike.
    fn sight(actor: &Actor) -> Sight {
        Sight::of(actor)
    }

    /// 登记线索. The facts go through the same door as every case JSON.
    pub async fn open_case(&self, ask: &Asking, body: &str) -> Result<Changed> {
        let value: serde_json::Value = parse(body)?;
        let mut registration: Registration = serde_path_to_error::deserialize(&value).map_err(bad_field)?;
        if let Some(case) = value.get("case") {
            let today = ask.today();
            let accepted = crate::domain::intake::accept(&case.to_string(), &self.book, today);
            registration.case = accepted.map_err(report::rejected)?.0;
        }
        if registration.clue.received_on.is_some_and(|d| d > ask.today()) {
            return Err(wrong("clue.received_on", "收到线索的日期不能晚于今天"));
        }
        let own = registration.case.case.case_no.take().map(|n| n.trim().to_string()).filter(|n| !n.is_empty());
        if let Some(no) = &own
            && !case_no_fits(no)
        {
            return Err(wrong("case.case.case_no", "案号最长40字，只能含汉字、字母、数字、-、_、〔〕"));
        }
        let year = ask.today().year();
        let mut dossier = registration.open(own.unwrap_or_default(), ask.actor.id.clone(), ask.today());
        procedure::clear_course(&mut dossier.case);
        let dues = self.dues_of(&dossier, ask.today());
        let state = dossier.state;
        let mut event = ask.event("case.opened", &dossier.case_no);
        event.detail = json!({ "procedure": dossier.procedure, "teaching": dossier.teaching, "clue": dossier.clue });
        let done = self.commit(ask, event, Open { dossier, dues, year }, move |c| Changed {
            case_no: c.output.clone(),
            version: 1,
            state: state.code(),
            state_zh: state.zh(),
            id: None,
            seq: c.seq,
            hash: c.hash.clone(),
        });
        done.await
    }

    /// One page of the cases a person may see.
    pub async fn list_cases(&self, actor: &Actor, filter: &Filter) -> Result<Page> {
        self.reader().await?.cases(&Self::sight(actor), filter).await.map_err(report::store)
    }

    /// The case, when it may be seen; otherwise it does not exist.
    pub(super) async fn stored(&self, actor: &Actor, case_no: &str) -> Result<Stored> {
        let found = self.reader().await?.case(case_no, &Self::sight(actor)).await.map_err(report::store)?;
        found.ok_or_else(hidden)
    }

    /// The whole case; reading it is on record.
    pub async fn case_view(&self, ask: &Asking, case_no: &str) -> Result<CaseView> {
        let Stored { dossier, version } = self.stored(&ask.actor, case_no).await?;
        let event = ask.event("case.read", case_no).version(version);
        self.writer().await?.commit(event, ()).await.map_err(report::store)?;
        let parked = self.reader().await?.parked(case_no).await.map_err(report::store)?;
        let (dues, review_scope) = self.with_look(&dossier, &[], ask.today(), |look| {
            let intended = dossier.intended.unwrap_or(crate::domain::dossier::DecisionKind::Penalty);
            let open = crate::domain::dues::dues(*look);
            (open, crate::domain::legal_review::scope(look.dossier, look.assessment, intended))
        });
        Ok(CaseView {
            case_no: dossier.case_no.clone(),
            version,
            state: dossier.state.code(),
            state_zh: dossier.state.zh(),
            stage: dossier.state.stage(),
            steps: procedure::open_steps(&dossier, &ask.actor).into_iter().map(OpenStep::from).collect(),
            dues,
            review_scope,
            parked,
            dossier,
        })
    }

    /// Saves a change with its event, once per Idempotency-Key.
    async fn commit<C: crate::store::Change>(
        &self,
        ask: &Asking,
        event: NewEvent,
        change: C,
        answer: impl FnOnce(&crate::store::Committed<C::Output>) -> Changed + Send + 'static,
    ) -> Result<Changed> {
        let writer = self.writer().await?;
        let Some(once) = ask.once.clone() else {
            return Ok(answer(&writer.commit(event, change).await.map_err(report::store)?));
        };
        let stored = |c: &crate::store::Committed<C::Output>| Answer {
            status: 201,
            body: serde_json::to_string(&answer(c)).unwrap_or_default(),
        };
        match writer.commit_once(once, event, change, stored).await.map_err(report::store)? {
            Done::Fresh { answer, .. } | Done::Repeated(answer) => answered(&answer),
        }
    }

    /// What the same request was answered before, where it came before. Look only after the case was read: then a change that
    /// the same request made meanwhile is never taken for somebody else's.
    async fn answered(&self, ask: &Asking) -> Result<Option<Changed>> {
        let Some(once) = &ask.once else { return Ok(None) };
        let found = self.reader().await?.answered(once).await.map_err(report::store)?;
        found.map(|answer| answered(&answer)).transpose()
    }
}

/// An answer as it was stored: a change, or a save that was parked.
fn answered(answer: &Answer) -> Result<Changed> {
    match answer.status {
        409 => Err(steps::Late::read(&answer.body).map_or_else(broken, |late| late.report())),
        _ => Changed::read(&answer.body),
    }
}

fn broken() -> Report {
    Report::new(Class::Internal, "store.answer", "记录的答复不能读取", "请重新读取案件")
}

impl Changed {
    /// The answer as it was stored.
    fn read(body: &str) -> Result<Self> {
        let value: serde_json::Value = serde_json::from_str(body).map_err(|_| broken())?;
        let text = |key: &str| value.get(key).and_then(|v| v.as_str()).map(str::to_string);
        let state = text("state").and_then(|s| procedure::State::from_code(&s)).ok_or_else(broken)?;
        Ok(Self {
            case_no: text("case_no").ok_or_else(broken)?,
            version: value.get("version").and_then(|v| v.as_i64()).ok_or_else(broken)?,
            state: state.code(),
            state_zh: state.zh(),
            id: text("id"),
            seq: value.get("seq").and_then(|v| v.as_i64()).ok_or_else(broken)?,
            hash: text("hash").ok_or_else(broken)?,
        })
    }
}

/// Whether a person may begin a case.
pub const MAY_OPEN: &[Role] = &[Role::Officer, Role::Trainer];

pub(super) fn parse(body: &str) -> Result<serde_json::Value> {
    serde_json::from_str(body.trim_start_matches('\u{feff}')).map_err(|e| {
        let detail = format!("第{}行第{}列不符合 JSON 语法", e.line(), e.column());
        Report::new(Class::Invalid, "input.broken_json", "JSON 格式有误", detail)
    })
}

pub(super) fn bad_field(e: serde_path_to_error::Error<serde_json::Error>) -> Report {
    wrong(&e.path().to_string(), &explain(&e.into_inner().to_string()))
}

pub(super) fn wrong(path: &str, message: &str) -> Report {
    Report::new(Class::Invalid, "input.bad_field", "填写有误", format!("{path}：{message}")).errors(vec![Wrong {
        path: path.into(),
        code: "input.bad_field".into(),
        message: message.into(),
    }])
}

/// The deserializer's English, put so that a person sees what to change.
fn explain(message: &str) -> String {
    let quoted = |n: usize| message.split('`').nth(n).unwrap_or("");
    if message.contains("unknown field") {
        format!("不认识的字段“{}”", quoted(1))
    } else if message.contains("unknown variant") {
        format!("不允许的取值“{}”", quoted(1))
    } else if message.contains("missing field") {
        format!("缺少“{}”", quoted(1))
    } else {
        format!("取值不对（{message}）")
    }
}

fn case_no_fits(no: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || ('\u{4e00}'..='\u{9fff}').contains(&c) || "-_〔〕".contains(c);
    (1..=40).contains(&no.chars().count()) && no.chars().all(plain)
}
