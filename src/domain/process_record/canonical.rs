//! The bytes that are hashed and signed: netstrings (`<length>:<bytes>,`), `-,` for an absent value. No two lists of values
//! give the same bytes.

use sha2::{Digest, Sha256};

/// Joins the fields; lengths are in bytes of UTF-8.
pub fn netstrings(fields: &[Option<&str>]) -> Vec<u8> {
    let mut out = Vec::with_capacity(fields.iter().map(|f| f.map_or(2, |f| f.len() + 8)).sum());
    for field in fields {
        match field {
            None => out.extend_from_slice(b"-,"),
            Some(text) => {
                out.extend_from_slice(text.len().to_string().as_bytes());
                out.push(b':');
                out.extend_from_slice(text.as_bytes());
                out.push(b',');
            }
        }
    }
    out
}

/// SHA-256 in lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// What is signed for the event with this hash.
pub fn event_signed(hash: &str) -> Vec<u8> {
    netstrings(&[Some("zhicai-event-signature-1"), Some(hash)])
}

/// What is signed for the end of the record: nothing signed elsewhere can be passed off as it.
pub fn head_signed(record: &str, size: i64, last_hash: &str, frontier: &str) -> Vec<u8> {
    let size = size.to_string();
    let fields = ["zhicai-head-1", super::ALGORITHM, record, &size, last_hash, frontier];
    netstrings(&fields.map(Some))
}
