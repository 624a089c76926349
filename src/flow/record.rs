//! 全过程记录 as an outsider may ask of it: is it whole, which checkpoint stands, is this event in it. Verifying needs nothing but
//! the data directory, so that it works where nothing else does.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Value, json};

use super::cases::Asking;
use super::{Flow, report};
use crate::domain::process_record::canonical::event_signed;
use crate::domain::process_record::exported::{CHECKPOINT_FORMAT, Consistency, INCLUSION_FORMAT};
use crate::domain::process_record::{ActorRef, ExportedCheckpoint, InclusionProof, NewEvent};
use crate::error::{Class, Report, Result};
pub use crate::store::backup::{Backup, Restored};
use crate::store::key::signed_by;
use crate::store::verify::{self, Place, is_public_key};
pub use crate::store::verify::{Verified, Wanted};
use crate::store::{self, Reader, StoreError, Writer, backup};

/// Verifies the record of a data directory, read-only. Blocks.
pub fn verify(data_dir: &Path, wanted: &Wanted) -> Result<Verified> {
    there(data_dir)?;
    check_wanted(wanted)?;
    verify::verify(&Place::of(data_dir), wanted).map_err(report::store)
}

/// Copies a data directory while others go on writing to it. Blocks.
pub fn back_up(data_dir: &Path, out: &Path, with_key: bool) -> Result<Backup> {
    there(data_dir)?;
    backup::backup(data_dir, out, with_key).map_err(in_backup)
}

/// Puts a backup in place. Blocks.
pub fn restore(from: &Path, data_dir: &Path, force: bool, wanted: &Wanted) -> Result<Restored> {
    check_wanted(wanted)?;
    backup::restore(from, data_dir, force, wanted).map_err(in_backup)
}

/// Signs and returns the checkpoint of the record as it stands, for the command line.
pub async fn checkpoint_of(data_dir: &Path, since: Option<&ExportedCheckpoint>) -> Result<ExportedCheckpoint> {
    there(data_dir)?;
    let (reader, writer) = store::open(data_dir).await.map_err(report::store)?;
    let made = checkpoint(&reader, &writer, since.map(|s| s.checkpoint.size)).await;
    let closed = writer.close().await.map_err(report::store);
    let made = made?;
    closed?;
    match since {
        Some(since) if !made.continues(&since.checkpoint) => {
            Err(Report::new(Class::Missing, "record.rewritten", "记录与导出的检查点不符", "现有记录不是该检查点的延续"))
        }
        _ => Ok(made),
    }
}

/// Proves that an event is in the record: in its tree as it stands, or in that of an earlier checkpoint.
pub async fn prove(data_dir: &Path, seq: i64, at: Option<ExportedCheckpoint>) -> Result<InclusionProof> {
    there(data_dir)?;
    let (reader, writer) = store::open(data_dir).await.map_err(report::store)?;
    let made = inclusion(&reader, &writer, seq, at).await;
    let closed = writer.close().await.map_err(report::store);
    let proof = made?;
    closed?;
    match proof.holds() {
        true => Ok(proof),
        false => {
            let detail = "该事件不在检查点之内，或记录已被改动；请运行 zhicai verify-record 查明";
            Err(Report::new(Class::Missing, "record.not_proven", "不能证明", detail))
        }
    }
}

async fn checkpoint(reader: &Reader, writer: &Writer, since: Option<i64>) -> Result<ExportedCheckpoint> {
    let checkpoint = writer.checkpoint().await.map_err(report::store)?;
    let mut exported = ExportedCheckpoint::new(reader.public_key().await.map_err(report::store)?, checkpoint);
    if let Some(since) = since {
        let path = reader.consistency(since, exported.checkpoint.size).await.map_err(report::store)?;
        exported.consistency = Some(Consistency { since, path });
    }
    Ok(exported)
}

