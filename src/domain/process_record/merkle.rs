//! The Merkle tree of RFC 6962 over event hashes: root and growth one leaf at a time.

use sha2::{Digest, Sha256};

/// A node of the tree.
pub type Hash = [u8; 32];

/// Reads lower-case hex.
pub fn from_hex(text: &str) -> Option<Hash> {
    let canonical = text.len() == 64 && !text.bytes().any(|b| b.is_ascii_uppercase());
    if canonical { hex::decode(text).ok()?.try_into().ok() } else { None }
}

/// Hash of a leaf, here of an event hash.
pub fn leaf(data: &Hash) -> Hash {
    Sha256::new().chain_update([0]).chain_update(data).finalize().into()
}

/// Hash of an inner node.
pub fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The right edge of a growing tree: its complete subtrees, largest first. Adding a leaf costs a few hashes, and the root of
/// every size passed on the way can be told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    pub fn push(&mut self, event_hash: &Hash) {
        let (mut hash, mut size) = (leaf(event_hash), self.size);
        while size & 1 == 1
            && let Some(left) = self.peaks.pop()
        {
            hash = node(&left, &hash);
            size >>= 1;
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// Root of the tree; of nothing, the hash of nothing.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev().copied();
        let Some(last) = peaks.next() else { return Sha256::digest([]).into() };
        peaks.fold(last, |right, left| node(&left, &right))
    }

    /// The peaks as one hex text.
    pub fn to_text(&self) -> String {
        self.peaks.iter().map(hex::encode).collect()
    }

    /// Reads [`Frontier::to_text`] of a tree of that size.
    pub fn from_text(size: u64, text: &str) -> Option<Self> {
        let bytes = hex::decode(text).ok()?;
        let peaks: Vec<Hash> = bytes.chunks(32).map(|c| c.try_into().ok()).collect::<Option<_>>()?;
        (peaks.len() == size.count_ones() as usize).then_some(Self { size, peaks })
    }
}
