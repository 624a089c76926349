//! Documents that a step produces, put into the file together with it. Everything in them comes from the file.

use jiff::civil::Date;

use super::Asking;
use crate::domain::checks;
use crate::domain::document::compose::{Composed, compose, text_of};
use crate::domain::document::doc_no::DocNo;
use crate::domain::document::fill::{FillInput, fill_paper};
use crate::domain::document::papers::{Binding, NUMBER, PaperInput, Subject, values};
use crate::domain::dossier::{ActKind, Dossier, Paper};
use crate::domain::procedure::guards::day_of;
use crate::domain::procedure::{Row, Step};
use crate::error::{Class, Report, Result};
use crate::export;
use crate::flow::{Flow, report};
use crate::prompts::PaperTemplates;

/// What a document is made of besides its kind.
#[derive(Clone, Copy)]
pub(super) struct Making<'a> {
    pub subject: Subject,
    pub on: Date,
    pub binding: Option<&'a Binding>,
}

impl Flow {
    pub(super) async fn products(
        &self,
        dossier: &mut Dossier,
        row: &'static Row,
        step: &Step,
        ask: &Asking,
        day: Date,
    ) -> Result<()> {
        if matches!(step, Step::Archive { .. }) {
            return self.bind(dossier, ask, day).await;
        }
        if matches!(step, Step::Decide { .. }) {
            self.date_decision(dossier, day)?;
        }
        for kind in made(row, step) {
            let making = Making { subject: subject(step, dossier), on: date_of(step, day), binding: None };
            let paper = self.make_paper(dossier, kind, making)?;
            place(dossier, paper);
        }
        Ok(())
    }

    /// One document of the file as it stands.
    pub(super) fn make_paper(&self, dossier: &Dossier, kind: &str, making: Making<'_>) -> Result<Paper> {
        let form = self.prompts.papers.form(kind).map_err(report::prompts)?;
        let doc_no = self.place_for_number(&form.code, making.on)?;
        let assessment = checks::assess(dossier, &self.book, &self.corpus.laws, making.on);
        let (agency, case) = (self.agency_info(), dossier.as_case());
        let paper = PaperInput {
            dossier,
            assessment: Some(&assessment),
            book: Some(&self.book),
            agency: &agency,
            subject: making.subject,
            day: making.on,
            doc_no: &doc_no,
            archive: making.binding,
        };
        let input = FillInput { case: &case, assessment: &assessment, agency: &agency, doc_no: None, today: making.on };
        let filled = fill_paper(form, &PaperTemplates(&self.prompts), &input, &paper, &values(&paper));
        let composed = compose(form, &filled.map_err(report::fill)?, &Default::default()).map_err(report::compose)?;
        Ok(paper_of(composed, dossier, making))
    }

    /// The number with a place for the figure that the store puts in; empty for documents without 代字.
    fn place_for_number(&self, code: &str, on: Date) -> Result<String> {
        if code.is_empty() {
            return Ok(String::new());
        }
        let no = DocNo::new(&self.agency.doc_no_prefix, code, on.year(), 1, true).map_err(|e| {
            Report::new(Class::Missing, e.code(), "不能给出文号", format!("{e}；请管理员在设置中填写机关代字"))
        })?;
        Ok(no.to_string().replace("第1号", &format!("第{NUMBER}号")))
    }
}

fn paper_of(composed: Composed, dossier: &Dossier, making: Making<'_>) -> Paper {
    let blocks: Vec<_> = composed.blocks.iter().map(|b| b.content.clone()).collect();
    let text = text_of(blocks.iter());
    let of = match (composed.kind.as_str(), making.subject.service, making.subject.act) {
        ("service_receipt", Some(i), _) => dossier.services.get(i).map(|s| s.what.zh().to_string()),
        ("interview_record", _, Some(i)) => dossier.acts.get(i).and_then(|a| a.interviewee.clone()),
        ("inspection_record", _, Some(i)) => {
            dossier.acts.get(i).filter(|a| a.kind != ActKind::Inspection).map(|a| a.kind.zh().to_string())
        }
        ("legal_review_opinion" | "review_submission", _, _) => {
            dossier.review().filter(|r| r.round > 1).map(|r| format!("第{}轮", r.round))
        }
        _ => None,
    };
    let title = match of.filter(|of| !of.trim().is_empty()) {
        Some(of) => format!("{}（{}）", composed.zh, of.trim()),
        None => composed.zh.clone(),
    };
    Paper {
        id: uuid::Uuid::new_v4().to_string(),
        kind: composed.kind,
        title,
        doc_no: composed.doc_no,
        on: Some(making.on),
        sha256: crate::domain::digest(&text),
        pages: export::pages::count(&blocks),
        signed_by: signers(dossier, &composed.zh),
        text,
        blocks,
        ..Paper::default()
    }
}

