//! 文书起草: facts and assessment → points → passages → document, with provenance for every passage.

pub mod guide;
pub mod writer;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use jiff::civil::Date;
use sha2::{Digest, Sha256};

use self::writer::Writer;
use super::jobs::{JobEvent, JobView, Progress, cancelled};
use super::{Flow, report, today};
use crate::domain::assessment::{Assessment, Notice};
use crate::domain::case::Case;
use crate::domain::document::compose::{PassageText, compose};
use crate::domain::document::doc_no::DocNo;
use crate::domain::document::draft::{Draft, DraftStats, Passage};
use crate::domain::document::elements::six_elements;
use crate::domain::document::fill::{AgencyInfo, FillInput, Filled, fill};
use crate::domain::document::form::Writer as By;
use crate::domain::document::placeholder::Values;
use crate::domain::document::points::{self, FieldPoints, Suspicious};
use crate::domain::document::redact::Redactor;
use crate::domain::document::{form::Form, verify};
use crate::domain::people::Actor;
use crate::error::{Class, Report, Result};
use crate::export;

/// The kind that is drafted when none is named.
pub const DEFAULT_KIND: &str = "penalty_decision";

impl Flow {
    /// Queues a stateless draft and returns its job id. Bad input and legal refusals show at once, not in the job.
    pub fn start_draft(
        self: &Arc<Self>,
        who: Option<&Actor>,
        body: &str,
        kind: Option<&str>,
        key: Option<String>,
    ) -> Result<String> {
        let kind = kind.unwrap_or(DEFAULT_KIND).to_string();
        let (case, notes) = self.read_case(body)?;
        let assessment = self.assess_for(&case, who)?;
        self.check_kind(&case, &assessment, &kind)?;
        let (flow, digest) = (self.clone(), sha256(&format!("{kind}\n{body}")));
        self.jobs.start(id_of(who), digest, key, move |job| {
            let show = |p: Progress| job.report(p);
            let mut draft = flow.draft_with(&case, &assessment, &kind, today(), &|| job.is_cancelled(), &show)?;
            draft.warnings.extend(notes);
            Ok(draft)
        })
    }

    pub fn draft_job(&self, who: Option<&Actor>, id: &str) -> Result<JobView> {
        self.jobs.view(id_of(who), id)
    }

    pub fn cancel_draft(&self, who: Option<&Actor>, id: &str) -> Result<()> {
        self.jobs.cancel(id_of(who), id)
    }

    pub fn draft_events(
        &self,
        who: Option<&Actor>,
        id: &str,
    ) -> Result<tokio_stream::wrappers::ReceiverStream<JobEvent>> {
        self.jobs.events(id_of(who), id)
    }

    /// File name and bytes of the finished document.
    pub fn draft_docx(&self, who: Option<&Actor>, id: &str) -> Result<(String, Vec<u8>)> {
        let draft = self.jobs.draft(id_of(who), id)?;
        Ok((format!("{}（草稿）.docx", draft.composed.zh), docx(&draft)?))
    }

    pub fn draft_html(&self, who: Option<&Actor>, id: &str) -> Result<String> {
        let draft = self.jobs.draft(id_of(who), id)?;
        Ok(html_page(&draft))
    }

    pub fn draft_text(&self, who: Option<&Actor>, id: &str) -> Result<String> {
        Ok(self.jobs.draft(id_of(who), id)?.text.clone())
    }

    /// Assesses and drafts, blocking: what the command line does.
    pub fn draft(&self, case: &Case, kind: &str, day: Date) -> Result<Draft> {
        let assessment = self.assess_on(case, day, None)?;
        self.draft_with(case, &assessment, kind, day, &|| false, &|_| {})
    }

    pub(in crate::flow) fn agency_info(&self) -> AgencyInfo {
        let a = self.agency.clone();
        AgencyInfo {
            name: a.name,
            doc_no_prefix: a.doc_no_prefix,
            government: a.government,
            court: a.court,
            address: a.address,
            phone: a.phone,
            bank: a.bank,
            bank_account: a.bank_account,
        }
    }

    pub(super) fn check_kind(&self, case: &Case, assessment: &Assessment, kind: &str) -> Result<()> {
        let form = self.prompts.form(kind).map_err(report::prompts)?;
        let agency = self.agency_info();
        let input = FillInput { case, assessment, agency: &agency, doc_no: None, today: today() };
        fill(form, &self.prompts.blocks, &input).map(|_| ()).map_err(report::fill)
    }

