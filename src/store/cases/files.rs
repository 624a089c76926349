//! Files of a case, as the table of attachments names them.

use sqlx::Row as _;

use crate::store::Reader;
use crate::store::error::StoreError;
use crate::store::sqlite::Row;

/// A file of the case; its content lies under its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseFile {
    pub sha256: String,
    pub size: i64,
    pub name: String,
    pub kind: String,
}

impl Reader {
    /// Files of a case, in the order in which they came.
    pub async fn files_of_case(&self, case_no: &str) -> Result<Vec<CaseFile>, StoreError> {
        let sql = "SELECT sha256, size, name, kind FROM attachments WHERE case_no = ? ORDER BY uploaded_at, id";
        let rows = sqlx::query(sql).bind(case_no).fetch_all(self.pool()).await?;
        let one = |r: &Row| {
            Ok(CaseFile { sha256: r.try_get(0)?, size: r.try_get(1)?, name: r.try_get(2)?, kind: r.try_get(3)? })
        };
        rows.iter().map(one).collect()
    }
}
