//! 附件: files of a case are taken in, listed and read. Whether a file may come in is decided by its content, never by what it is
//! called or said to be; reading one is on record.

mod inspect;

use std::fs::File;
use std::io::Seek;

use serde::Serialize;
use serde_json::json;

use super::cases::Asking;
use super::people::hidden;
use super::{Flow, report};
use crate::domain::attachment::{ALLOWED_ZH, display_name};
pub use crate::domain::attachment::{Attachment, AttachmentKind};
use crate::domain::dossier::Dossier;
use crate::domain::people::Actor;
use crate::domain::process_record::{ActorRef, NewEvent};
use crate::error::{Class, Report, Result};
use crate::store::attachments::{Attach, Incoming, measure_open, path, relative};
use crate::store::{Answer, Done};

/// A file on its way into a case; gone without a trace unless it is [kept](Flow::keep_attachment).
pub struct Upload {
    incoming: Incoming,
    case_no: String,
    limit: u64,
}

/// What is said of the file beside its content.
#[derive(Clone, Debug)]
pub struct Said {
    /// As the caller's machine calls it; never used as a path.
    pub name: String,
    pub kind: AttachmentKind,
    pub evidence_no: Option<u32>,
}

/// The answer to an upload.
#[derive(Clone, Debug, Serialize)]
struct Taken<'a> {
    #[serde(flatten)]
    attachment: &'a Attachment,
    /// Number and hash of the event in the record.
    seq: i64,
    hash: &'a str,
}

impl Upload {
    /// The next bytes; refused as soon as there are too many.
    pub async fn write(&mut self, chunk: &[u8]) -> Result<()> {
        if self.incoming.size().saturating_add(chunk.len() as u64) > self.limit {
            let detail = format!("单个附件最大 {} MB，请压缩或分段后上传", self.limit >> 20);
            return Err(Report::new(Class::TooLarge, "attachment.too_large", "附件过大", detail));
        }
        self.incoming.write(chunk).await.map_err(report::store)
    }
}

impl Flow {
    /// Begins an upload by somebody who works on the case.
    pub async fn begin_attachment(&self, ask: &Asking, case_no: &str) -> Result<Upload> {
        let stored = self.stored(&ask.actor, case_no).await?;
        may_add(&ask.actor, &stored.dossier)?;
        let incoming = Incoming::begin(&self.settings.data_dir).await.map_err(report::store)?;
        Ok(Upload {
            incoming,
            case_no: case_no.into(),
            limit: self.settings.store.attachment_mb.saturating_mul(1 << 20),
        })
    }

    /// Looks at what came, keeps it and writes it down; returns the answer as JSON. The same request with the same
    /// `Idempotency-Key` gets the same answer.
    pub async fn keep_attachment(&self, ask: &Asking, upload: Upload, said: Said) -> Result<String> {
        let Upload { mut incoming, case_no, .. } = upload;
        if incoming.size() == 0 {
            return Err(Report::new(Class::Invalid, "attachment.empty", "文件是空的", "请选择有内容的文件"));
        }
        let lying = incoming.written().await.map_err(report::store)?.to_path_buf();
        let media = tokio::task::spawn_blocking(move || inspect::media(&lying)).await.map_err(interrupted)??;
        let attachment = Attachment {
            id: uuid::Uuid::new_v4().to_string(),
            sha256: incoming.sha256(),
            size: incoming.size(),
            media_type: media.mime.into(),
            name: display_name(&said.name, &media),
            kind: said.kind,
            case_no: case_no.clone(),
            uploaded_by: ask.actor.id.clone(),
            uploaded_at: String::new(),
            evidence_no: said.evidence_no,
        };
        let event = event(ask, "attachment.added", &attachment);
        incoming.keep().await.map_err(report::store)?;
        let change =
            Attach { attachment, at: ask.now, case_limit: self.settings.store.case_mb.saturating_mul(1 << 20) };
        let writer = self.writer().await?;
        let answer = |c: &crate::store::Committed<Attachment>| {
            let taken = Taken { attachment: &c.output, seq: c.seq, hash: &c.hash };
            serde_json::to_string(&taken).unwrap_or_default()
        };
        let Some(once) = ask.once.clone() else {
            return Ok(answer(&writer.commit(event, change).await.map_err(report::store)?));
        };
        let stored = move |c: &crate::store::Committed<Attachment>| Answer { status: 201, body: answer(c) };
        match writer.commit_once(once, event, change, stored).await.map_err(report::store)? {
            Done::Fresh { answer, .. } | Done::Repeated(answer) => Ok(answer.body),
        }
    }

