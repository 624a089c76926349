//! One step of a case: read the request, ask the procedure, save, or say exactly why not. A save that comes too late is kept.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Asking, Changed, answered, bad_field, parse, wrong};
use crate::domain::dossier::Dossier;
use crate::domain::people::Actor;
use crate::domain::procedure::{self, Context, Refusal, Step};
use crate::error::{Class, Report, Result};
use crate::flow::{Flow, report};
use crate::store::cases::{Park, Save, Stored};
use crate::store::{Answer, Committed, Done, StoreError};

/// Tries before an automatic step gives way.
const TRIES: usize = 5;

impl Flow {
    /// Takes the step in `body`: `{"version": 7, "day": "2026-03-02", "step": "file", …}`. `day` is the legal day when it is entered
    /// later than it happened; the record has the time of entry in any case.
    pub async fn take_step(&self, ask: &Asking, case_no: &str, body: &str) -> Result<Changed> {
        let stored = self.stored(&ask.actor, case_no).await?;
        let mut value = parse(body)?;
        let Some(map) = value.as_object_mut() else {
            return Err(Report::new(Class::Invalid, "input.not_object", "填写有误", "应为一个 JSON 对象"));
        };
        let version = map.remove("version").and_then(|v| v.as_i64());
        let day = match map.remove("day") {
            None | Some(Value::Null) => ask.today(),
            Some(text) => text
                .as_str()
                .and_then(|t| t.parse::<Date>().ok())
                .ok_or_else(|| wrong("day", "日期须写成 YYYY-MM-DD"))?,
        };
        let Some(version) = version else {
            return Err(wrong("version", "须写明根据第几版修改（读取案件时给出）"));
        };
        if map.get("step").and_then(Value::as_str).is_none() {
            return Err(wrong("step", "须写明步骤"));
        }
        if let Some(case) = map.get_mut("case") {
            let accepted = crate::domain::intake::accept(&case.to_string(), &self.book, ask.today());
            let accepted = accepted.map_err(report::rejected)?.0;
            *case = serde_json::to_value(accepted).unwrap_or_default();
        }
        let step: Step = serde_path_to_error::deserialize(&value).map_err(bad_field)?;
        self.take(ask, stored, version, day, &step).await
    }

    /// [`Flow::take_step`] under a name that the address gives; the body may leave it out, but not name another.
    pub async fn take_named(&self, ask: &Asking, case_no: &str, step: &str, body: &str) -> Result<Changed> {
        let mut value = if body.trim().is_empty() { json!({}) } else { parse(body)? };
        if let Some(map) = value.as_object_mut() {
            match map.get("step").and_then(Value::as_str) {
                Some(other) if other != step => return Err(wrong("step", "与请求的地址不符")),
                _ => map.insert("step".into(), step.into()),
            };
        }
        self.take_step(ask, case_no, &value.to_string()).await
    }

    /// As [`Flow::take_step`], for a step that is already typed.
    pub(crate) async fn take(
        &self,
        ask: &Asking,
        stored: Stored,
        version: i64,
        day: Date,
        step: &Step,
    ) -> Result<Changed> {
        if let Some(before) = self.answered(ask).await? {
            return Ok(before);
        }
        let case_no = stored.dossier.case_no.clone();
        if version != stored.version {
            return Err(self.park(ask, &case_no, version, step, stored.version).await);
        }
        match self.on_version(ask, stored, day, step).await {
            Err(r) if r.code == "store.stale_version" => {
                let now = self.stored(&ask.actor, &case_no).await?;
                Err(self.park(ask, &case_no, version, step, now.version).await)
            }
            other => other,
        }
    }

    /// The step on the version that was read; refused as stale when somebody was faster.
    async fn on_version(&self, ask: &Asking, stored: Stored, day: Date, step: &Step) -> Result<Changed> {
        let (case_no, version) = (stored.dossier.case_no.clone(), stored.version);
        let people = self.everybody().await?;
        let past = self.past_fines(&stored.dossier).await?;
        let bureau = self.bureau();
        let id = uuid::Uuid::new_v4().to_string();
        // In a block of its own: what the rules look at must not be held while waiting.
        let advanced = {
            let ctx = Context {
                actor: &ask.actor,
                people: &people,
                book: &self.book,
                texts: &self.corpus.laws,
                bureau: &bureau,
                past: &past,
                day,
                today: ask.today(),
                now: ask.now,
                id: &id,
            };
            procedure::advance(&stored.dossier, step, &ctx).map_err(refused)?
        };
        let mut dossier = advanced.dossier;
        self.products(&mut dossier, advanced.row, step, ask, day).await?;
        let dues = self.dues_of(&dossier, ask.today());
        let (state, row) = (dossier.state, advanced.row);
        let mut event = ask.event(if row.to.is_some() { "case.moved" } else { "case.changed" }, &case_no);
        event.detail = json!({
            "row": row.id, "step": step, "from": advanced.from, "to": state, "day": day,
        });
        if day < ask.today() {
            // 补记 is allowed and never hidden.
            let late = day.until(ask.today()).map_or(0, |s| s.get_days());
            event.note("entered_days_later", late);
        }
        let no = case_no.clone();
        let facts = matches!(step, Step::SaveFacts { .. });
        let made = made(step, &dossier, &id);
        let saved = self.commit(ask, event, Save { dossier, dues, base: version }, move |c| Changed {
            case_no: no.clone(),
            version: c.output,
            state: state.code(),
            state_zh: state.zh(),
            id: made.clone().or_else(|| facts.then(|| format!("{no}:{}", c.output))),
            seq: c.seq,
            hash: c.hash.clone(),
        });
        saved.await
    }

