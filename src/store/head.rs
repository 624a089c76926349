//! The end of the record as it is held in memory and in the signed row `record_head`.

use sqlx::Row as _;

use super::error::StoreError;
use super::key::{Key, signed_by};
use super::process_record;
use super::sqlite::Connection;
use crate::domain::process_record::canonical::{event_signed, head_signed};
use crate::domain::process_record::merkle::{Frontier, from_hex};
use crate::domain::process_record::{Checkpoint, Event, NOTHING, NewEvent};

/// How the next event continues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Hash of event 1; empty before it.
    pub record: String,
    pub size: i64,
    pub last_hash: String,
    pub last_at: String,
    pub frontier: Frontier,
    signature: String,
}

impl Head {
    /// The head as it stands in the database, checked against the last event; `known` is taken as it is when nothing changed.
    /// Writing on after a tail that was cut off would hide the cut, so that is refused.
    pub async fn load(conn: &mut Connection, key: &Key, known: Option<&Head>) -> Result<Self, StoreError> {
        let row = sqlx::query(
            "SELECT h.size, h.last_hash, h.frontier, h.signature, (SELECT MAX(seq) FROM events), (SELECT hash FROM events WHERE seq = h.size) \
             FROM record_head h WHERE h.id = 1",
        )
        .fetch_optional(&mut *conn)
        .await?;
        let Some(row) = row else {
            let last: Option<i64> = sqlx::query("SELECT MAX(seq) FROM events").fetch_one(conn).await?.try_get(0)?;
            if let Some(seq) = last {
                return Err(broken(seq, "签名的记录末尾被删除"));
            }
            let frontier = Frontier::default();
            let (record, last_at, signature) = Default::default();
            return Ok(Self { record, size: 0, last_hash: NOTHING.into(), last_at, frontier, signature });
        };
        let (size, last_hash, frontier, signature): (i64, String, String, String) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
        let (max, hash): (Option<i64>, Option<String>) = (row.try_get(4)?, row.try_get(5)?);
        if max != Some(size) || hash.as_ref() != Some(&last_hash) {
            return Err(broken(size, "最后一个事件与签名的记录末尾不符"));
        }
        if let Some(known) = known.filter(|k| k.size == size && k.last_hash == last_hash && k.signature == signature) {
            return Ok(known.clone());
        }
        let first = process_record::find(conn, 1).await?.ok_or_else(|| broken(1, "第一个事件被删除"))?;
        let last = process_record::find(conn, size).await?.ok_or_else(|| broken(size, "最后一个事件被删除"))?;
        let signed = head_signed(&first.hash, size, &last_hash, &frontier);
        if !signed_by(&key.public(), &signed, &signature) || last.computed_hash() != last.hash {
            return Err(broken(size, "签名不符"));
        }
        let frontier = u64::try_from(size).ok().and_then(|size| Frontier::from_text(size, &frontier));
        let frontier = frontier.ok_or_else(|| broken(size, "签名的记录末尾无法读取"))?;
        Ok(Self { record: first.hash, size, last_hash, last_at: last.at, frontier, signature })
    }

    /// Appends the event; the row of the head is written later, by [`Head::save`].
    pub async fn append(&mut self, conn: &mut Connection, key: &Key, new: NewEvent) -> Result<Event, StoreError> {
        let mut event = Event::following(self.size + 1, &self.last_hash, &self.last_at, new);
        event.signature = key.sign(&event_signed(&event.hash));
        process_record::append(conn, &event).await?;
        let hash = from_hex(&event.hash).ok_or_else(|| broken(event.seq, "摘要无法计算"))?;
        self.frontier.push(&hash);
        self.size = event.seq;
        self.last_hash.clone_from(&event.hash);
        self.last_at.clone_from(&event.at);
        if self.record.is_empty() {
            self.record.clone_from(&event.hash);
        }
        Ok(event)
    }

    /// Signs and writes the row.
    pub async fn save(&mut self, conn: &mut Connection, key: &Key) -> Result<(), StoreError> {
        let frontier = self.frontier.to_text();
        self.signature = key.sign(&head_signed(&self.record, self.size, &self.last_hash, &frontier));
        sqlx::query(
            "INSERT INTO record_head (id, size, last_hash, frontier, signature) VALUES (1, ?, ?, ?, ?) \
             ON CONFLICT (id) DO UPDATE SET size = excluded.size, last_hash = excluded.last_hash, frontier = excluded.frontier, signature = excluded.signature",
        )
        .bind(self.size)
        .bind(&self.last_hash)
        .bind(&frontier)
        .bind(&self.signature)
        .execute(conn)
        .await?;
        Ok(())
    }

    /// Signs and writes a checkpoint of this size, unless there is one; returns the one that stands.
    pub async fn checkpoint(&self, conn: &mut Connection, key: &Key, at: String) -> Result<Checkpoint, StoreError> {
        if let Some(standing) = checkpoint(conn, self.size, &self.record).await? {
            return Ok(standing);
        }
        let mut new = Checkpoint {
            record: self.record.clone(),
            size: self.size,
            root: hex::encode(self.frontier.root()),
            last_hash: self.last_hash.clone(),
            at,
            signature: String::new(),
        };
        new.signature = key.sign(&new.signed());
        sqlx::query("INSERT INTO checkpoints (size, root, last_hash, at, signature) VALUES (?, ?, ?, ?, ?)")
            .bind(new.size)
            .bind(&new.root)
            .bind(&new.last_hash)
            .bind(&new.at)
            .bind(&new.signature)
            .execute(conn)
            .await?;
        Ok(new)
    }
}

/// The stored checkpoint of that size.
async fn checkpoint(conn: &mut Connection, size: i64, record: &str) -> Result<Option<Checkpoint>, StoreError> {
    let row = sqlx::query("SELECT size, root, last_hash, at, signature FROM checkpoints WHERE size = ?").bind(size);
    row.fetch_optional(conn).await?.map(|r| from_row(&r, record)).transpose()
}

/// A checkpoint from its row; `record` is the hash of event 1.
pub(super) fn from_row(r: &super::sqlite::Row, record: &str) -> Result<Checkpoint, StoreError> {
    Ok(Checkpoint {
        record: record.into(),
        size: r.try_get(0)?,
        root: r.try_get(1)?,
        last_hash: r.try_get(2)?,
        at: r.try_get(3)?,
        signature: r.try_get(4)?,
    })
}

fn broken(seq: i64, why: &str) -> StoreError {
    StoreError::RecordBroken { seq, why: why.into() }
}