async fn inclusion(
    reader: &Reader,
    writer: &Writer,
    seq: i64,
    at: Option<ExportedCheckpoint>,
) -> Result<InclusionProof> {
    let at = match at {
        Some(at) => at,
        None => checkpoint(reader, writer, None).await?,
    };
    let (event, path) = reader.inclusion(seq, at.checkpoint.size).await.map_err(report::store)?;
    let ExportedCheckpoint { public_key, checkpoint, .. } = at;
    Ok(InclusionProof { format: INCLUSION_FORMAT.into(), public_key, event, path, checkpoint })
}

impl Flow {
    /// Verifies the record while the service runs; one at a time. That it was done, and what came of it, is on record.
    pub async fn verify_record(&self, ask: &Asking, wanted: Wanted) -> Result<Verified> {
        let Ok(_alone) = self.verifying.try_lock() else {
            return Err(Report::new(Class::Busy, "record.verifying", "正在核验", "已有一次核验在进行，请稍后再试"));
        };
        // Opened first: a record that was never begun is begun, not missed.
        self.store().await?;
        let data_dir: PathBuf = self.settings.data_dir.clone();
        let verified = tokio::task::spawn_blocking(move || verify(&data_dir, &wanted));
        let verified = verified
            .await
            .map_err(|_| Report::new(Class::Internal, "record.interrupted", "没有完成", "核验中断，请重试"))??;
        let detail = json!({ "ok": verified.ok, "events": verified.events, "faults": verified.faults_total });
        let event = NewEvent::new(ask.now, ActorRef::from(&ask.actor), "record.verified", "record", &ask.origin);
        // A record that is broken takes no more events; what was found is told all the same.
        if let Err(e) = self.writer().await?.commit(event.detail(detail), ()).await {
            tracing::warn!("the verification could not be written down: {e}");
        }
        Ok(verified)
    }

    /// A signed checkpoint of the record as it stands; with the proof that it continues the one of size `since`.
    pub async fn record_checkpoint(&self, since: Option<i64>) -> Result<ExportedCheckpoint> {
        checkpoint(self.reader().await?, self.writer().await?, since).await
    }

    /// One event with the proof that it is in the record. The event of a case is for whoever may see the case; reading it is on
    /// record.
    pub async fn record_proof(&self, ask: &Asking, seq: i64) -> Result<InclusionProof> {
        let (reader, writer) = (self.reader().await?, self.writer().await?);
        let event = reader.event(seq).await.map_err(report::store)?.ok_or_else(super::people::hidden)?;
        if let Some(case_no) = &event.case_no {
            self.stored(&ask.actor, case_no).await?;
        }
        let proof = inclusion(reader, writer, seq, None).await?;
        let mut read =
            NewEvent::new(ask.now, ActorRef::from(&ask.actor), "record.proved", format!("event:{seq}"), &ask.origin);
        read.case_no = event.case_no;
        writer.commit(read, ()).await.map_err(report::store)?;
        Ok(proof)
    }
}

/// A document that was exported: one of the two kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exported {
    Checkpoint(ExportedCheckpoint),
    Inclusion(Box<InclusionProof>),
}

/// What looking at an exported document found; no data directory is needed.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Checked {
    pub ok: bool,
    pub record: String,
    pub public_key: String,
    /// Size of the checkpoint.
    pub size: i64,
    /// What is wrong.
    pub faults: Vec<String>,
    /// What was not looked at.
    pub warnings: Vec<String>,
}

/// Reads an exported checkpoint or proof.
pub fn read_exported(text: &str) -> Result<Exported> {
    let wrong = |detail: String| Report::new(Class::Invalid, "record.not_exported", "不是导出的检查点或证明", detail);
    let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|e| wrong(format!("第{}行第{}列不符合 JSON 语法", e.line(), e.column())))?;
    let read = match value["format"].as_str() {
        Some(CHECKPOINT_FORMAT) => serde_json::from_value(value).map(Exported::Checkpoint),
        Some(INCLUSION_FORMAT) => serde_json::from_value(value).map(|p| Exported::Inclusion(Box::new(p))),
        _ => return Err(wrong("没有认识的 format".into())),
    };
    read.map_err(|e| wrong(format!("字段有误：{e}")))
}

