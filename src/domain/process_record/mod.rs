//! 执法全过程记录: events, their canonical bytes, the hash chain, the Merkle tree over it and what is signed.
//!
//! An outsider recomputes it with nothing but SHA-256 and Ed25519:
//!
//! ```python
//! net = lambda fields: b"".join(b"-," if f is None else b"%d:%s," % (len(f), f) for f in fields)   # fields are UTF-8
//! event_hash = sha256(net([b"zhicai-event-1", algorithm, seq, prev, at, actor_id, actor_name, action, case_no,
//!                          subject, version, origin, detail, seals])).hexdigest()                   # as in the table
//! event_signature = ed25519(net([b"zhicai-event-signature-1", event_hash]))
//! leaf, node = sha256(b"\x00" + bytes.fromhex(event_hash)), sha256(b"\x01" + left + right)           # RFC 6962
//! checkpoint_signature = ed25519(net([b"zhicai-checkpoint-1", b"sha256", record, size, root, last_hash, at]))
//! ```
//!
//! Numbers are decimal, hashes lower-case hex, `None` is NULL. `record` is the hash of event 1, whose detail names the public key.

pub mod canonical;
pub mod checkpoint;
pub mod event;
pub mod exported;
pub mod merkle;
pub mod proof;

pub use checkpoint::Checkpoint;
pub use event::{ActorRef, Event, NewEvent, Seal};
pub use exported::{ExportedCheckpoint, InclusionProof};

/// The hash in use; stands inside the hashed bytes, so that another can follow.
pub const ALGORITHM: &str = "sha256";

/// What stands before the first event.
pub const NOTHING: &str = "0000000000000000000000000000000000000000000000000000000000000000";
