//! Errors as people and programs meet them: one [`Report`] with a stable code, a Chinese title, and for a legal refusal its
//! 依据 and what is missing. No HTTP here: `web/problem.rs` and `main.rs` turn the class into a status or an exit code.

use serde::Serialize;

/// What kind of trouble it is; decides HTTP status and exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The input cannot be read or is wrong: exit 2, 400/422.
    Invalid,
    TooLarge,
    /// Nobody is signed in, or not any more: 401.
    Unauthenticated,
    /// Signed in, but not for this: 403.
    Forbidden,
    NotFound,
    /// A legal guard refuses: exit 2, 422, with `basis` and `missing`.
    Refused,
    Conflict,
    /// Try again later: 429.
    Busy,
    /// Something needed is missing or broken: exit 3, 503.
    Missing,
    Internal,
}

/// One wrong value of the input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wrong {
    pub path: String,
    pub code: String,
    pub message: String,
}

/// An error, told to a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{title}{}{detail}", if detail.is_empty() { "" } else { "：" })]
pub struct Report {
    #[serde(skip)]
    pub class: Class,
    pub code: String,
    pub title: String,
    pub detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Wrong>,
    /// Seconds after which another try makes sense.
    #[serde(skip)]
    pub retry_after: Option<i64>,
}

impl Report {
    pub fn new(class: Class, code: impl Into<String>, title: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            class,
            code: code.into(),
            title: title.into(),
            detail: detail.into(),
            basis: None,
            missing: Vec::new(),
            errors: Vec::new(),
            retry_after: None,
        }
    }

    pub fn basis(mut self, basis: impl Into<String>) -> Self {
        self.basis = Some(basis.into());
        self
    }

    pub fn missing(mut self, missing: Vec<String>) -> Self {
        self.missing = missing;
        self
    }

    pub fn errors(mut self, errors: Vec<Wrong>) -> Self {
        self.errors = errors;
        self
    }

    pub fn retry_after(mut self, seconds: i64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// 2 = wrong usage or input, 3 = something it needs is missing or broken (contract).
    pub fn exit_code(&self) -> u8 {
        match self.class {
            Class::Invalid
            | Class::TooLarge
            | Class::Unauthenticated
            | Class::Forbidden
            | Class::NotFound
            | Class::Refused
            | Class::Conflict => 2,
            Class::Busy | Class::Missing | Class::Internal => 3,
        }
    }
}

pub type Result<T> = std::result::Result<T, Report>;
