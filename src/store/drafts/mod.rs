//! 文书草稿 of cases: the job, its passages one by one, and every text a passage ever had.

mod filing;
mod queue;
mod read;
mod take;
mod write;

pub use filing::{BeginFiling, EndFiling, Numbering};
pub use queue::{EndDraft, QueueDraft, RunDraft};
pub use take::{ParkPassage, TakePassage, Taken};
pub use write::{RewritePassage, WritePassage, Written};

use sqlx::Row as _;

use super::change::Tx;
use super::error::StoreError;
use super::sqlite::{Connection, Row};
use crate::domain::document::passage::{DraftState, Treatment};
use crate::domain::process_record::ActorRef;

/// Columns of `drafts` after its key, in the order they are read and sealed.
pub(super) const DRAFT: &[&str] = &[
    "case_no",
    "kind",
    "state",
    "version",
    "case_version",
    "facts",
    "facts_sha256",
    "day",
    "model",
    "prompt_sha256",
    "rules_version",
    "created_by",
    "created_by_name",
    "created_at",
    "created_seq",
    "error",
    "doc_no",
    "paper",
];

/// Columns of `draft_passages` after its key.
pub(super) const PASSAGE: &[&str] = &[
    "draft_id",
    "field",
    "zh",
    "place",
    "material_sha256",
    "carried_from",
    "machine_text",
    "sentences",
    "sources",
    "model",
    "prompt_sha256",
    "output_sha256",
    "attempts",
    "text",
    "version",
    "treatment",
    "taken_by",
    "taken_by_name",
    "taken_at",
    "unsupported",
    "vouch",
];

/// Columns of `draft_passage_versions` after its key.
pub(super) const VERSION: &[&str] =
    &["draft_id", "field", "version", "what", "text", "by_id", "by_name", "at", "unsupported", "vouch", "note"];

/// A draft of a case, without its passages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftRow {
    pub id: String,
    pub case_no: String,
    pub kind: String,
    pub state: DraftState,
    /// Counts the changes of the draft and its passages.
    pub version: i64,
    /// Of the case it is made from.
    pub case_version: i64,
    /// The case JSON it is made from.
    pub facts: String,
    pub facts_sha256: String,
    /// The legal day it is made for.
    pub day: String,
    pub model: String,
    pub prompt_sha256: String,
    pub rules_version: String,
    pub created_by: ActorRef,
    pub created_at: String,
    /// Number of its first event.
    pub created_seq: i64,
    /// JSON of the report, when it could not be finished.
    pub error: Option<String>,
    pub doc_no: Option<String>,
    /// Id of the document in the file.
    pub paper: Option<String>,
}

/// A drafted passage as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassageRow {
    pub draft_id: String,
    pub field: String,
    pub zh: String,
    /// Order in the form.
    pub place: i64,
    /// Digest of what it has to say: two drafts with the same may have the same words.
    pub material_sha256: String,
    /// The draft from which words a person answers for were taken over.
    pub carried_from: Option<String>,
    /// As it was written; `None` until then.
    pub machine: Option<Written>,
    pub text: String,
    /// 0 until it is written.
    pub version: i64,
    pub treatment: Treatment,
    /// Who answers for it.
    pub taken_by: Option<ActorRef>,
    pub taken_at: Option<String>,
    /// Values in it that the case does not support.
    pub unsupported: Vec<String>,
    /// Why a person keeps them all the same.
    pub vouch: Option<String>,
}

impl PassageRow {
    /// A person answers for it, and nothing in it is without support that nobody vouched for.
    pub fn settled(&self) -> bool {
        self.taken_by.is_some() && (self.unsupported.is_empty() || self.vouch.is_some())
    }
}

/// One text a passage had, or one that came too late.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct VersionRow {
    pub id: String,
    /// Of a parked one: the version it was made from.
    pub version: i64,
    /// written, carried, accept, edit, replace, parked
    pub what: String,
    pub text: String,
    #[serde(rename = "by_id")]
    pub by: String,
    pub by_name: String,
    pub at: String,
    pub unsupported: Vec<String>,
    pub vouch: Option<String>,
    pub note: Option<String>,
}

/// Key of a passage.
fn passage_id(draft: &str, field: &str) -> String {
    format!("{draft}/{field}")
}

fn json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::Sql(e.to_string()))
}

fn list(text: &str) -> Result<Vec<String>, StoreError> {
    serde_json::from_str(text).map_err(|e| StoreError::Corrupt(format!("草稿不能读取：{e}")))
}

fn broken() -> StoreError {
    StoreError::Corrupt("草稿的状态不能读取".into())
}

fn select_draft(condition: &str) -> String {
    format!("SELECT id, {} FROM drafts d WHERE {condition}", DRAFT.join(", "))
}

fn select_passages(condition: &str) -> String {
    format!(
        "SELECT {} FROM draft_passages p WHERE {condition}",
        PASSAGE.iter().map(|c| format!("p.{c}")).collect::<Vec<_>>().join(", ")
    )
}

