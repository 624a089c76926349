//! Personal tokens for programs: what they may do, how long they last.

use serde::{Deserialize, Serialize};

use crate::domain::penalty::vocabulary;

vocabulary! {
    /// What a token may be used for, within what its person may do.
    Scope {
        Read = "read", "读取与检索";
        Write = "write", "写入";
        Draft = "draft", "起草";
    }
}

/// Days a token may last at most.
pub const LONGEST_DAYS: u32 = 366;

/// A token as its person sees it; the secret is shown once and not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    pub id: String,
    pub name: String,
    pub scopes: Vec<Scope>,
    /// Times are RFC 3339.
    pub created_at: String,
    pub expires_at: String,
    pub revoked_at: Option<String>,
    /// Last day of use.
    pub used_on: Option<String>,
}
