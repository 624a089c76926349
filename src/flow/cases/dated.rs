//! A decision that is made stands in its document with its day; the words people answer for stay as they are.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::domain::checks;
use crate::domain::digest;
use crate::domain::document::compose::{PassageText, compose, text_of};
use crate::domain::document::doc_no::DocNo;
use crate::domain::document::fill::{FillInput, fill};
use crate::domain::document::form::Writer;
use crate::domain::dossier::Dossier;
use crate::domain::procedure::guards;
use crate::error::Result;
use crate::export::pages;
use crate::flow::{Flow, report};

impl Flow {
    /// Fills the document of the decision anew from the file as the decision leaves it.
    pub(super) fn date_decision(&self, dossier: &mut Dossier, day: Date) -> Result<()> {
        let Some(decision) = &dossier.decision else { return Ok(()) };
        let kind = guards::decision_paper(decision.kind);
        let Some(paper) = dossier.paper(kind).filter(|p| !p.attached && !p.passages.is_empty()) else { return Ok(()) };
        let (id, passages, number) = (paper.id.clone(), paper.passages.clone(), paper.doc_no.clone());
        let form = self.prompts.form(kind).map_err(report::prompts)?;
        let (case, agency) = (dossier.as_case(), self.agency_info());
        let assessment = checks::assess(dossier, &self.book, &self.corpus.laws, day);
        let doc_no = number.as_deref().and_then(|no| DocNo::parse(no, &agency.doc_no_prefix).ok());
        let input =
            FillInput { case: &case, assessment: &assessment, agency: &agency, doc_no: doc_no.as_ref(), today: day };
        let filled = fill(form, &self.prompts.blocks, &input).map_err(report::fill)?;
        let words: BTreeMap<String, PassageText> = passages
            .into_iter()
            .filter(|(field, _)| form.field(field).is_some_and(|f| f.writer == Writer::L))
            .map(|(field, text)| (field, PassageText { text, sources: vec![], model: None }))
            .collect();
        let composed = compose(form, &filled, &words).map_err(report::compose)?;
        if let Some(paper) = dossier.documents.iter_mut().find(|p| p.id == id) {
            paper.blocks = composed.blocks.into_iter().map(|b| b.content).collect();
            paper.text = text_of(paper.blocks.iter());
            paper.pages = pages::count(&paper.blocks);
            paper.sha256 = digest(&paper.text);
            paper.on = Some(day);
        }
        Ok(())
    }
}
