//! What is on record about a case, and saves that came too late.

use super::{Asking, Parked};
use crate::domain::people::Actor;
use crate::domain::process_record::Event;
use crate::error::Result;
use crate::flow::{Flow, report};

impl Flow {
    /// Every event of the case, oldest first; reading it is the newest.
    pub async fn case_record(&self, ask: &Asking, case_no: &str) -> Result<Vec<Event>> {
        let version = self.stored(&ask.actor, case_no).await?.version;
        let event = ask.event("record.read", case_no).version(version);
        self.writer().await?.commit(event, ()).await.map_err(report::store)?;
        self.reader().await?.events_of_case(case_no).await.map_err(report::store)
    }

    /// What people saved on top of a version that was gone, newest first.
    pub async fn parked_saves(&self, actor: &Actor, case_no: &str) -> Result<Vec<Parked>> {
        self.stored(actor, case_no).await?;
        self.reader().await?.parked(case_no).await.map_err(report::store)
    }
}