fn draft_row(r: &Row) -> Result<DraftRow, StoreError> {
    Ok(DraftRow {
        id: r.try_get(0)?,
        case_no: r.try_get(1)?,
        kind: r.try_get(2)?,
        state: DraftState::from_code(&r.try_get::<String, _>(3)?).ok_or_else(broken)?,
        version: r.try_get(4)?,
        case_version: r.try_get(5)?,
        facts: r.try_get(6)?,
        facts_sha256: r.try_get(7)?,
        day: r.try_get(8)?,
        model: r.try_get(9)?,
        prompt_sha256: r.try_get(10)?,
        rules_version: r.try_get(11)?,
        created_by: ActorRef { id: r.try_get(12)?, name: r.try_get(13)? },
        created_at: r.try_get(14)?,
        created_seq: r.try_get(15)?,
        error: r.try_get(16)?,
        doc_no: r.try_get(17)?,
        paper: r.try_get(18)?,
    })
}

fn passage_row(r: &Row) -> Result<PassageRow, StoreError> {
    let machine = match r.try_get::<Option<String>, _>(6)? {
        None => None,
        Some(text) => Some(Written {
            text,
            sentences: r.try_get::<Option<String>, _>(7)?.unwrap_or_default(),
            sources: list(&r.try_get::<Option<String>, _>(8)?.unwrap_or_else(|| "[]".into()))?,
            model: r.try_get(9)?,
            prompt_sha256: r.try_get::<Option<String>, _>(10)?.unwrap_or_default(),
            output_sha256: r.try_get::<Option<String>, _>(11)?.unwrap_or_default(),
            attempts: r.try_get::<Option<i64>, _>(12)?.unwrap_or_default(),
        }),
    };
    let (taken_by, taken_name): (Option<String>, Option<String>) = (r.try_get(16)?, r.try_get(17)?);
    Ok(PassageRow {
        draft_id: r.try_get(0)?,
        field: r.try_get(1)?,
        zh: r.try_get(2)?,
        place: r.try_get(3)?,
        material_sha256: r.try_get(4)?,
        carried_from: r.try_get(5)?,
        machine,
        text: r.try_get::<Option<String>, _>(13)?.unwrap_or_default(),
        version: r.try_get(14)?,
        treatment: Treatment::from_code(&r.try_get::<String, _>(15)?).ok_or_else(broken)?,
        taken_by: taken_by.map(|id| ActorRef { id, name: taken_name.unwrap_or_default() }),
        taken_at: r.try_get(18)?,
        unsupported: list(&r.try_get::<String, _>(19)?)?,
        vouch: r.try_get(20)?,
    })
}

async fn find(conn: &mut Connection, id: &str) -> Result<DraftRow, StoreError> {
    let row = sqlx::query(&select_draft("d.id = ?")).bind(id).fetch_optional(conn).await?;
    draft_row(&row.ok_or_else(|| StoreError::NotFound("这份草稿".into()))?)
}

async fn find_passage(conn: &mut Connection, draft: &str, field: &str) -> Result<PassageRow, StoreError> {
    let sql = select_passages("p.id = ?");
    let row = sqlx::query(&sql).bind(passage_id(draft, field)).fetch_optional(conn).await?;
    passage_row(&row.ok_or_else(|| StoreError::NotFound("这一段".into()))?)
}

/// Counts the change, seals the draft and names it in the event.
async fn touched(tx: &mut Tx<'_>, draft: &DraftRow) -> Result<i64, StoreError> {
    let version = draft.version + 1;
    sqlx::query("UPDATE drafts SET version = ? WHERE id = ?").bind(version).bind(&draft.id).execute(tx.conn()).await?;
    name(tx, &draft.id, &draft.case_no, version);
    Ok(version)
}

fn name(tx: &mut Tx<'_>, id: &str, case_no: &str, version: i64) {
    tx.seal("drafts", id);
    let event = tx.event();
    event.subject = format!("draft:{id}");
    event.case_no = Some(case_no.into());
    event.version = Some(version);
}

/// Appends a text to the history of a passage.
async fn keep(tx: &mut Tx<'_>, draft: &str, field: &str, v: &VersionRow) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO draft_passage_versions (id, {}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        VERSION.join(", ")
    );
    sqlx::query(&sql)
        .bind(&v.id)
        .bind(draft)
        .bind(field)
        .bind(v.version)
        .bind(&v.what)
        .bind(&v.text)
        .bind(&v.by)
        .bind(&v.by_name)
        .bind(&v.at)
        .bind(json(&v.unsupported)?)
        .bind(&v.vouch)
        .bind(&v.note)
        .execute(tx.conn())
        .await?;
    tx.seal("draft_passage_versions", &v.id);
    Ok(())
}

/// A change that the state of the draft does not allow.
fn not_now(state: DraftState, wanted: &str) -> StoreError {
    let message = format!("草稿现在“{}”，不能{wanted}", state.zh());
    StoreError::Refused { code: state.refusal(), message }
}
