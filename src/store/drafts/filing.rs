//! A draft becomes a document of the file: it gets its 文号, and nobody changes it any more.

use super::{find, not_now, touched};
use crate::domain::document::doc_no::DocNo;
use crate::domain::document::passage::DraftState;
use crate::store::change::{Change, Tx};
use crate::store::error::StoreError;
use crate::store::numbers;

/// Whose number it is: 机关代字, 文种代字, year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbering {
    pub prefix: String,
    pub code: String,
    pub year: i16,
    /// The number of the document that this one replaces before it went out.
    pub keep: Option<String>,
}

/// Closes the draft to changes, if it is still at the version that was looked at, and gives it its number: once, never one that was
/// given before.
pub struct BeginFiling {
    pub id: String,
    pub version: i64,
    /// `None`: documents of this kind carry no number.
    pub numbering: Option<Numbering>,
}

impl Change for BeginFiling {
    type Output = Option<String>;

    async fn apply(self, tx: &mut Tx<'_>) -> Result<Option<String>, StoreError> {
        let draft = find(tx.conn(), &self.id).await?;
        if draft.state != DraftState::Done {
            return Err(not_now(draft.state, "入卷"));
        }
        if draft.version != self.version {
            return Err(StoreError::StaleVersion { subject: "草稿".into(), current: draft.version });
        }
        let number = match self.numbering {
            None => None,
            Some(n) => Some(numbered(tx, &draft.case_no, &draft.id, draft.doc_no.as_deref(), n).await?),
        };
        if let Some(number) = &number {
            tx.note("doc_no", number.clone());
        }
        sqlx::query("UPDATE drafts SET state = 'filing', doc_no = ? WHERE id = ?")
            .bind(&number)
            .bind(&draft.id)
            .execute(tx.conn())
            .await?;
        touched(tx, &draft).await?;
        Ok(number)
    }
}

async fn numbered(
    tx: &mut Tx<'_>,
    case_no: &str,
    draft: &str,
    own: Option<&str>,
    n: Numbering,
) -> Result<String, StoreError> {
    if let Some(keep) = n.keep {
        return Ok(keep);
    }
    // A first try that came to nothing has left the draft its number.
    if let Some(own) = own.and_then(|own| DocNo::parse(own, &n.prefix).ok()).filter(|own| own.year == n.year) {
        return Ok(own.to_string());
    }
    let number = numbers::last(tx, &n.code, n.year).await? + 1;
    let refused = |message: String| StoreError::Refused { code: "doc_no.refused", message };
    let next = u32::try_from(number).map_err(|_| refused("文号序号过大".into()))?;
    let made = DocNo::new(&n.prefix, &n.code, n.year, next, true).map_err(|e| refused(e.to_string()))?;
    numbers::give(tx, (&n.code, n.year, number), case_no, &format!("draft:{draft}")).await?;
    Ok(made.to_string())
}

/// The document is in the file, or it could not be put there and the draft is open again.
pub struct EndFiling {
    pub id: String,
    /// Id of the document.
    pub paper: Option<String>,
}

impl Change for EndFiling {
    type Output = ();

    async fn apply(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let draft = find(tx.conn(), &self.id).await?;
        if draft.state != DraftState::Filing {
            return Err(not_now(draft.state, "入卷"));
        }
        let state = if self.paper.is_some() { DraftState::Filed } else { DraftState::Done };
        sqlx::query("UPDATE drafts SET state = ?, paper = ? WHERE id = ?")
            .bind(state.code())
            .bind(&self.paper)
            .bind(&draft.id)
            .execute(tx.conn())
            .await?;
        touched(tx, &draft).await.map(drop)
    }
}
