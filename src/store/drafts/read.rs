//! Reading drafts. Whether a person may see them is decided by their case, before.

use sqlx::Row as _;

use super::{DraftRow, PassageRow, VERSION, VersionRow, draft_row, list, passage_row, select_draft, select_passages};
use crate::store::Reader;
use crate::store::error::StoreError;

impl Reader {
    /// The case a draft belongs to.
    pub async fn case_of_draft(&self, id: &str) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("SELECT case_no FROM drafts WHERE id = ?").bind(id).fetch_optional(&self.pool).await?;
        Ok(row.map(|r| r.try_get(0)).transpose()?)
    }

    /// A draft with its passages in the order of the form, as they stood at one moment.
    pub async fn draft(&self, id: &str) -> Result<Option<(DraftRow, Vec<PassageRow>)>, StoreError> {
        let mut tx = self.pool.begin().await?;
        let found = sqlx::query(&select_draft("d.id = ?")).bind(id).fetch_optional(&mut *tx).await?;
        let Some(row) = found else { return Ok(None) };
        let sql = select_passages("p.draft_id = ? ORDER BY p.place");
        let passages = sqlx::query(&sql).bind(id).fetch_all(&mut *tx).await?;
        Ok(Some((draft_row(&row)?, passages.iter().map(passage_row).collect::<Result<_, _>>()?)))
    }

    /// Drafts of a case, newest first.
    pub async fn drafts_of(&self, case_no: &str) -> Result<Vec<DraftRow>, StoreError> {
        let sql = select_draft("d.case_no = ? ORDER BY d.created_seq DESC");
        sqlx::query(&sql).bind(case_no).fetch_all(&self.pool).await?.iter().map(draft_row).collect()
    }

    /// Drafts that a runner has to go on with, oldest first.
    pub async fn unfinished_drafts(&self) -> Result<Vec<DraftRow>, StoreError> {
        let sql = select_draft("d.state IN ('queued', 'running', 'filing') ORDER BY d.created_seq");
        sqlx::query(&sql).fetch_all(&self.pool).await?.iter().map(draft_row).collect()
    }

    /// Passages of one kind of document in a case that a person answers for, newest draft first.
    pub async fn taken_passages(&self, case_no: &str, kind: &str) -> Result<Vec<PassageRow>, StoreError> {
        let sql =
            select_passages("p.taken_by IS NOT NULL AND d.case_no = ? AND d.kind = ? ORDER BY d.created_seq DESC")
                .replace("draft_passages p", "draft_passages p JOIN drafts d ON d.id = p.draft_id");
        sqlx::query(&sql).bind(case_no).bind(kind).fetch_all(&self.pool).await?.iter().map(passage_row).collect()
    }

    /// The draft that became a document of the file.
    pub async fn draft_of_paper(&self, paper: &str) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("SELECT id FROM drafts WHERE paper = ?").bind(paper).fetch_optional(&self.pool).await?;
        Ok(row.map(|r| r.try_get(0)).transpose()?)
    }

    /// Every text a passage had, oldest first, and those that came too late.
    pub async fn passage_versions(&self, draft: &str, field: &str) -> Result<Vec<VersionRow>, StoreError> {
        let sql = format!(
            "SELECT id, {} FROM draft_passage_versions WHERE draft_id = ? AND field = ? ORDER BY version, at, id",
            VERSION.join(", ")
        );
        let rows = sqlx::query(&sql).bind(draft).bind(field).fetch_all(&self.pool).await?;
        rows.iter()
            .map(|r| {
                Ok(VersionRow {
                    id: r.try_get(0)?,
                    version: r.try_get(3)?,
                    what: r.try_get(4)?,
                    text: r.try_get(5)?,
                    by: r.try_get(6)?,
                    by_name: r.try_get(7)?,
                    at: r.try_get(8)?,
                    unsupported: list(&r.try_get::<String, _>(9)?)?,
                    vouch: r.try_get(10)?,
                    note: r.try_get(11)?,
                })
            })
            .collect()
    }
}
