//! The events, one after another: what each says of itself, and that each continues the one before.

use std::collections::HashMap;

use jiff::Timestamp;
use rayon::prelude::*;
use serde_json::Value;
use sqlx::Row as _;
use tokio_stream::StreamExt as _;

use super::Wanted;
use super::fault::Faults;
use super::head::Ends;
use crate::domain::process_record::canonical::event_signed;
use crate::domain::process_record::event::legal_time;
use crate::domain::process_record::merkle::{Frontier, from_hex};
use crate::domain::process_record::{ALGORITHM, Event, NOTHING};
use crate::store::key::{is_public, signed_by};
use crate::store::process_record::{self, COLUMNS};
use crate::store::sqlite::Connection;

/// Events looked at together, on all cores.
const CHUNK: usize = 1024;

/// What the last seal of a row says.
pub(super) struct Sealed {
    /// `None` when the row was removed.
    pub digest: Option<[u8; 32]>,
    pub seq: i64,
    pub seen: bool,
}

/// What the walk gathered.
#[derive(Default)]
pub(super) struct Walked {
    pub record: String,
    pub size: i64,
    /// Rows met, whatever numbers they bear.
    pub count: i64,
    pub last_hash: String,
    pub last_at: String,
    pub root: String,
    /// As in the row of the head.
    pub frontier: String,
    /// By `<table>:<key>`; as many as there are sealed rows, not as there are events.
    pub seals: HashMap<String, Sealed>,
}

/// The key that signatures are checked with: what is known from elsewhere, else what event 1 says, else the key file.
pub(super) async fn reference(
    conn: &mut Connection,
    wanted: &Wanted,
    own: Option<&str>,
    faults: &mut Faults,
) -> String {
    let said = match process_record::find(conn, 1).await {
        Ok(first) => first.and_then(|e| e.detail()["public_key"].as_str().map(str::to_string)),
        Err(_) => None,
    };
    let said = said.filter(|k| is_public(k));
    let pinned = wanted.key.as_deref().or(wanted.checkpoints.first().map(|c| c.public_key.as_str()));
    let strangers = wanted.checkpoints.iter().filter(|c| Some(c.public_key.as_str()) != pinned);
    for stranger in strangers {
        faults.checkpoint("exported.key", stranger.checkpoint.size, "导出的检查点与所给公钥不是同一密钥");
    }
    if let (Some(pinned), Some(said)) = (pinned, &said)
        && pinned != said
    {
        faults.event("key.differs", 1, "记录中的公钥与外部保存的公钥不同，这不是同一份记录");
    }
    if let (Some(own), Some(said)) = (own, &said)
        && own != said
    {
        faults.event("key.file", 1, "记录中的公钥与 record.key 不是一对");
    }
    if said.is_none() {
        faults.event("key.missing", 1, "没有写明公钥");
    }
    pinned.map(str::to_string).or(said).or(own.map(str::to_string)).unwrap_or_default()
}

/// Walks through all events in their order.
pub(super) async fn walk(conn: &mut Connection, key: &str, ends: &mut Ends, faults: &mut Faults) -> Walked {
    let mut walk = Walk { key, ends, faults, frontier: Frontier::default(), walked: Walked::default() };
    walk.walked.last_hash = NOTHING.into();
    let sql = format!("SELECT {COLUMNS} FROM events ORDER BY seq");
    let mut rows = sqlx::query(&sql).fetch(conn);
    let mut chunk: Vec<Result<Event, Option<i64>>> = Vec::with_capacity(CHUNK);
    loop {
        let next = rows.next().await;
        let ended = next.is_none();
        match next {
            Some(Ok(row)) => chunk.push(process_record::event(&row).map_err(|_| row.try_get(0).ok())),
            Some(Err(e)) => {
                walk.faults.database("database.damaged", format!("事件表读到中途出错：{e}"));
                break;
            }
            None => {}
        }
        if ended || chunk.len() == CHUNK {
            walk.chunk(std::mem::take(&mut chunk));
        }
        if ended {
            break;
        }
    }
    drop(rows);
    walk.chunk(chunk);
    let mut walked = walk.walked;
    walked.root = hex::encode(walk.frontier.root());
    walked.frontier = walk.frontier.to_text();
    walked
}

