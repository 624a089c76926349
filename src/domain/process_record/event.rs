//! An event: who, when, what, on which version, from where.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::canonical::{netstrings, sha256_hex};

/// Who did it: a person, or `system`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActorRef {
    pub id: String,
    pub name: String,
}

impl ActorRef {
    /// The software acting by itself.
    pub fn system() -> Self {
        Self { id: "system".into(), name: "系统".into() }
    }
}

/// Digest of a row the event leaves behind, so that a later change of that row shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// `<table>:<key>`.
    pub table_key: String,
    /// Lower-case hex; empty when the event removed the row.
    pub sha256: String,
}

/// An event about to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    pub at: Timestamp,
    pub actor: ActorRef,
    /// Stable dotted code such as `case.moved`.
    pub action: String,
    pub case_no: Option<String>,
    /// `case:…`, `person:…`, `draft:…`.
    pub subject: String,
    /// Version of the subject this leaves behind.
    pub version: Option<i64>,
    /// Remote address, `cli` or `system`.
    pub origin: String,
    pub detail: Value,
    pub seals: Vec<Seal>,
}

impl NewEvent {
    /// An event without case, version and detail.
    pub fn new(at: Timestamp, actor: ActorRef, action: &str, subject: impl Into<String>, origin: &str) -> Self {
        Self {
            at,
            actor,
            action: action.into(),
            case_no: None,
            subject: subject.into(),
            version: None,
            origin: origin.into(),
            detail: json!({}),
            seals: Vec::new(),
        }
    }

    pub fn case(mut self, case_no: impl Into<String>) -> Self {
        self.case_no = Some(case_no.into());
        self
    }

    pub fn version(mut self, version: i64) -> Self {
        self.version = Some(version);
        self
    }

    pub fn detail(mut self, detail: Value) -> Self {
        self.detail = detail;
        self
    }

    /// Adds one value to the detail; a detail that is no object becomes its member `value`.
    pub fn note(&mut self, key: &str, value: impl Into<Value>) {
        if !self.detail.is_object() {
            self.detail = json!({ "value": self.detail.take() });
        }
        if let Some(map) = self.detail.as_object_mut() {
            map.insert(key.into(), value.into());
        }
    }
}

/// An event as it stands in the record, column by column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub seq: i64,
    pub algorithm: String,
    pub prev: String,
    /// RFC 3339 with milliseconds at +08:00.
    pub at: String,
    pub actor_id: String,
    pub actor_name: String,
    pub action: String,
    pub case_no: Option<String>,
    pub subject: String,
    pub version: Option<i64>,
    pub origin: String,
    /// JSON text, hashed as it stands.
    pub detail: String,
    /// JSON text `[[table_key, sha256], …]`, hashed as it stands.
    pub seals: String,
    pub hash: String,
    pub signature: String,
}

impl Event {
    /// The event that follows one with hash `prev` and time `last_at` (empty for none). Time never goes backwards: a clock that
    /// is behind the last event is not believed, and the detail says by how many whole seconds it was behind. Not yet signed.
    pub fn following(seq: i64, prev: &str, last_at: &str, mut new: NewEvent) -> Self {
        let mut at = legal_time(new.at);
        // Fixed width and offset: the order of the texts is the order of the times.
        if at.as_str() < last_at {
            let behind = last_at.parse::<Timestamp>().map_or(0, |last| last.as_second() - new.at.as_second());
            // Requests that waited for one another differ by milliseconds: that is no wrong clock.
            if behind > 0 {
                new.note("clock_behind_seconds", behind);
            }
            at = last_at.into();
        }
        let seals: Vec<(String, String)> = new.seals.into_iter().map(|s| (s.table_key, s.sha256)).collect();
        let mut event = Self {
            seq,
            algorithm: super::ALGORITHM.into(),
            prev: prev.into(),
            at,
            actor_id: new.actor.id,
            actor_name: new.actor.name,
            action: new.action,
            case_no: new.case_no,
            subject: new.subject,
            version: new.version,
            origin: new.origin,
            detail: new.detail.to_string(),
            seals: json!(seals).to_string(),
            hash: String::new(),
            signature: String::new(),
        };
        event.hash = event.computed_hash();
        event
    }

    /// The hash its columns give, whatever stands in `hash`.
    pub fn computed_hash(&self) -> String {
        let (seq, version) = (self.seq.to_string(), self.version.map(|v| v.to_string()));
        sha256_hex(&netstrings(&[
            Some("zhicai-event-1"),
            Some(&self.algorithm),
            Some(&seq),
            Some(&self.prev),
            Some(&self.at),
            Some(&self.actor_id),
            Some(&self.actor_name),
            Some(&self.action),
            self.case_no.as_deref(),
            Some(&self.subject),
            version.as_deref(),
            Some(&self.origin),
            Some(&self.detail),
            Some(&self.seals),
        ]))
    }

    /// The seals, or `None` when the text is not a list of them.
    pub fn seals(&self) -> Option<Vec<Seal>> {
        let pairs: Vec<(String, String)> = serde_json::from_str(&self.seals).ok()?;
        Some(pairs.into_iter().map(|(table_key, sha256)| Seal { table_key, sha256 }).collect())
    }

    /// The detail as JSON; null when it is none.
    pub fn detail(&self) -> Value {
        serde_json::from_str(&self.detail).unwrap_or_default()
    }
}

/// RFC 3339 with milliseconds in the legal time of the country.
pub fn legal_time(at: Timestamp) -> String {
    let zoned = at.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(8)));
    zoned.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
}
