//! Proofs read from the record: one pass over the hashes, whatever the size.

use sqlx::Row as _;
use tokio_stream::StreamExt as _;

use super::Reader;
use super::error::StoreError;
use crate::domain::process_record::Event;
use crate::domain::process_record::merkle::from_hex;
use crate::domain::process_record::proof::{Gatherer, Parts};

impl Reader {
    /// The public key as event 1 names it.
    pub async fn public_key(&self) -> Result<String, StoreError> {
        let first = self.event(1).await?.ok_or_else(|| broken(1, "第一个事件被删除"))?;
        first.detail()["public_key"].as_str().map(str::to_string).ok_or_else(|| broken(1, "没有写明公钥"))
    }

    /// The event `seq`, with its path in the tree of the first `size` events (RFC 6962 §2.1.1).
    pub async fn inclusion(&self, seq: i64, size: i64) -> Result<(Event, Vec<String>), StoreError> {
        let missing = || StoreError::NotFound(format!("第{seq}号事件（检查点共{size}个事件）"));
        let of = |n: i64| u64::try_from(n).ok();
        let parts = of(seq).and_then(|s| s.checked_sub(1)).zip(of(size)).and_then(|(i, n)| Parts::inclusion(i, n));
        let parts = parts.ok_or_else(missing)?;
        let event = self.event(seq).await?.ok_or_else(missing)?;
        Ok((event, self.gather(&parts, size).await?))
    }

    /// That the first `size` events continue the first `old` ones (RFC 6962 §2.1.2).
    pub async fn consistency(&self, old: i64, size: i64) -> Result<Vec<String>, StoreError> {
        let of = |n: i64| u64::try_from(n).ok();
        let parts = of(old).zip(of(size)).and_then(|(old, size)| Parts::consistency(old, size));
        let parts =
            parts.ok_or_else(|| StoreError::NotFound(format!("第{old}号事件处的检查点（现有{size}个事件）")))?;
        self.gather(&parts, size).await
    }

    async fn gather(&self, parts: &Parts, size: i64) -> Result<Vec<String>, StoreError> {
        let mut gatherer = Gatherer::new(parts);
        let mut conn = self.connection().await?;
        let mut rows =
            sqlx::query("SELECT seq, hash FROM events WHERE seq <= ? ORDER BY seq").bind(size).fetch(&mut *conn);
        let mut last = 0;
        while let Some(row) = rows.next().await {
            let row = row?;
            let (seq, hash): (i64, String) = (row.try_get(0)?, row.try_get(1)?);
            if seq != last + 1 {
                return Err(broken(last + 1, "事件缺失"));
            }
            last = seq;
            gatherer.push(&from_hex(&hash).ok_or_else(|| broken(seq, "摘要无法读取"))?);
        }
        let path = gatherer.finish().ok_or_else(|| broken(last + 1, "事件缺失"))?;
        Ok(path.iter().map(hex::encode).collect())
    }
}

fn broken(seq: i64, why: &str) -> StoreError {
    StoreError::RecordBroken { seq, why: why.into() }
}