    /// Fills what the case itself says and gathers what is left to be written.
    pub(super) fn prepare(
        &self,
        case: &Case,
        assessment: &Assessment,
        kind: &str,
        day: Date,
        doc_no: Option<&DocNo>,
    ) -> Result<Prepared<'_>> {
        let form = self.prompts.form(kind).map_err(report::prompts)?;
        let agency = self.agency_info();
        let input = FillInput { case, assessment, agency: &agency, doc_no, today: day };
        let filled = fill(form, &self.prompts.blocks, &input).map_err(report::fill)?;
        let mut redactor = Redactor::new(case);
        let (fields, suspicious) = points::of_form(form, case, assessment, &mut redactor);
        let fields = fields.into_iter().filter(|f| filled.drafted.contains(f.field)).collect();
        Ok(Prepared { form, filled, fields, values: redactor.values, suspicious })
    }

    /// Writes some of the fields, blocking. `stopped` is asked between sentences; `show` gets a field's text as it grows.
    pub(super) fn write(
        &self,
        prepared: &Prepared<'_>,
        fields: &[FieldPoints],
        stats: &mut DraftStats,
        stopped: &dyn Fn() -> bool,
        show: &dyn Fn(Progress),
    ) -> Result<Vec<Passage>> {
        self.write_again(prepared, fields, 0, stats, stopped, show)
    }

    /// As [`write`](Self::write), for the n-th time; the first is 0.
    pub(super) fn write_again(
        &self,
        prepared: &Prepared<'_>,
        fields: &[FieldPoints],
        round: u32,
        stats: &mut DraftStats,
        stopped: &dyn Fn() -> bool,
        show: &dyn Fn(Progress),
    ) -> Result<Vec<Passage>> {
        let engine = if prepared.form.model_may_write && !fields.is_empty() { self.engine()? } else { None };
        let cancel = Arc::new(AtomicBool::new(false));
        let writer = Writer {
            engine,
            model: self.model_id().unwrap_or("none"),
            task: &self.sentence,
            lexicon: &self.lexicon,
            cancel: &cancel,
            round,
        };
        let total: usize = fields.iter().map(|f| f.points.len()).sum();
        let named: Vec<(String, &FieldPoints)> = fields.iter().map(|f| (prepared.zh(f.field), f)).collect();
        let mut done = 0usize;
        let mut on_sentence = |field: usize, text: &str, sentence: usize| {
            done += 1;
            let (zh, points) = &named[field];
            show(Progress {
                field: points.field.into(),
                zh: zh.clone(),
                text: text.into(),
                sentence,
                of: points.points.len(),
                progress: done as f64 / total.max(1) as f64,
            });
            !stopped()
        };
        writer
            .fields(&named, &prepared.values, stats, stopped, &mut on_sentence)
            .map_err(report::engine)?
            .ok_or_else(cancelled)
    }

    /// Drafts one document. `stopped` is asked between sentences; `show` gets the text as it grows.
    pub fn draft_with(
        &self,
        case: &Case,
        assessment: &Assessment,
        kind: &str,
        day: Date,
        stopped: &dyn Fn() -> bool,
        show: &dyn Fn(Progress),
    ) -> Result<Draft> {
        let clock = Instant::now();
        let prepared = self.prepare(case, assessment, kind, day, None)?;
        let mut stats = DraftStats::default();
        let passages = self.write(&prepared, &prepared.fields, &mut stats, stopped, show)?;
        let mut draft = self.finish(&prepared, case, assessment, passages)?;
        (draft.stats, draft.seconds) = (stats, clock.elapsed().as_secs_f64());
        Ok(draft)
    }

    /// Puts a document together from its passages.
    pub(super) fn finish(
        &self,
        prepared: &Prepared<'_>,
        case: &Case,
        assessment: &Assessment,
        passages: Vec<Passage>,
    ) -> Result<Draft> {
        let Prepared { form, filled, suspicious, .. } = prepared;
        let texts: BTreeMap<String, PassageText> = passages
            .iter()
            .map(|p| {
                (
                    p.field.clone(),
                    PassageText { text: p.text.clone(), sources: p.sources.clone(), model: p.model.clone() },
                )
            })
            .collect();
        let composed = compose(form, filled, &texts).map_err(report::compose)?;
        let text = composed.text();
        let supports = supports(case, assessment);
        let mut unsupported: Vec<String> = Vec::new();
        for passage in &passages {
            let supports: Vec<&str> = supports.iter().map(String::as_str).collect();
            unsupported.extend(verify::unsupported(&passage.text, &supports));
        }
        let written: Vec<Passage> = composed
            .fields
            .iter()
            .map(|f| {
                passages.iter().find(|p| p.field == f.id).cloned().unwrap_or_else(|| Passage {
                    field: f.id.clone(),
                    zh: f.zh.clone(),
                    writer: f.writer.letter(),
                    text: f.text.clone(),
                    sources: f.sources.clone(),
                    attempts: 0,
                    model: None,
                    sentences: vec![],
                })
            })
            .collect();
        let drafted = |p: &&Passage| p.writer == By::L.letter() && !p.text.is_empty();
        let fallbacks = written.iter().filter(drafted).filter(|p| p.model.is_none()).map(|p| p.field.clone()).collect();
        let mut warnings = assessment.warnings.clone();
        for sentence in &suspicious.0 {
            let shown: String = sentence.chars().take(60).collect();
            warnings.push(Notice {
                code: "facts.instruction".into(),
                text: format!("事实中有疑似对系统发出的指令，未写入文书，请承办人核实：“{shown}”"),
                basis: String::new(),
            });
        }
        // Only a form whose fields serve the items of 59① promises them.
        let promised = form.fields.iter().any(|f| f.element.is_some());
        for missing in if promised { six_elements(&composed) } else { vec![] } {
            warnings.push(Notice { code: "document.element_missing".into(), text: missing.what, basis: missing.basis });
        }
        let hashes = BTreeMap::from([
            ("text".to_string(), sha256(&text)),
            ("case".to_string(), sha256(&serde_json::to_string(case).unwrap_or_default())),
            ("rules".to_string(), self.book.version.clone()),
            ("prompt".to_string(), self.prompt_digest()),
            ("model".to_string(), self.model_id().unwrap_or("none").to_string()),
        ]);
        Ok(Draft {
            kind: form.id.clone(),
            doc_no: composed.doc_no.clone(),
            text,
            passages: written,
            unsupported,
            fallbacks,
            ai_label: export::DRAFT_LABEL.into(),
            hashes,
            blocks: composed.views(),
            warnings,
            missing: composed.missing.iter().map(|m| m.what.clone()).collect(),
            stats: DraftStats::default(),
            seconds: 0.0,
            composed,
        })
    }

    /// Names the instructions the model is given.
    pub(super) fn prompt_digest(&self) -> String {
        sha256(&format!("{}{:?}", self.sentence.system, self.sentence.examples))
    }
}

