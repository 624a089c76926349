//! The key that signs the record: made at the first opening, readable by the service's account only.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use super::error::StoreError;

/// In the data directory.
pub const FILE: &str = "record.key";

/// Signs; never printed.
pub(super) struct Key(SigningKey);

impl Key {
    /// Reads the key, or makes one when `fresh`: a record that has events must find the key it was signed with.
    pub fn open(data_dir: &Path, fresh: bool) -> Result<Self, StoreError> {
        let path = data_dir.join(FILE);
        let io = |e: std::io::Error| StoreError::io(&path, &e);
        match fs::read_to_string(&path) {
            Ok(text) => {
                let seed = hex::decode(text.trim()).ok().and_then(|b| <[u8; 32]>::try_from(b).ok());
                let seed = seed.ok_or_else(|| StoreError::NoKey(format!("{}（内容不是密钥）", path.display())))?;
                Ok(Self(SigningKey::from_bytes(&seed)))
            }
            Err(e) if e.kind() == ErrorKind::NotFound && fresh => {
                let mut seed = [0; 32];
                getrandom::fill(&mut seed).map_err(|e| StoreError::Io { path: FILE.into(), why: e.to_string() })?;
                let mut options = OpenOptions::new();
                options.write(true).create_new(true);
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                let mut file = options.open(&path).map_err(io)?;
                writeln!(file, "{}", hex::encode(seed)).and_then(|()| file.sync_all()).map_err(io)?;
                Ok(Self(SigningKey::from_bytes(&seed)))
            }
            Err(e) if e.kind() == ErrorKind::NotFound => Err(StoreError::NoKey(path.display().to_string())),
            Err(e) => Err(io(e)),
        }
    }

    /// Hex.
    pub fn public(&self) -> String {
        hex::encode(self.0.verifying_key().as_bytes())
    }

    /// Hex.
    pub fn sign(&self, bytes: &[u8]) -> String {
        hex::encode(self.0.sign(bytes).to_bytes())
    }
}

/// Whether the text is a public key in lower-case hex.
pub fn is_public(text: &str) -> bool {
    let canonical = !text.bytes().any(|b| b.is_ascii_uppercase());
    let key = hex::decode(text).ok().and_then(|b| <[u8; 32]>::try_from(b).ok());
    canonical && key.is_some_and(|b| VerifyingKey::from_bytes(&b).is_ok())
}

/// Whether the hex signature is one of that hex public key over the bytes.
pub fn signed_by(public: &str, bytes: &[u8], signature: &str) -> bool {
    let key = hex::decode(public).ok().and_then(|b| b.try_into().ok()).and_then(|b| VerifyingKey::from_bytes(&b).ok());
    // One text per signature: upper-case hex would be a change that nobody sees.
    let canonical = !signature.bytes().any(|b| b.is_ascii_uppercase());
    let signature = hex::decode(signature).ok().and_then(|b| Signature::from_slice(&b).ok());
    match (key, signature) {
        (Some(key), Some(signature)) if canonical => key.verify_strict(bytes, &signature).is_ok(),
        _ => false,
    }
}
