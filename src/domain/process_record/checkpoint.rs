//! A signed head of the tree: what an outside body keeps, to prove later that nothing before it was rewritten.

use serde::{Deserialize, Serialize};

use super::canonical::netstrings;

/// The record up to and with event `size`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// Hash of event 1: which record this is.
    pub record: String,
    pub size: i64,
    /// Root of the Merkle tree over the event hashes.
    pub root: String,
    /// Hash of event `size`.
    pub last_hash: String,
    /// RFC 3339, when it was signed.
    pub at: String,
    /// Ed25519, over [`Checkpoint::signed`].
    pub signature: String,
}

impl Checkpoint {
    /// The bytes under the signature.
    pub fn signed(&self) -> Vec<u8> {
        let size = self.size.to_string();
        let fields =
            ["zhicai-checkpoint-1", super::ALGORITHM, &self.record, &size, &self.root, &self.last_hash, &self.at];
        netstrings(&fields.map(Some))
    }
}
