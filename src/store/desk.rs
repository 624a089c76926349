//! The one place that writes: takes all changes that wait, makes them in one transaction (each in a savepoint of its own, so
//! that a refused one leaves no trace), signs the new head, and only after the disk has it answers them all.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use super::error::StoreError;
use super::head::Head;
use super::key::Key;
use super::sqlite::{self, Connection};
use crate::domain::process_record::Checkpoint;
use crate::domain::process_record::event::legal_time;

/// Changes in one transaction, at most: bounds how long the first one waits.
const BATCH: usize = 64;
/// Events between two checkpoints.
pub const CHECKPOINT_EVERY: i64 = 100;

/// One change with its event, of any kind.
pub(super) trait Job: Send {
    /// Makes the change; what comes of it is kept until the transaction has ended.
    fn run<'a>(&'a mut self, desk: Working<'a>) -> Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + 'a>>;

    /// Answers whoever waits: `None` when the disk has it.
    fn settle(self: Box<Self>, failed: Option<StoreError>);
}

/// What a job works with.
pub(super) struct Working<'a> {
    pub conn: &'a mut Connection,
    pub head: &'a mut Head,
    pub key: &'a Key,
}

pub(super) enum Message {
    Job(Box<dyn Job>),
    Checkpoint(oneshot::Sender<Result<Checkpoint, StoreError>>),
    Close(oneshot::Sender<Result<(), StoreError>>),
}

pub(super) struct Desk {
    conn: Connection,
    key: Key,
    head: Option<Head>,
}

impl Desk {
    pub fn new(conn: Connection, key: Key, head: Head) -> Self {
        Self { conn, key, head: Some(head) }
    }

    /// Until it is closed or nobody can ask any more.
    pub async fn serve(mut self, mut queue: mpsc::Receiver<Message>) {
        let mut held = None;
        loop {
            let first = match held.take() {
                Some(message) => message,
                None => match queue.recv().await {
                    Some(message) => message,
                    None => break,
                },
            };
            match first {
                Message::Job(job) => {
                    let mut jobs = vec![job];
                    while jobs.len() < BATCH {
                        match queue.try_recv() {
                            Ok(Message::Job(job)) => jobs.push(job),
                            Ok(other) => {
                                held = Some(other);
                                break;
                            }
                            Err(_) => break,
                        }
                    }
                    self.batch(jobs).await;
                }
                Message::Checkpoint(reply) => {
                    let _ = reply.send(self.checkpoint().await);
                }
                Message::Close(reply) => {
                    queue.close();
                    let result = self.checkpoint().await.map(drop);
                    let closed = sqlx::Connection::close(self.conn).await.map_err(StoreError::from);
                    let _ = reply.send(result.and(closed));
                    return;
                }
            }
        }
        let _ = self.checkpoint().await;
        let _ = sqlx::Connection::close(self.conn).await;
    }

    async fn batch(&mut self, mut jobs: Vec<Box<dyn Job>>) {
        let mut refused = vec![None; jobs.len()];
        let mut result = self.make(&mut jobs, &mut refused).await;
        if result.is_ok()
            && let Err(e) = sqlite::commit(&mut self.conn).await
        {
            result = Err(e);
        }
        let lost = match result {
            Ok(head) => {
                self.head = Some(head);
                None
            }
            Err(e) => {
                sqlite::rollback(&mut self.conn).await;
                Some(e)
            }
        };
        for (job, own) in jobs.into_iter().zip(refused) {
            job.settle(own.or_else(|| lost.clone()));
        }
    }

    /// All jobs in one open transaction; what a job refused by itself goes to `refused`.
    async fn make(
        &mut self,
        jobs: &mut [Box<dyn Job>],
        refused: &mut [Option<StoreError>],
    ) -> Result<Head, StoreError> {
        sqlite::begin(&mut self.conn).await?;
        let mut head = Head::load(&mut self.conn, &self.key, self.head.as_ref()).await?;
        let before = head.size;
        for (job, refused) in jobs.iter_mut().zip(refused) {
            let kept = head.clone();
            sqlite::savepoint(&mut self.conn).await?;
            let working = Working { conn: &mut self.conn, head: &mut head, key: &self.key };
            match unwinding(job.run(working)).await {
                Ok(()) => sqlite::release(&mut self.conn).await?,
                // Some errors (a full disk) end the transaction itself; then `undo` fails and all are told.
                Err(e) => {
                    sqlite::undo(&mut self.conn).await.map_err(|_| e.clone())?;
                    head = kept;
                    *refused = Some(e);
                }
            }
        }
        if head.size > before {
            head.save(&mut self.conn, &self.key).await?;
            if head.size / CHECKPOINT_EVERY > before / CHECKPOINT_EVERY {
                head.checkpoint(&mut self.conn, &self.key, legal_time(Timestamp::now())).await?;
            }
        }
        Ok(head)
    }

    async fn checkpoint(&mut self) -> Result<Checkpoint, StoreError> {
        let made = async {
            sqlite::begin(&mut self.conn).await?;
            let head = Head::load(&mut self.conn, &self.key, self.head.as_ref()).await?;
            let made = head.checkpoint(&mut self.conn, &self.key, legal_time(Timestamp::now())).await?;
            sqlite::commit(&mut self.conn).await?;
            Ok((head, made))
        };
        match made.await {
            Ok((head, made)) => {
                self.head = Some(head);
                Ok(made)
            }
            Err(e) => {
                sqlite::rollback(&mut self.conn).await;
                Err(e)
            }
        }
    }
}

/// A change that panics is a change that failed; the others go on.
async fn unwinding(
    mut job: Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + '_>>,
) -> Result<(), StoreError> {
    std::future::poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| job.as_mut().poll(cx))) {
        Ok(poll) => poll,
        Err(_) => Poll::Ready(Err(StoreError::Sql("程序内部错误".into()))),
    })
    .await
}
