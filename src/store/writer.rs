//! Asking the desk for a change: [`Writer::commit`] takes the change together with its event, and there is no other way.

use std::pin::Pin;

use sqlx::Row as _;
use tokio::sync::{mpsc, oneshot};

use super::change::{Change, Tx};
use super::desk::{Job, Message, Working};
use super::error::StoreError;
use super::{Reader, seals};
use crate::domain::process_record::event::legal_time;
use crate::domain::process_record::{Checkpoint, NewEvent, Seal};

/// Makes changes, one transaction after another; clones share the one connection.
#[derive(Clone)]
pub struct Writer {
    pub(super) queue: mpsc::Sender<Message>,
}

/// A change that the disk has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed<T> {
    pub output: T,
    /// Number of its event.
    pub seq: i64,
    /// Hash of its event.
    pub hash: String,
}

/// A request that may come twice: the same actor, key and digest get the same answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    pub actor_id: String,
    /// The header `Idempotency-Key`.
    pub key: String,
    /// SHA-256 of method, path and body, lower-case hex.
    pub digest: String,
}

/// The answer stored for a repetition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    pub body: String,
}

/// What became of a request that may come twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done<T> {
    Fresh {
        committed: Committed<T>,
        answer: Answer,
    },
    /// It was done before; nothing happened now.
    Repeated(Answer),
}

/// Makes the answer that is stored with the change.
type Answering<T> = Box<dyn FnOnce(&Committed<T>) -> Answer + Send>;

impl Writer {
    /// The change and its event in one transaction. Returns when the disk has both, or neither is there. Dropping the future does
    /// not undo a change that waits its turn.
    pub async fn commit<C: Change>(&self, event: NewEvent, change: C) -> Result<Committed<C::Output>, StoreError> {
        match self.ask(event, change, None).await? {
            Done::Fresh { committed, .. } => Ok(committed),
            Done::Repeated(_) => Err(StoreError::Sql("程序内部错误".into())),
        }
    }

    /// As [`Writer::commit`], once per actor and key: the answer is stored with the change, and a repetition gets it without a
    /// second change. Another digest under the same key is refused.
    pub async fn commit_once<C: Change>(
        &self,
        once: Once,
        event: NewEvent,
        change: C,
        answer: impl FnOnce(&Committed<C::Output>) -> Answer + Send + 'static,
    ) -> Result<Done<C::Output>, StoreError> {
        self.ask(event, change, Some((once, Box::new(answer)))).await
    }

    /// Signs the record as it stands now; two of the same size are one.
    pub async fn checkpoint(&self) -> Result<Checkpoint, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.queue.send(Message::Checkpoint(reply)).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Finishes what waits, signs a last checkpoint and closes the database. Later changes are refused.
    pub async fn close(&self) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.queue.send(Message::Close(reply)).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    async fn ask<C: Change>(
        &self,
        event: NewEvent,
        change: C,
        once: Option<(Once, Answering<C::Output>)>,
    ) -> Result<Done<C::Output>, StoreError> {
        let (reply, answer) = oneshot::channel();
        let job = Commit { todo: Some((event, change, once)), done: None, reply };
        self.queue.send(Message::Job(Box::new(job))).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

type Todo<C> = (NewEvent, C, Option<(Once, Answering<<C as Change>::Output>)>);

struct Commit<C: Change> {
    todo: Option<Todo<C>>,
    done: Option<Done<C::Output>>,
    reply: oneshot::Sender<Result<Done<C::Output>, StoreError>>,
}

impl<C: Change> Job for Commit<C> {
    fn run<'a>(&'a mut self, desk: Working<'a>) -> Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + 'a>> {
        Box::pin(async move {
            let Some((event, change, once)) = self.todo.take() else { return Err(StoreError::Closed) };
            self.done = Some(make(desk, event, change, once).await?);
            Ok(())
        })
    }

    fn settle(self: Box<Self>, failed: Option<StoreError>) {
        let result = match (failed, self.done) {
            (Some(e), _) => Err(e),
            (None, Some(done)) => Ok(done),
            (None, None) => Err(StoreError::Closed),
        };
        // Whoever asked may be gone; the change holds all the same.
        let _ = self.reply.send(result);
    }
}

async fn make<C: Change>(
    desk: Working<'_>,
    event: NewEvent,
    change: C,
    once: Option<(Once, Answering<C::Output>)>,
) -> Result<Done<C::Output>, StoreError> {
    if let Some((once, _)) = &once
        && let Some(answer) = repeated(desk.conn, once).await?
    {
        return Ok(Done::Repeated(answer));
    }
    let at = event.at;
    let mut tx = Tx { conn: desk.conn, seq: desk.head.size + 1, event, sealed: Vec::new() };
    let output = change.apply(&mut tx).await?;
    let Tx { mut event, mut sealed, .. } = tx;
    sealed.sort();
    sealed.dedup();
    for table_key in sealed {
        let sha256 = seals::sealed_row(desk.conn, &table_key).await?.unwrap_or_default();
        event.seals.push(Seal { table_key, sha256 });
    }
    let event = desk.head.append(desk.conn, desk.key, event).await?;
    let committed = Committed { output, seq: event.seq, hash: event.hash };
    let mut stored = Answer { status: 200, body: String::new() };
    if let Some((once, answering)) = once {
        stored = answering(&committed);
        sqlx::query(
            "INSERT INTO idempotency (actor_id, key, digest, status, body, seq, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&once.actor_id)
        .bind(&once.key)
        .bind(&once.digest)
        .bind(i64::from(stored.status))
        .bind(&stored.body)
        .bind(committed.seq)
        .bind(legal_time(at))
        .execute(desk.conn)
        .await?;
    }
    Ok(Done::Fresh { committed, answer: stored })
}

impl Reader {
    /// The answer to the same request when it came before; the same key with another request is refused.
    pub async fn answered(&self, once: &Once) -> Result<Option<Answer>, StoreError> {
        repeated(&mut *self.connection().await?, once).await
    }
}

async fn repeated(conn: &mut super::sqlite::Connection, once: &Once) -> Result<Option<Answer>, StoreError> {
    let row = sqlx::query("SELECT digest, status, body FROM idempotency WHERE actor_id = ? AND key = ?");
    let Some(row) = row.bind(&once.actor_id).bind(&once.key).fetch_optional(conn).await? else { return Ok(None) };
    if row.try_get::<String, _>(0)? != once.digest {
        return Err(StoreError::KeyReused);
    }
    let status = u16::try_from(row.try_get::<i64, _>(1)?).unwrap_or(200);
    Ok(Some(Answer { status, body: row.try_get(2)? }))
}