    /// Digest of what has come, for telling a repeated request from another one.
    pub fn upload_digest(upload: &Upload) -> String {
        upload.incoming.sha256()
    }

    /// The files of a case, for whoever may see it.
    pub async fn attachments(&self, actor: &Actor, case_no: &str) -> Result<Vec<Attachment>> {
        self.stored(actor, case_no).await?;
        self.reader().await?.attachments_of(case_no).await.map_err(report::store)
    }

    /// A file of a case, open at its beginning, after its content was compared with the record. Reading it is on record.
    pub async fn open_attachment(&self, ask: &Asking, case_no: &str, id: &str) -> Result<(Attachment, File)> {
        self.stored(&ask.actor, case_no).await?;
        let found = self.reader().await?.attachment(case_no, id).await.map_err(report::store)?;
        let attachment = found.ok_or_else(hidden)?;
        let (place, shown) = (path(&self.settings.data_dir, &attachment.sha256), relative(&attachment.sha256));
        let expected = (attachment.sha256.clone(), attachment.size);
        let checked = tokio::task::spawn_blocking(move || {
            let damaged = |why: String| {
                let detail = format!("{shown}：{why}。请运行 zhicai verify-record 查明，并从备份恢复");
                Report::new(Class::Missing, "attachment.damaged", "附件缺失或被改动", detail)
            };
            let mut file = File::open(&place).map_err(|e| damaged(format!("无法读取（{e}）")))?;
            let measured = measure_open(&mut file).map_err(|e| damaged(format!("无法读取（{e}）")))?;
            if measured != expected {
                return Err(damaged("内容与记录的摘要不符".into()));
            }
            file.rewind().map_err(|e| damaged(format!("无法读取（{e}）")))?;
            Ok(file)
        });
        let checked = checked.await.map_err(interrupted)?;
        let action = if checked.is_ok() { "attachment.read" } else { "attachment.damaged" };
        self.writer().await?.commit(event(ask, action, &attachment), ()).await.map_err(report::store)?;
        Ok((attachment, checked?))
    }
}

fn event(ask: &Asking, action: &str, a: &Attachment) -> NewEvent {
    let mut detail = json!({ "sha256": a.sha256, "size": a.size, "name": a.name, "kind": a.kind });
    if let Some(no) = a.evidence_no {
        detail["evidence_no"] = json!(no);
    }
    NewEvent::new(ask.now, ActorRef::from(&ask.actor), action, format!("attachment:{}", a.id), &ask.origin)
        .case(&a.case_no)
        .detail(detail)
}

/// Whoever works on the case adds to its file, until it is closed: 承办人 and others with a duty in it who have not left, and,
/// before 承办人 are assigned, whoever registered it.
fn may_add(actor: &Actor, dossier: &Dossier) -> Result<()> {
    if dossier.state.is_final() {
        let detail = format!("案件{}，案卷不能再增加材料", dossier.state.zh());
        return Err(Report::new(Class::Conflict, "attachment.case_closed", "不能再上传", detail));
    }
    let works = dossier.people.iter().any(|p| p.id == actor.id && p.left_on.is_none())
        || (dossier.officers().is_empty() && dossier.created_by == actor.id);
    if works {
        return Ok(());
    }
    Err(Report::new(Class::Forbidden, "attachment.not_officer", "没有权限", "只有本案办案人员可以上传附件"))
}

fn interrupted(_: tokio::task::JoinError) -> Report {
    Report::new(Class::Internal, "attachment.interrupted", "没有完成", "程序内部错误，请重试")
}

/// The refusal of a kind of file that is not taken in.
fn not_allowed(code: &str, detail: impl Into<String>) -> Report {
    let detail: String = detail.into();
    Report::new(Class::Invalid, code, "不接受这种文件", format!("{detail}。可上传：{ALLOWED_ZH}"))
}