struct Walk<'a> {
    key: &'a str,
    ends: &'a mut Ends,
    faults: &'a mut Faults,
    frontier: Frontier,
    walked: Walked,
}

impl Walk<'_> {
    fn chunk(&mut self, events: Vec<Result<Event, Option<i64>>>) {
        let key = self.key;
        let own: Vec<Vec<(&'static str, &'static str)>> =
            events.par_iter().map(|e| e.as_ref().map_or(vec![], |e| own_faults(e, key))).collect();
        for (event, own) in events.into_iter().zip(own) {
            self.walked.count += 1;
            match event {
                Ok(event) => {
                    for (code, what) in own {
                        self.faults.event(code, event.seq, what);
                    }
                    self.link(event);
                }
                Err(seq) => {
                    let seq = seq.unwrap_or(self.walked.size + 1);
                    self.faults.event("event.unreadable", seq, "内容无法读取（类型或编码被改）");
                    self.walked.size = self.walked.size.max(seq);
                    self.walked.last_hash.clear();
                    self.frontier.push(&[0; 32]);
                }
            }
        }
    }

    fn link(&mut self, event: Event) {
        let expected = self.walked.size.saturating_add(1);
        if event.seq != expected {
            if event.seq > expected {
                let last = event.seq - 1;
                let which = if last == expected { String::new() } else { format!("起至第{last}号") };
                self.faults.event("event.missing", expected, &format!("{which}缺失（被删除）"));
            } else {
                self.faults.event("event.out_of_order", event.seq, "编号不在顺序中（被插入）");
            }
        }
        if event.prev != self.walked.last_hash {
            self.faults.event("event.prev", event.seq, "与前一个事件接不上（此处有增、删、改或调换）");
        }
        if event.at < self.walked.last_at {
            self.faults.event("event.time", event.seq, "时间早于前一个事件");
        }
        for seal in event.seals().unwrap_or_default() {
            let sealed = Sealed { digest: from_hex(&seal.sha256), seq: event.seq, seen: false };
            self.walked.seals.insert(seal.table_key, sealed);
        }
        self.frontier.push(&from_hex(&event.hash).unwrap_or_default());
        if event.seq == 1 {
            self.walked.record.clone_from(&event.hash);
        }
        self.walked.size = self.walked.size.max(event.seq);
        self.walked.last_hash = event.hash;
        self.walked.last_at = event.at;
        self.ends.reached(self.walked.size, &self.walked.last_hash, &self.frontier);
    }
}

/// What is wrong with an event taken by itself.
fn own_faults(e: &Event, key: &str) -> Vec<(&'static str, &'static str)> {
    let mut faults = vec![];
    if e.algorithm != ALGORITHM {
        faults.push(("event.algorithm", "摘要算法不认识"));
    }
    if e.computed_hash() != e.hash {
        faults.push(("event.hash", "内容与摘要不符（被改动）"));
    }
    if !signed_by(key, &event_signed(&e.hash), &e.signature) {
        faults.push(("event.signature", "签名不符（被改动或伪造）"));
    }
    if e.at.parse::<Timestamp>().ok().map(legal_time).as_deref() != Some(e.at.as_str()) {
        faults.push(("event.time", "时间的写法不对"));
    }
    match serde_json::from_str::<Value>(&e.detail) {
        // Fractions may be read back as a neighbour; everything else has one text only.
        Ok(value) if serde_json::to_string(&value).is_ok_and(|t| t == e.detail) || has_fraction(&value) => {}
        _ => faults.push(("event.detail", "细节的写法不对")),
    }
    let whole = |seals: &Vec<crate::domain::process_record::Seal>| {
        let pairs: Vec<(&str, &str)> = seals.iter().map(|s| (s.table_key.as_str(), s.sha256.as_str())).collect();
        serde_json::to_string(&pairs).is_ok_and(|text| text == e.seals)
            && seals.iter().all(|s| s.sha256.is_empty() || from_hex(&s.sha256).is_some())
    };
    if !e.seals().as_ref().is_some_and(whole) {
        faults.push(("event.seals", "封存摘要的写法不对"));
    }
    faults
}

fn has_fraction(value: &Value) -> bool {
    match value {
        Value::Number(n) => n.is_f64(),
        Value::Array(list) => list.iter().any(has_fraction),
        Value::Object(map) => map.values().any(has_fraction),
        _ => false,
    }
}