/// Reads an exported checkpoint.
pub fn read_checkpoint(text: &str) -> Result<ExportedCheckpoint> {
    match read_exported(text)? {
        Exported::Checkpoint(checkpoint) => Ok(checkpoint),
        Exported::Inclusion(_) => Err(Report::new(
            Class::Invalid,
            "record.not_a_checkpoint",
            "不是检查点",
            "这是一个事件的证明，请给出检查点文件",
        )),
    }
}

/// Checks an exported document by itself and against what was kept elsewhere.
pub fn check(document: &Exported, kept: &[ExportedCheckpoint], key: Option<&str>) -> Checked {
    let (public_key, checkpoint) = match document {
        Exported::Checkpoint(c) => (&c.public_key, &c.checkpoint),
        Exported::Inclusion(p) => (&p.public_key, &p.checkpoint),
    };
    let (record, size) = (checkpoint.record.clone(), checkpoint.size);
    let mut checked = Checked { record, size, public_key: public_key.clone(), ..Checked::default() };
    let faults = &mut checked.faults;
    if !signed_by(public_key, &checkpoint.signed(), &checkpoint.signature) {
        faults.push("检查点的签名不符".into());
    }
    if let Exported::Inclusion(proof) = document {
        if !proof.holds() {
            faults.push(format!("第{}号事件与检查点接不上：内容、路径或检查点被改动", proof.event.seq));
        }
        if !signed_by(public_key, &event_signed(&proof.event.hash), &proof.event.signature) {
            faults.push(format!("第{}号事件的签名不符", proof.event.seq));
        }
    }
    if key.is_some_and(|key| key != public_key) {
        faults.push("公钥与给出的不同".into());
    }
    for other in kept {
        let at = other.checkpoint.size;
        if !signed_by(&other.public_key, &other.checkpoint.signed(), &other.checkpoint.signature) {
            faults.push(format!("外部保存的检查点（{at}个事件）签名不符"));
        } else if (&other.public_key, &other.checkpoint.record) != (public_key, &checkpoint.record) {
            faults.push(format!("与外部保存的检查点（{at}个事件）不是同一份记录"));
        } else if at == checkpoint.size {
            if other.checkpoint.root != checkpoint.root {
                faults.push(format!("与外部保存的检查点（{at}个事件）不符：记录被重写"));
            }
        } else {
            match document {
                Exported::Checkpoint(c) if c.consistency.as_ref().is_some_and(|p| p.since == at) => {
                    if !c.continues(&other.checkpoint) {
                        faults.push(format!("不是外部保存的检查点（{at}个事件）的延续：记录被重写"));
                    }
                }
                // Not shown to be wrong, but asked for and not shown to be right.
                _ => faults.push(format!(
                    "没有它与外部保存的检查点（{at}个事件）之间的连续性证明，不能比较；请用 --checkpoint 重新导出"
                )),
            }
        }
    }
    if key.is_none() && kept.is_empty() {
        checked.warnings.push("没有用外部保存的检查点或公钥核对：只能说明文件自身前后一致".into());
    }
    checked.ok = checked.faults.is_empty();
    checked
}

fn there(data_dir: &Path) -> Result<()> {
    let database = data_dir.join(store::FILE);
    if database.exists() {
        return Ok(());
    }
    let detail = format!("{} 不存在；请用 --data 指明数据目录", database.display());
    Err(Report::new(Class::Missing, "record.none", "没有全过程记录", detail))
}

fn check_wanted(wanted: &Wanted) -> Result<()> {
    let keys = wanted.key.iter().chain(wanted.checkpoints.iter().map(|c| &c.public_key));
    match keys.into_iter().all(|k| is_public_key(k)) {
        true => Ok(()),
        false => Err(Report::new(Class::Invalid, "record.bad_key", "公钥有误", "公钥应为 64 位小写十六进制")),
    }
}

/// Refusals of a restore are about the backup, not about a case.
fn in_backup(e: StoreError) -> Report {
    match e {
        StoreError::Refused { code, message } => {
            let class = if code == "restore.not_empty" { Class::Conflict } else { Class::Invalid };
            Report::new(class, code, "没有恢复", message)
        }
        other => report::store(other),
    }
}