/// Who approved in the system by taking the step.
fn signers(dossier: &Dossier, zh: &str) -> Vec<String> {
    let name = match zh {
        "立案审批表" => dossier.filing.as_ref().map(|f| f.approval.name.clone()),
        "不予立案记录" => dossier.not_filed.as_ref().map(|f| f.approval.name.clone()),
        "结案报告" => dossier.closure.as_ref().map(|c| c.approval.name.clone()),
        _ => None,
    };
    name.into_iter().filter(|n| !n.is_empty()).collect()
}

/// The kinds a step makes: those of its line; an act makes one record.
fn made(row: &'static Row, step: &Step) -> Vec<&'static str> {
    match step {
        Step::RecordAct { act } if act.kind == ActKind::Interview => vec!["interview_record"],
        Step::RecordAct { .. } => vec!["inspection_record"],
        // The decision says by whom it was approved.
        Step::ApprovePreservation { .. } => vec!["preservation_decision"],
        _ => row.papers.to_vec(),
    }
}

fn subject(step: &Step, after: &Dossier) -> Subject {
    let last = |n: usize| n.checked_sub(1);
    Subject {
        act: last(after.acts.len()).filter(|_| matches!(step, Step::RecordAct { .. })),
        service: last(after.services.len()).filter(|_| matches!(step, Step::Serve { .. })),
        statement: last(after.statements.len()).filter(|_| matches!(step, Step::RecordStatement { .. })),
        preservation: match step {
            Step::ApprovePreservation { index } => Some(*index),
            Step::Preserve { .. } => last(after.preservations.len()),
            _ => None,
        },
        recusal: if let Step::RuleOnRecusal { index, .. } = step { Some(*index) } else { None },
    }
}

/// 成文日期: the day the step says it happened on.
fn date_of(step: &Step, day: Date) -> Date {
    match step {
        Step::RecordAct { act } => day_of(act.ended_at),
        Step::OrderRectification { on, .. }
        | Step::RecheckRectification { on, .. }
        | Step::Preserve { on, .. }
        | Step::RequestHearing { on, .. }
        | Step::RecheckDefence { on, .. }
        | Step::Demand { on, .. }
        | Step::ApplyToCourt { on, .. } => *on,
        Step::RecordStatement { statement } => statement.on,
        Step::HoldHearing { held } => held.on,
        Step::Serve { service } => service.sent_on,
        Step::DecideOnSpot { spot } => day_of(spot.at),
        _ => day,
    }
}

/// Puts a document into the file. A list that grows with the file is kept up to date until somebody signed it; what replaces an
/// older one leaves it in the file.
pub(super) fn place(dossier: &mut Dossier, mut paper: Paper) {
    let living = ["evidence_list", "preservation_decision"].contains(&paper.kind.as_str());
    let old = dossier.documents.iter_mut().rev().find(|p| {
        let same = p.kind != "preservation_decision" || p.on == paper.on;
        p.kind == paper.kind && !p.void && !p.sealed && p.signed_by.is_empty() && !p.attached && same
    });
    if let Some(old) = old.filter(|_| living) {
        paper.id = std::mem::take(&mut old.id);
        *old = paper;
        return;
    }
    if paper.kind == "publicity_summary" || paper.kind.starts_with("dossier_") {
        for older in dossier.documents.iter_mut().filter(|p| p.kind == paper.kind) {
            older.void = true;
        }
    }
    dossier.documents.push(paper);
}