/// One document before its passages are written.
pub(super) struct Prepared<'a> {
    pub form: &'a Form,
    pub filled: Filled,
    /// Fields with something to write; a drafted field without is a person's to write.
    pub fields: Vec<FieldPoints>,
    /// What the markers in the points stand for.
    pub values: Values,
    suspicious: Suspicious,
}

impl Prepared<'_> {
    /// Name of a field.
    pub fn zh(&self, field: &str) -> String {
        self.form.field(field).map_or(String::new(), |f| f.zh.clone())
    }
}

pub(super) fn id_of(who: Option<&Actor>) -> Option<&str> {
    who.map(|actor| actor.id.as_str())
}

/// The label that stays until a person signs off; the agency makes the content available.
fn label(draft: &Draft) -> export::Label {
    export::Label::Draft {
        producer: draft.composed.agency.clone(),
        id: draft.hashes.get("text").cloned().unwrap_or_default(),
    }
}

fn html_page(draft: &Draft) -> String {
    export::html::write(&draft.composed, &label(draft))
}

/// The .docx bytes of a draft.
pub fn docx(draft: &Draft) -> Result<Vec<u8>> {
    let written = export::docx::write(&draft.composed, &label(draft));
    written.map_err(|e| Report::new(Class::Internal, e.code(), "文书无法导出", e.to_string()))
}

/// Every text a drafted passage may take values from.
pub(super) fn supports(case: &Case, assessment: &Assessment) -> Vec<String> {
    let mut out = vec![serde_json::to_string(case).unwrap_or_default()];
    out.extend(case.facts.narrative.clone());
    out.extend(
        case.evid.iter().flat_map(|e| [Some(format!("证据{}", e.no)), e.title.clone(), e.proves.clone()]).flatten(),
    );
    out.extend(case.procedure.statement.clone());
    out.extend(case.disc.final_.iter().flat_map(|f| f.reason.clone()));
    out.extend(case.facts.factors.iter().flat_map(|f| f.text.clone()));
    for clause in &assessment.clauses {
        let provision = crate::domain::law::Provision {
            law: clause.law.clone(),
            article: clause.article,
            paragraph: clause.paragraph,
            items: clause.items.clone(),
        };
        out.push(provision.to_string());
    }
    out.extend(assessment.factors.iter().map(|f| crate::domain::law::formal(&f.basis)));
    out.extend(assessment.suggested_fen.iter().flat_map(|r| [r.lo.plain_yuan(), r.hi.plain_yuan()]));
    out
}

fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}
