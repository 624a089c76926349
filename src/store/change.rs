//! A change of the tables. It is made only together with its event: see [`super::Writer::commit`].

use serde_json::Value;

use super::error::StoreError;
use super::sqlite::Connection;
use crate::domain::process_record::{NewEvent, Seal};

/// The transaction a change runs in. SQL can be had from it only inside this room.
pub struct Tx<'a> {
    pub(super) conn: &'a mut Connection,
    pub(super) seq: i64,
    pub(super) event: NewEvent,
    pub(super) sealed: Vec<String>,
}

impl Tx<'_> {
    /// The connection, inside the transaction.
    pub(super) fn conn(&mut self) -> &mut Connection {
        self.conn
    }

    /// Number the event of this change will have.
    pub fn seq(&self) -> i64 {
        self.seq
    }

    /// The event, as far as it is known: a change may fill in what only it can tell (a number given, a version).
    pub fn event(&mut self) -> &mut NewEvent {
        &mut self.event
    }

    /// Adds a value to the event's detail.
    pub fn note(&mut self, key: &str, value: impl Into<Value>) {
        self.event.note(key, value);
    }

    /// Seals the row as it stands when all changes are made: its digest goes into the event (see `seals.rs` for the tables).
    pub fn seal(&mut self, table: &str, key: &str) {
        self.sealed.push(format!("{table}:{key}"));
    }

    /// Adds a ready digest to the event's seals.
    pub fn seal_digest(&mut self, seal: Seal) {
        self.event.seals.push(seal);
    }
}

/// One kind of change, a struct per kind. Either all of it happens, with its event, or nothing.
pub trait Change: Send + 'static {
    type Output: Send + 'static;

    fn apply(self, tx: &mut Tx<'_>) -> impl Future<Output = Result<Self::Output, StoreError>> + Send;
}

/// No change: an event alone, such as a file that was read.
impl Change for () {
    type Output = ();

    async fn apply(self, _: &mut Tx<'_>) -> Result<(), StoreError> {
        Ok(())
    }
}

impl<C: Change> Change for Option<C> {
    type Output = Option<C::Output>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Output, StoreError> {
        match self {
            Some(change) => Ok(Some(change.apply(tx).await?)),
            None => Ok(None),
        }
    }
}

impl<C: Change> Change for Vec<C> {
    type Output = Vec<C::Output>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Output, StoreError> {
        let mut outputs = Vec::with_capacity(self.len());
        for change in self {
            outputs.push(change.apply(tx).await?);
        }
        Ok(outputs)
    }
}

macro_rules! together {
    ($($change:ident)+) => {
        /// In the order given.
        impl<$($change: Change),+> Change for ($($change,)+) {
            type Output = ($($change::Output,)+);

            #[allow(non_snake_case)]
            async fn apply(self, tx: &mut Tx<'_>) -> Result<Self::Output, StoreError> {
                let ($($change,)+) = self;
                Ok(($($change.apply(tx).await?,)+))
            }
        }
    };
}

together!(A B);
together!(A B C);
together!(A B C D);
together!(A B C D E);
