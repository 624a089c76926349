//! What leaves the house: a checkpoint an outside body keeps, and the proof that one event is in the record.

use serde::{Deserialize, Serialize};

use super::merkle::{Hash, from_hex};
use super::proof::{continues, includes};
use super::{Checkpoint, Event};

/// Format of [`ExportedCheckpoint`].
pub const CHECKPOINT_FORMAT: &str = "zhicai-checkpoint-1";
/// Format of [`InclusionProof`].
pub const INCLUSION_FORMAT: &str = "zhicai-inclusion-1";

/// A checkpoint with the key it was signed with. Whoever keeps it can later prove that nothing up to it was rewritten, even by
/// somebody who holds the signing key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportedCheckpoint {
    pub format: String,
    /// Ed25519, hex.
    pub public_key: String,
    pub checkpoint: Checkpoint,
    /// That it continues an earlier one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consistency: Option<Consistency>,
}

/// Proof that the record continues the one of an earlier checkpoint (RFC 6962 §2.1.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consistency {
    /// Size of the earlier one.
    pub since: i64,
    pub path: Vec<String>,
}

/// One event, and the path from it to a checkpoint (RFC 6962 §2.1.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InclusionProof {
    pub format: String,
    pub public_key: String,
    pub event: Event,
    pub path: Vec<String>,
    pub checkpoint: Checkpoint,
}

impl ExportedCheckpoint {
    pub fn new(public_key: String, checkpoint: Checkpoint) -> Self {
        Self { format: CHECKPOINT_FORMAT.into(), public_key, checkpoint, consistency: None }
    }

    /// Whether its proof shows that it continues `earlier`, of which root and size are believed.
    pub fn continues(&self, earlier: &Checkpoint) -> bool {
        let Some(proof) = &self.consistency else { return false };
        let (Some(path), Some(old), Some(new)) =
            (hashes(&proof.path), from_hex(&earlier.root), from_hex(&self.checkpoint.root))
        else {
            return false;
        };
        let (Ok(old_size), Ok(size)) = (u64::try_from(earlier.size), u64::try_from(self.checkpoint.size)) else {
            return false;
        };
        proof.since == earlier.size
            && earlier.record == self.checkpoint.record
            && continues((old_size, &old), (size, &new), &path)
    }
}

impl InclusionProof {
    /// Whether the columns give the event's hash and the path leads from it to the checkpoint's root. Signatures are another matter.
    pub fn holds(&self) -> bool {
        let (Some(path), Some(hash), Some(root)) =
            (hashes(&self.path), from_hex(&self.event.hash), from_hex(&self.checkpoint.root))
        else {
            return false;
        };
        let (Ok(seq), Ok(size)) = (u64::try_from(self.event.seq), u64::try_from(self.checkpoint.size)) else {
            return false;
        };
        seq >= 1 && self.event.computed_hash() == self.event.hash && includes(&hash, seq - 1, size, &path, &root)
    }
}

fn hashes(texts: &[String]) -> Option<Vec<Hash>> {
    texts.iter().map(|t| from_hex(t)).collect()
}
