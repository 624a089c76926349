//! The signed end of the record and the signed checkpoints on the way, those in the database and those from elsewhere.

use std::collections::BTreeMap;

use sqlx::Row as _;

use super::Wanted;
use super::events::Walked;
use super::fault::Faults;
use crate::domain::process_record::canonical::head_signed;
use crate::domain::process_record::merkle::Frontier;
use crate::domain::process_record::{Checkpoint, event::legal_time};
use crate::store::CHECKPOINT_EVERY;
use crate::store::head::from_row;
use crate::store::key::signed_by;
use crate::store::sqlite::Connection;

/// Loaded before the walk, filled in by it, compared after it.
pub(super) struct Ends {
    /// Size, last hash, frontier, signature.
    head: Option<(i64, String, String, String)>,
    checkpoints: Vec<Checkpoint>,
    /// Root and last hash at every size that somebody asked for.
    reached: BTreeMap<i64, Option<(String, String)>>,
}

impl Ends {
    pub async fn load(conn: &mut Connection, wanted: &Wanted, faults: &mut Faults) -> Self {
        let mut ends = Self { head: None, checkpoints: vec![], reached: BTreeMap::new() };
        match sqlx::query("SELECT id, size, last_hash, frontier, signature FROM record_head")
            .fetch_all(&mut *conn)
            .await
        {
            Ok(rows) => {
                if rows.len() != 1 || rows[0].try_get::<i64, _>(0).ok() != Some(1) {
                    faults.head("head.missing", None, "缺失或多出");
                }
                let read = rows
                    .iter()
                    .find(|r| r.try_get::<i64, _>(0).ok() == Some(1))
                    .map(|r| Ok::<_, sqlx::Error>((r.try_get(1)?, r.try_get(2)?, r.try_get(3)?, r.try_get(4)?)));
                match read {
                    Some(Ok(head)) => ends.head = Some(head),
                    Some(Err(_)) => faults.head("head.unreadable", None, "无法读取"),
                    None => {}
                }
            }
            Err(e) => faults.database("database.damaged", format!("记录末尾无法读取：{e}")),
        }
        let sql = "SELECT size, root, last_hash, at, signature FROM checkpoints ORDER BY size";
        match sqlx::query(sql).fetch_all(conn).await {
            Ok(rows) => {
                for row in &rows {
                    match from_row(row, "") {
                        Ok(checkpoint) => ends.checkpoints.push(checkpoint),
                        Err(_) => {
                            let size = row.try_get(0).unwrap_or_default();
                            faults.checkpoint("checkpoint.unreadable", size, "无法读取");
                        }
                    }
                }
            }
            Err(e) => faults.database("database.damaged", format!("检查点无法读取：{e}")),
        }
        let outside = wanted.checkpoints.iter().map(|c| c.checkpoint.size);
        ends.reached = ends.checkpoints.iter().map(|c| c.size).chain(outside).map(|size| (size, None)).collect();
        ends
    }

    /// The walk has come to that size.
    pub fn reached(&mut self, size: i64, last_hash: &str, frontier: &Frontier) {
        if let Some(slot) = self.reached.get_mut(&size) {
            *slot = Some((hex::encode(frontier.root()), last_hash.into()));
        }
    }

    pub fn stored(&self) -> usize {
        self.checkpoints.len()
    }

    /// Compares; returns the sizes of the checkpoints from elsewhere that hold.
    pub fn check(&self, key: &str, walked: &Walked, wanted: &Wanted, faults: &mut Faults) -> Vec<i64> {
        self.head(key, walked, faults);
        for stored in &self.checkpoints {
            let whole = Checkpoint { record: walked.record.clone(), ..stored.clone() };
            for (code, what) in self.faults_of(&whole, key) {
                faults.checkpoint(code, stored.size, what);
            }
        }
        // A forged number may be anything.
        self.regular(walked.size.min(walked.count), faults);
        let mut confirmed = vec![];
        for outside in &wanted.checkpoints {
            let checkpoint = &outside.checkpoint;
            let mut found = self.faults_of(checkpoint, &outside.public_key);
            if checkpoint.record != walked.record {
                found.push(("checkpoint.record", "属于另一份记录，或第1号事件被重写"));
            }
            if found.is_empty() {
                confirmed.push(checkpoint.size);
            }
            for (code, what) in found {
                let code = match code {
                    "checkpoint.root" => "exported.root",
                    "checkpoint.last_hash" => "exported.last_hash",
                    "checkpoint.record" => "exported.record",
                    "checkpoint.beyond" => "exported.beyond",
                    _ => "exported.signature",
                };
                faults.checkpoint(code, checkpoint.size, &format!("（外部保存）{what}"));
            }
        }
        confirmed
    }

    fn head(&self, key: &str, walked: &Walked, faults: &mut Faults) {
        let Some((size, last_hash, frontier, signature)) = &self.head else { return };
        let at = Some(*size);
        if *size != walked.size {
            let what = format!("写明有{size}个事件，实际到第{}号（末尾被增删）", walked.size);
            faults.head("head.size", at, &what);
        }
        if *last_hash != walked.last_hash {
            faults.head("head.last_hash", at, "与最后一个事件不符");
        }
        if *frontier != walked.frontier {
            faults.head("head.frontier", at, "与全部事件算出的树不符");
        }
        if !signed_by(key, &head_signed(&walked.record, *size, last_hash, frontier), signature) {
            faults.head("head.signature", at, "签名不符");
        }
    }

    fn faults_of(&self, c: &Checkpoint, key: &str) -> Vec<(&'static str, &'static str)> {
        let mut faults = vec![];
        match self.reached.get(&c.size) {
            Some(Some((root, last_hash))) => {
                if *root != c.root {
                    faults.push(("checkpoint.root", "与现有事件算出的根不符：此前的记录被重写"));
                }
                if *last_hash != c.last_hash {
                    faults.push(("checkpoint.last_hash", "与该号事件不符"));
                }
            }
            _ => faults.push(("checkpoint.beyond", "没有这一号事件：记录末尾被截去")),
        }
        if c.at.parse::<jiff::Timestamp>().ok().map(legal_time).as_deref() != Some(c.at.as_str()) {
            faults.push(("checkpoint.time", "时间的写法不对"));
        }
        if !signed_by(key, &c.signed(), &c.signature) {
            faults.push(("checkpoint.signature", "签名不符"));
        }
        faults
    }

    /// A checkpoint was signed each time another [`CHECKPOINT_EVERY`] events were reached.
    fn regular(&self, size: i64, faults: &mut Faults) {
        let mut sizes = self.checkpoints.iter().map(|c| c.size).peekable();
        for from in (1..=size / CHECKPOINT_EVERY).map(|n| n * CHECKPOINT_EVERY) {
            while sizes.peek().is_some_and(|s| *s < from) {
                sizes.next();
            }
            if sizes.peek().is_none_or(|s| *s >= from + CHECKPOINT_EVERY) {
                faults.checkpoint("checkpoint.missing", from, "缺失（被删除）");
            }
        }
    }
}
