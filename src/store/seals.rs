//! Rows that events seal. A table is sealed once it stands in [`TABLES`]; its changes then call `tx.seal(table, key)`.

use sqlx::Row as _;

use super::error::StoreError;
use super::sqlite::Connection;
use crate::domain::process_record::canonical::{netstrings, sha256_hex};

/// A table whose rows are sealed by events. Columns are texts or integers.
pub(super) struct Table {
    pub name: &'static str,
    pub key: &'static str,
    /// What the digest covers, in this order, the key before it.
    pub columns: &'static [&'static str],
}

pub(super) const TABLES: &[Table] = &[
    Table {
        name: "attachments",
        key: "id",
        columns: &["sha256", "size", "media_type", "name", "kind", "case_no", "uploaded_by", "uploaded_at"],
    },
    Table {
        name: "people",
        key: "id",
        columns: &[
            "login",
            "name",
            "roles",
            "legal_qualification",
            "first_time_reviewer",
            "external_id",
            "disabled",
            "password_hash",
            "version",
            "changed_at",
        ],
    },
    Table {
        name: "certificates",
        key: "cert_no",
        columns: &["person_id", "place", "issuer", "region", "categories", "valid_from", "valid_to"],
    },
    Table {
        name: "tokens",
        key: "id",
        // Not the day of use: that is in events of its own.
        columns: &["person_id", "name", "hash", "scopes", "created_at", "expires_at", "revoked_at"],
    },
    Table { name: "invitations", key: "id", columns: &["person_id", "hash", "created_at", "expires_at", "used_at"] },
    Table {
        name: "cases",
        key: "case_no",
        columns: &["version", "state", "teaching", "created_by", "dossier", "dues"],
    },
    Table {
        name: "case_conflicts",
        key: "id",
        columns: &["case_no", "base", "current", "person_id", "person_name", "at", "step"],
    },
    Table { name: "doc_numbers", key: "id", columns: &["code", "year", "number", "case_no", "subject"] },
    Table { name: "attachment_evidence", key: "id", columns: &["evidence_no"] },
    Table { name: "drafts", key: "id", columns: super::drafts::DRAFT },
    Table { name: "draft_passages", key: "id", columns: super::drafts::PASSAGE },
    Table { name: "draft_passage_versions", key: "id", columns: super::drafts::VERSION },
    Table {
        name: "workshop_sets",
        key: "id",
        columns: &["owner_id", "title", "questions", "rules_version", "created_at"],
    },
    Table {
        name: "workshops",
        key: "id",
        columns: &["set_id", "owner_id", "code", "question", "stage", "created_at", "ended_at"],
    },
    Table {
        name: "workshop_participants",
        key: "id",
        columns: &["workshop_id", "name", "name_key", "hash", "csrf", "joined_at"],
    },
    Table {
        name: "workshop_answers",
        key: "id",
        columns: &["workshop_id", "participant_id", "question", "answer", "answered_at"],
    },
    Table { name: "workshop_notes", key: "id", columns: &["workshop_id", "question", "text", "noted_at"] },
];

/// Digest of the row `<table>:<key>` as it stands now; `None` when there is none. A newer version of the table that covers more
/// columns must seal its rows anew.
pub(super) async fn sealed_row(conn: &mut Connection, table_key: &str) -> Result<Option<String>, StoreError> {
    let (name, key) = table_key.split_once(':').unwrap_or((table_key, ""));
    let Some(table) = TABLES.iter().find(|t| t.name == name) else {
        return Err(StoreError::NotFound(format!("封存的表 {name}")));
    };
    let row = sqlx::query(&table.select(true)).bind(key).fetch_optional(conn).await?;
    Ok(row.map(|row| table.digest(&row)).transpose()?.map(|(_, digest)| digest))
}

impl Table {
    /// Key and columns as text.
    pub fn select(&self, one: bool) -> String {
        let columns: Vec<String> =
            std::iter::once(&self.key).chain(self.columns).map(|c| format!("CAST({c} AS TEXT)")).collect();
        let condition = if one { format!(" WHERE {} = ?", self.key) } else { String::new() };
        format!("SELECT {} FROM {}{condition}", columns.join(", "), self.name)
    }

    /// As [`Table::select`] of all rows, and after it the same columns as they stand in the file.
    pub fn select_raw(&self) -> String {
        let columns: Vec<&str> = std::iter::once(self.key).chain(self.columns.iter().copied()).collect();
        let texts: Vec<String> = columns.iter().map(|c| format!("CAST({c} AS TEXT)")).collect();
        format!("SELECT {}, {} FROM {}", texts.join(", "), columns.join(", "), self.name)
    }

    /// Key and digest of a row of [`Table::select`].
    pub fn digest(&self, row: &super::sqlite::Row) -> Result<(String, String), StoreError> {
        let mut texts: Vec<Option<String>> = Vec::with_capacity(self.columns.len() + 1);
        for i in 0..=self.columns.len() {
            texts.push(row.try_get(i)?);
        }
        let mut fields = vec![Some("zhicai-row-1"), Some(self.name)];
        fields.extend(texts.iter().map(|t| t.as_deref()));
        let digest = sha256_hex(&netstrings(&fields));
        Ok((texts.into_iter().next().flatten().unwrap_or_default(), digest))
    }
}
