//! What the machine wrote and what the officers made of it, for the review desk.

use serde::Serialize;

use crate::domain::document::diff::{Run, diff};
use crate::domain::dossier::Paper;
use crate::domain::people::Actor;
use crate::error::Result;
use crate::flow::{Flow, report};
use crate::store::cases::Stored;

/// One passage of a document in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PassageChange {
    pub field: String,
    pub zh: String,
    /// `None`: a person wrote it, or no draft of this system stands behind the document.
    pub machine_text: Option<String>,
    /// As it stands in the document.
    pub text: String,
    /// open, accepted, edited, replaced; empty where no draft stands behind it.
    pub treatment: String,
    pub taken_by: Option<String>,
    pub taken_at: Option<String>,
    pub model: Option<String>,
    pub unsupported: Vec<String>,
    pub vouch: Option<String>,
    /// From the machine's words to those of the document.
    pub diff: Vec<Run>,
}

impl Flow {
    /// Passage by passage, for the document of that kind in force; empty when there is none.
    pub async fn draft_changes(&self, actor: &Actor, case_no: &str, kind: &str) -> Result<Vec<PassageChange>> {
        let Stored { dossier, .. } = self.stored(actor, case_no).await?;
        let Some(paper) = dossier.paper(kind) else { return Ok(vec![]) };
        let reader = self.reader().await?;
        let behind = match reader.draft_of_paper(&paper.id).await.map_err(report::store)? {
            Some(id) => reader.draft(&id).await.map_err(report::store)?,
            None => None,
        };
        let Some((_, passages)) = behind else { return Ok(self.words_of(paper)) };
        Ok(passages
            .into_iter()
            .map(|p| {
                let machine = p.machine.unwrap_or_default();
                PassageChange {
                    diff: diff(&machine.text, &p.text),
                    machine_text: Some(machine.text).filter(|t| !t.is_empty()),
                    field: p.field,
                    zh: p.zh,
                    text: p.text,
                    treatment: p.treatment.code().into(),
                    taken_by: p.taken_by.map(|t| t.name),
                    taken_at: p.taken_at,
                    model: machine.model,
                    unsupported: p.unsupported,
                    vouch: p.vouch,
                }
            })
            .collect())
    }

    /// A document that was brought in: its words, without a machine's to compare.
    fn words_of(&self, paper: &Paper) -> Vec<PassageChange> {
        let form = self.prompts.form(&paper.kind).ok();
        let zh = |field: &str| form.and_then(|f| f.field(field)).map_or_else(|| field.to_string(), |f| f.zh.clone());
        let change = |(field, text): (&String, &String)| PassageChange {
            field: field.clone(),
            zh: zh(field),
            machine_text: None,
            text: text.clone(),
            treatment: String::new(),
            taken_by: None,
            taken_at: None,
            model: None,
            unsupported: vec![],
            vouch: None,
            diff: diff("", text),
        };
        paper.passages.iter().map(change).collect()
    }
}
