//! 文号 of the documents of a step.

use crate::domain::document::doc_no::DocNo;
use crate::domain::document::papers::NUMBER;
use crate::domain::dossier::{Dossier, Paper};
use crate::store::change::Tx;
use crate::store::error::StoreError;
use crate::store::numbers::next;

/// Gives the documents that wait for a number theirs, and says so in the event.
pub(super) async fn give(tx: &mut Tx<'_>, dossier: &mut Dossier) -> Result<(), StoreError> {
    let case_no = dossier.case_no.clone();
    let mut given = vec![];
    for paper in dossier.documents.iter_mut() {
        let Some(wanted) = paper.doc_no.clone().filter(|no| no.contains(NUMBER)) else { continue };
        // Which 代字 and year is read from the place kept for it, with a number that is certainly well formed.
        let trial = wanted.replace(NUMBER, "1");
        let prefix: String = trial.chars().take_while(|c| *c != '字').collect();
        let known = (1..prefix.chars().count()).find_map(|n| {
            let head: String = prefix.chars().take(n).collect();
            DocNo::parse(&trial, &head).ok()
        });
        let known = known.ok_or_else(|| StoreError::Sql(format!("文号式样不对：{trial}")))?;
        let number = next(tx, &known.code, known.year, &case_no, &format!("paper:{}", paper.id)).await?;
        put(paper, &number.to_string());
        given.push(serde_json::json!({ "paper": paper.id, "doc_no": paper.doc_no, "sha256": paper.sha256 }));
    }
    if !given.is_empty() {
        tx.note("numbers", given);
    }
    Ok(())
}

/// Writes the number wherever the document keeps a place for it.
fn put(paper: &mut Paper, number: &str) {
    let fill = |text: &str| text.replace(NUMBER, number);
    paper.doc_no = paper.doc_no.as_deref().map(fill);
    paper.text = fill(&paper.text);
    paper.blocks = paper.blocks.iter().map(|b| b.map(&fill)).collect();
    paper.sha256 = crate::domain::digest(&paper.text);
}
