//! A draft as a file: .docx, page or plain text, with the label until people answer for every passage.

use serde_json::json;

use super::draft_event;
use super::view::signed_off;
use crate::domain::digest;
use crate::domain::document::draft::Draft;
use crate::error::{Class, Report, Result};
use crate::export::{self, Label};
use crate::flow::cases::Asking;
use crate::flow::jobs;
use crate::flow::{Flow, report};
use crate::store::cases::Stored;
use crate::store::drafts::{DraftRow, PassageRow};

/// How a document is written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Docx,
    Html,
    Text,
}

/// A document as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub name: String,
    pub bytes: Vec<u8>,
}

impl Format {
    fn code(self) -> &'static str {
        match self {
            Self::Docx => "docx",
            Self::Html => "html",
            Self::Text => "txt",
        }
    }
}

impl Flow {
    /// The document of a draft: a stateless one of the caller's, or one of a case the caller may see; the latter is on record.
    pub async fn draft_document(&self, ask: Option<&Asking>, id: &str, format: Format) -> Result<Document> {
        let who = ask.map(|a| &a.actor);
        let stateless = match format {
            Format::Docx => self.draft_docx(who, id),
            Format::Html => self.draft_html(who, id).map(|t| (String::new(), t.into_bytes())),
            Format::Text => self.draft_text(who, id).map(|t| (String::new(), t.into_bytes())),
        };
        match stateless {
            Err(r) if r.code == jobs::not_found().code => {}
            other => return other.map(|(name, bytes)| Document { name, bytes }),
        }
        let ask = ask.ok_or_else(jobs::not_found)?;
        let (stored, draft, passages) = self.seen_draft(&ask.actor, id).await?;
        let document = self.case_document(&stored, &draft, &passages, format)?;
        let event = draft_event(ask, "draft.exported", &draft).version(draft.version).detail(json!({
            "format": format.code(), "signed_off": signed_off(&draft, &passages),
        }));
        self.writer().await?.commit(event, ()).await.map_err(report::store)?;
        Ok(document)
    }

    fn case_document(
        &self,
        Stored { dossier, .. }: &Stored,
        draft: &DraftRow,
        passages: &[PassageRow],
        format: Format,
    ) -> Result<Document> {
        if !draft.state.written() {
            return Err(Report::new(Class::Conflict, draft.state.refusal(), "草稿还没有写完", "请等待起草结束后下载"));
        }
        let made: Draft = self.compose_draft(&self.material_of(draft)?, passages)?;
        let filed = draft.paper.as_ref().and_then(|id| dossier.documents.iter().find(|p| p.id == *id));
        if let Some(paper) = filed.filter(|p| p.text != made.text) {
            // What is in the file counts, not what today's form would make of it.
            return match format {
                Format::Text => Ok(Document { name: String::new(), bytes: paper.text.clone().into_bytes() }),
                _ => {
                    let detail = "式样或者设置在入卷后有变动；案卷中的文书以纯文本为准";
                    Err(Report::new(Class::Conflict, "draft.form_changed", "不能按入卷时的式样导出", detail))
                }
            };
        }
        let (label, name) = match signed_off(draft, passages) {
            true => (Label::SignedOff, format!("{}.docx", made.composed.zh)),
            false => {
                let label = Label::Draft { producer: made.composed.agency.clone(), id: digest(&made.text) };
                (label, format!("{}（草稿）.docx", made.composed.zh))
            }
        };
        let bytes = match format {
            Format::Html => export::html::write(&made.composed, &label).into_bytes(),
            Format::Text => export::text::write(&made.composed, &label).into_bytes(),
            Format::Docx => export::docx::write(&made.composed, &label)
                .map_err(|e| Report::new(Class::Internal, e.code(), "文书无法导出", e.to_string()))?,
        };
        Ok(Document { name, bytes })
    }
}
