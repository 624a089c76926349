//! 采纳、修改、重写: a person takes responsibility for a passage. What comes too late is kept beside it, nothing is lost.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{draft_event, not_now, own, refused};
use crate::domain::digest;
use crate::domain::document::compose::clean;
use crate::domain::document::diff::{Run, diff};
use crate::domain::document::passage::{DraftState, TakeAction, Treatment};
use crate::domain::process_record::ActorRef;
use crate::domain::process_record::event::legal_time;
use crate::error::{Class, Report, Result, Wrong};
use crate::flow::Flow;
use crate::flow::cases::Asking;
use crate::flow::report;
use crate::store::StoreError;
use crate::store::drafts::{DraftRow, ParkPassage, PassageRow, TakePassage, VersionRow};

/// Characters of one passage, and of a note, at most.
const LONGEST: usize = 20_000;
const LONGEST_NOTE: usize = 1_000;

/// What stands in where not even the facts could be put into words.
const UNWRITTEN: &str = "【此处须由承办人填写】";

/// What a person does with a passage.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Take {
    /// The version of the passage it was made from.
    pub version: i64,
    pub action: TakeAction,
    #[serde(default)]
    pub text: Option<String>,
    #[serde(default)]
    pub note: Option<String>,
    /// Why values that the case does not support stay in.
    #[serde(default)]
    pub vouch: Option<String>,
}

/// The passage after it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TakenPassage {
    pub id: String,
    pub field: String,
    pub version: i64,
    pub draft_version: i64,
    pub treatment: Treatment,
    pub taken_by: String,
    pub text: String,
    /// From the machine's words to these.
    pub diff: Vec<Run>,
    /// Values and names that the case does not support.
    pub unsupported: Vec<String>,
    pub vouch: Option<String>,
    /// Passages of the draft that nobody answers for yet.
    pub open: Vec<String>,
}

impl Flow {
    /// Takes a passage on; only 承办人 of the case may, and only while the draft is not in the file.
    pub async fn take_passage(&self, ask: &Asking, id: &str, field: &str, take: Take) -> Result<TakenPassage> {
        let (stored, draft, passages) = self.seen_draft(&ask.actor, id).await?;
        own(&stored.dossier, &ask.actor)?;
        let Some(row) = passages.iter().find(|p| p.field == field) else {
            return Err(self.not_to_edit(&draft, field));
        };
        if draft.state != DraftState::Done {
            return Err(not_now(draft.state, "修改"));
        }
        let machine = row.machine.clone().unwrap_or_default().text;
        let note = said(take.note, "note", "说明")?;
        let vouch = said(take.vouch, "vouch", "保留理由")?;
        let text = words(take.action, take.text, &row.text)?;
        if row.version != take.version {
            return Err(self.park_passage(ask, &draft, row, take.version, take.action, text, (note, vouch)).await);
        }
        let unsupported = match text == machine && row.treatment == Treatment::Open {
            // The verifier's own finding on the machine's words.
            true => row.unsupported.clone(),
            false => self.unsupported(&self.material_of(&draft)?, &text, &machine),
        };
        // A reason given once holds while nothing new is to be vouched for.
        let kept = row.vouch.clone().filter(|_| unsupported.iter().all(|u| row.unsupported.contains(u)));
        let vouch = vouch.or(kept).filter(|_| !unsupported.is_empty());
        let treatment = take.action.treatment(row.treatment, &text, &machine);
        let event = draft_event(ask, "draft.passage_taken", &draft).detail(json!({
            "field": field, "action": take.action, "treatment": treatment, "from_version": row.version,
            "text_sha256": digest(&text), "unsupported": unsupported, "vouch": vouch, "note": note,
        }));
        let change = TakePassage {
            draft: id.into(),
            field: field.into(),
            base: take.version,
            what: take.action.code(),
            treatment,
            text: text.clone(),
            unsupported: unsupported.clone(),
            vouch: vouch.clone(),
            note: note.clone(),
            at: ask.now,
        };
        let taken = match self.writer().await?.commit(event, change).await {
            Ok(done) => done.output,
            Err(StoreError::StaleVersion { current, .. }) => {
                let now = PassageRow { version: current, ..row.clone() };
                return Err(self.park_passage(ask, &draft, &now, take.version, take.action, text, (note, vouch)).await);
            }
            Err(e) => return Err(refused(e)),
        };
        let settled = unsupported.is_empty() || vouch.is_some();
        let open = passages.iter().filter(|p| if p.field == field { !settled } else { !p.settled() });
        Ok(TakenPassage {
            id: id.into(),
            field: field.into(),
            version: taken.version,
            draft_version: taken.draft_version,
            treatment,
            taken_by: ask.actor.name.clone(),
            diff: diff(&machine, &text),
            text,
            unsupported,
            vouch,
            open: open.map(|p| p.field.clone()).collect(),
        })
    }