    /// A step of the service's own making on whatever version is there: repeated when somebody was faster.
    pub(crate) async fn take_now(&self, ask: &Asking, case_no: &str, day: Date, step: &Step) -> Result<Changed> {
        let mut last = None;
        for _ in 0..TRIES {
            let stored = self.stored(&ask.actor, case_no).await?;
            if let Some(before) = self.answered(ask).await? {
                return Ok(before);
            }
            match self.on_version(ask, stored, day, step).await {
                Err(r) if r.code == "store.stale_version" => last = Some(r),
                other => return other,
            }
        }
        Err(last.unwrap_or_else(|| report::store(StoreError::Busy)))
    }

    /// Keeps what was written on top of an older version, once per Idempotency-Key, and says so.
    async fn park(&self, ask: &Asking, case_no: &str, base: i64, step: &Step, current: i64) -> Report {
        let late = Late { parked: Some(uuid::Uuid::new_v4().to_string()), base, current };
        self.kept(ask, case_no, step, &late)
            .await
            .unwrap_or_else(|e| if e.code == "store.key_reused" { e } else { Late { parked: None, ..late }.report() })
    }

    async fn kept(&self, ask: &Asking, case_no: &str, step: &Step, late: &Late) -> Result<Report> {
        let (base, current, id) = (late.base, late.current, late.parked.clone().unwrap_or_default());
        let text = serde_json::to_string(step).unwrap_or_default();
        let event = ask.event("case.conflict", case_no).version(current).detail(json!({ "base": base, "parked": id }));
        let change = Park { id, case_no: case_no.into(), base, step: text, at: ask.now };
        let writer = self.writer().await?;
        let Some(once) = ask.once.clone() else {
            writer.commit(event, change).await.map_err(report::store)?;
            return Ok(late.report());
        };
        let body = serde_json::to_string(late).unwrap_or_default();
        let answer = move |_: &Committed<()>| Answer { status: 409, body };
        match writer.commit_once(once, event, change, answer).await.map_err(report::store)? {
            Done::Fresh { .. } => Ok(late.report()),
            // The same request at the same moment: it is parked already.
            Done::Repeated(answer) => Ok(answered(&answer).err().unwrap_or_else(|| late.report())),
        }
    }

    /// Everybody a step may name.
    pub(super) async fn everybody(&self) -> Result<Vec<Actor>> {
        let people = self.reader().await?.people().await.map_err(report::store)?;
        Ok(people.into_iter().filter(|p| !p.disabled).map(|p| p.actor()).collect())
    }
}

/// A save that came too late, as it is stored to be told again.
#[derive(Serialize, Deserialize)]
pub(super) struct Late {
    /// Where the content is kept; none when that failed.
    parked: Option<String>,
    base: i64,
    current: i64,
}

impl Late {
    pub(super) fn read(body: &str) -> Option<Self> {
        serde_json::from_str(body).ok()
    }

    pub(super) fn report(&self) -> Report {
        let Self { parked, base, current } = self;
        let kept = match parked {
            Some(id) => format!("您填写的内容已保留（{id}），可与现有内容对照后重新提交"),
            None => "请先复制您填写的内容".into(),
        };
        let detail = format!("您根据第{base}版修改，现在已是第{current}版。{kept}");
        let report = Report::new(Class::Conflict, "store.stale_version", "已被他人修改", detail);
        report.missing(vec![format!("version={current}")])
    }
}

/// The number of what a step made, where it has one.
fn made(step: &Step, after: &Dossier, id: &str) -> Option<String> {
    match step {
        Step::SubmitReview { .. } => after.review().map(|r| r.id.clone()),
        Step::AddPaper { .. } | Step::CommentReview { .. } => Some(id.to_string()),
        _ => None,
    }
}

/// A refusal as a report: who may not is 403, a missing precondition 422, a state that does not fit 409.
pub(super) fn refused(r: Refusal) -> Report {
    let class = match r.guard.as_str() {
        "G_ROLE" | "G_OWN" => Class::Forbidden,
        "G_STATE" => Class::Conflict,
        _ => Class::Refused,
    };
    let detail = r.missing.join("；");
    let mut report = Report::new(class, r.code, r.title, detail).missing(r.missing);
    if !r.basis.is_empty() {
        report = report.basis(r.basis);
    }
    report
}
