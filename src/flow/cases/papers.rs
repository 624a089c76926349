//! 卷内文书: what there is, and each of them as a file. Reading one is on record.

use jiff::civil::Date;
use serde::Serialize;
use serde_json::json;

use super::Asking;
use crate::domain::dossier::Paper;
use crate::error::{Class, Report, Result};
use crate::export::archive::{composed, safe_name};
use crate::export::{self, Label};
use crate::flow::people::hidden;
use crate::flow::{Flow, report};

/// A document of the file, without its words.
#[derive(Clone, Debug, Serialize)]
pub struct PaperLine {
    pub id: String,
    pub kind: String,
    pub title: String,
    pub doc_no: Option<String>,
    pub on: Option<Date>,
    pub sha256: String,
    pub pages: u32,
    pub attached: bool,
    pub sealed: bool,
    pub signed_by: Vec<String>,
    /// Replaced by a newer one.
    pub void: bool,
    /// Places that are still to be filled in.
    pub open: Vec<String>,
}

impl From<&Paper> for PaperLine {
    fn from(p: &Paper) -> Self {
        let open =
            p.text.split("【待确认：").skip(1).filter_map(|t| t.split_once('】')).map(|(what, _)| what.to_string());
        Self {
            id: p.id.clone(),
            kind: p.kind.clone(),
            title: p.title.clone(),
            doc_no: p.doc_no.clone(),
            on: p.on,
            sha256: p.sha256.clone(),
            pages: p.pages,
            attached: p.attached,
            sealed: p.sealed,
            signed_by: p.signed_by.clone(),
            void: p.void,
            open: open.collect(),
        }
    }
}

/// The form in which a document is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaperFormat {
    Docx,
    Html,
    Text,
}

/// A document as a file.
pub struct PaperFile {
    pub name: String,
    pub bytes: Vec<u8>,
}

impl Flow {
    /// Every document of the file, in the order in which they came.
    pub async fn case_papers(&self, ask: &Asking, case_no: &str) -> Result<Vec<PaperLine>> {
        let stored = self.stored(&ask.actor, case_no).await?;
        Ok(stored.dossier.documents.iter().map(PaperLine::from).collect())
    }

    pub async fn paper_document(
        &self,
        ask: &Asking,
        case_no: &str,
        id: &str,
        format: PaperFormat,
    ) -> Result<PaperFile> {
        let stored = self.stored(&ask.actor, case_no).await?;
        let paper = stored.dossier.documents.iter().find(|p| p.id == id).ok_or_else(hidden)?;
        if paper.attached {
            let detail = "这份文书是入卷的文件，请从附件下载";
            return Err(Report::new(Class::Conflict, "paper.attached", "没有可以导出的正文", detail));
        }
        let agency = self.agency_info().name;
        // The label falls when a person has answered for every passage of the machine.
        let open = paper.machine.iter().any(|m| m.taken_by.is_none());
        let label = match open {
            true => Label::Draft { producer: agency.clone(), id: paper.sha256.clone() },
            false => Label::SignedOff,
        };
        let document = composed(paper, &agency);
        let (bytes, ending) = match format {
            PaperFormat::Docx => {
                let bytes = export::docx::write(&document, &label);
                let failed =
                    |e: export::ExportError| Report::new(Class::Internal, e.code(), "文书无法导出", e.to_string());
                (bytes.map_err(failed)?, "docx")
            }
            PaperFormat::Html => (export::html::write(&document, &label).into_bytes(), "html"),
            // The words the digest covers, and nothing else.
            PaperFormat::Text if !open => (paper.text.clone().into_bytes(), "txt"),
            PaperFormat::Text => (export::text::write(&document, &label).into_bytes(), "txt"),
        };
        let event = ask.event("paper.read", case_no).version(stored.version);
        let event = event.detail(json!({ "paper": id, "kind": paper.kind, "sha256": paper.sha256, "as": ending }));
        self.writer().await?.commit(event, ()).await.map_err(report::store)?;
        Ok(PaperFile { name: safe_name(&format!("{}.{ending}", paper.title)), bytes })
    }
}