    /// Every text a passage had, oldest first, and those that came too late.
    pub async fn passage_history(&self, ask: &Asking, id: &str, field: &str) -> Result<Vec<VersionRow>> {
        let (_, draft, passages) = self.seen_draft(&ask.actor, id).await?;
        if !passages.iter().any(|p| p.field == field) {
            return Err(self.not_to_edit(&draft, field));
        }
        self.reader().await?.passage_versions(id, field).await.map_err(report::store)
    }

    /// Why a field that is no drafted passage cannot be edited.
    pub(super) fn not_to_edit(&self, draft: &DraftRow, field: &str) -> Report {
        let known = self.prompts.form(&draft.kind).ok().and_then(|form| form.field(field));
        match known {
            Some(known) => {
                let detail = format!("“{}”由系统按案卷填写；请修改案卷中的事实或者处理决定后重新起草", known.zh);
                Report::new(Class::Refused, "draft.field_fixed", "这一段不能直接修改", detail)
            }
            None => Report::new(Class::NotFound, "draft.field_unknown", "没有这一段", "本文书没有这个字段"),
        }
    }

    #[allow(clippy::too_many_arguments, reason = "what one person sent, kept whole")]
    async fn park_passage(
        &self,
        ask: &Asking,
        draft: &DraftRow,
        row: &PassageRow,
        base: i64,
        action: TakeAction,
        text: String,
        (note, vouch): (Option<String>, Option<String>),
    ) -> Report {
        let by = ActorRef::from(&ask.actor);
        let kept = VersionRow {
            id: uuid::Uuid::new_v4().to_string(),
            version: base,
            what: "parked".into(),
            text,
            by: by.id,
            by_name: by.name,
            at: legal_time(ask.now),
            unsupported: vec![],
            vouch,
            note,
        };
        let event = draft_event(ask, "draft.conflict", draft).detail(json!({
            "field": row.field, "action": action, "base": base, "current": row.version, "parked": kept.id,
            "text_sha256": digest(&kept.text),
        }));
        let (parked, current) = (kept.id.clone(), row.version);
        let change = ParkPassage { draft: draft.id.clone(), field: row.field.clone(), kept };
        let saved = match self.writer().await {
            Ok(writer) => writer.commit(event, change).await.is_ok(),
            Err(_) => false,
        };
        let kept = match saved {
            true => format!("您写的文字已保留（{parked}），可与现有文字对照后重新提交"),
            false => "请先复制您写的文字".into(),
        };
        let detail = format!("您根据第{base}版修改“{}”，现在已是第{current}版。{kept}", row.zh);
        let told = |path: &str, code: &str, message: String| Wrong { path: path.into(), code: code.into(), message };
        let mut errors = vec![told("version", "store.stale_version", current.to_string())];
        if saved {
            errors.push(told("parked", "draft.parked", parked));
        }
        Report::new(Class::Conflict, "store.stale_version", "已被他人修改", detail)
            .missing(vec![format!("version={current}")])
            .errors(errors)
    }
}

/// The words the passage is to have.
fn words(action: TakeAction, sent: Option<String>, now: &str) -> Result<String> {
    let wrong = |message: &str| {
        let told = Wrong { path: "text".into(), code: "draft.text".into(), message: message.into() };
        Err(Report::new(Class::Invalid, "draft.text", "段落文字有误", message).errors(vec![told]))
    };
    let text = match (action, sent) {
        (TakeAction::Accept, None) => now.to_string(),
        (TakeAction::Accept, Some(sent)) if clean(&sent) == clean(now) => now.to_string(),
        (TakeAction::Accept, Some(_)) => return wrong("采纳时不改文字；要修改请用 edit 或者 replace"),
        (_, None) => return wrong("请写明修改后的文字（text）"),
        (_, Some(sent)) => clean(&sent),
    };
    if text.is_empty() {
        return wrong("这一段没有文字，请填写");
    }
    if text.contains(UNWRITTEN) {
        return wrong("这一段还有须由承办人填写之处");
    }
    if text.chars().count() > LONGEST {
        return wrong("一段最长20000字");
    }
    if text.contains("{{") || text.contains("}}") {
        return wrong("文字中不能有占位符“{{ }}”，请写出实际内容");
    }
    Ok(text)
}

/// A note, trimmed; an empty one is none.
fn said(note: Option<String>, path: &str, zh: &str) -> Result<Option<String>> {
    let note = note.map(|n| clean(&n)).filter(|n| !n.is_empty());
    if note.as_ref().is_some_and(|n| n.chars().count() > LONGEST_NOTE) {
        let message = format!("{zh}最长{LONGEST_NOTE}字");
        let told = Wrong { path: path.into(), code: "draft.text".into(), message: message.clone() };
        return Err(Report::new(Class::Invalid, "draft.text", "填写有误", message).errors(vec![told]));
    }
    Ok(note)
}
