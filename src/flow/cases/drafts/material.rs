//! What a document of a case is made from, and the document made from it: facts of one version, the assessment, the passages.

use jiff::civil::Date;

use crate::corpus::names;
use crate::domain::assessment::Assessment;
use crate::domain::case::Case;
use crate::domain::digest;
use crate::domain::discretion;
use crate::domain::document::doc_no::DocNo;
use crate::domain::document::draft::{Draft, Passage, Sentence};
use crate::domain::document::form::Writer as By;
use crate::domain::document::passage::Treatment;
use crate::domain::document::placeholder::resolve;
use crate::domain::document::points::FieldPoints;
use crate::domain::document::support;
use crate::error::{Class, Report, Result};
use crate::flow::Flow;
use crate::flow::draft::{Prepared, supports};
use crate::store::drafts::{DraftRow, PassageRow};

/// Names looked for in one stretch of prose, at most.
const NAMES: usize = 20;

/// A case and a form, ready to be written.
pub(super) struct Material<'a> {
    pub case: Case,
    pub assessment: Assessment,
    pub prepared: Prepared<'a>,
}

impl Flow {
    /// From the facts of now. Without similar cases: no form shows them.
    pub(super) fn material(&self, case: &Case, kind: &str, day: Date, doc_no: Option<&DocNo>) -> Result<Material<'_>> {
        let assessment = discretion::assess(&self.book, &self.corpus.laws, case, day);
        let prepared = self.prepare(case, &assessment, kind, day, doc_no)?;
        Ok(Material { case: case.clone(), assessment, prepared })
    }

    /// From the facts a draft was made from.
    pub(super) fn material_of(&self, draft: &DraftRow) -> Result<Material<'_>> {
        let broken = || Report::new(Class::Internal, "draft.broken", "草稿不能读取", "请重新起草");
        let case: Case = serde_json::from_str(&draft.facts).map_err(|_| broken())?;
        let day: Date = draft.day.parse().map_err(|_| broken())?;
        let doc_no = draft.doc_no.as_deref().and_then(|no| DocNo::parse(no, &self.agency.doc_no_prefix).ok());
        self.material(&case, &draft.kind, day, doc_no.as_ref())
    }

    /// The document as it stands with the passages given.
    pub(super) fn compose_draft(&self, material: &Material<'_>, passages: &[PassageRow]) -> Result<Draft> {
        let written = passages.iter().filter(|p| p.version > 0).map(passage).collect();
        self.finish(&material.prepared, &material.case, &material.assessment, written)
    }

    /// Values and names in a text that neither the case nor what the machine wrote from it supports.
    pub(super) fn unsupported(&self, material: &Material<'_>, text: &str, machine: &str) -> Vec<String> {
        let mut texts = supports(&material.case, &material.assessment);
        // What the machine wrote was verified against its sources.
        texts.push(machine.to_string());
        let known: Vec<&str> = texts.iter().map(String::as_str).collect();
        let found = support::values(text, &material.case, &known);
        let mut out = found.unsupported;
        for prose in &found.prose {
            for name in unknown_names(prose, &known) {
                if !out.contains(&name) {
                    out.push(name);
                }
            }
        }
        out
    }
}

/// Names in prose that stand in none of the texts.
fn unknown_names(prose: &str, known: &[&str]) -> Vec<String> {
    let (mut out, mut rest) = (Vec::new(), prose.to_string());
    for _ in 0..NAMES {
        let Some(name) = names::first(&rest) else { break };
        // An ending alone (有限公司) names nobody: what stands before it does.
        let whole = before(&rest, &name);
        if !known.iter().any(|text| text.contains(&whole)) {
            out.push(whole);
        }
        rest = rest.replacen(&name, "，", 1);
    }
    out
}

/// The name with the four characters before it, where it is only the ending of one.
fn before(text: &str, name: &str) -> String {
    let ending = name.ends_with("公司") || name.ends_with("合作社") || name.ends_with("事务所");
    let Some(at) = text.find(name).filter(|_| ending) else { return name.to_string() };
    let head: Vec<char> = text[..at].chars().rev().take_while(|c| c.is_alphanumeric()).take(4).collect();
    head.into_iter().rev().chain(name.chars()).collect()
}

impl Material<'_> {
    /// What a field has to say, sentence by sentence; `None`: nothing is known, a person writes it.
    pub fn points(&self, field: &str) -> Option<&FieldPoints> {
        self.prepared.fields.iter().find(|f| f.field == field)
    }

    /// Digest of what a field has to say.
    pub fn digest_of(&self, field: &str) -> String {
        let mut all = String::new();
        for point in self.points(field).into_iter().flat_map(|f| &f.points) {
            let said = resolve(&point.template, &self.prepared.values).unwrap_or_else(|_| point.template.clone());
            all.push_str(&format!("{said}\n{}\n", point.sources.join("\t")));
        }
        digest(&all)
    }

    /// The passages of a new draft, in the order of the form. Words a person answers for are taken over where what they say is
    /// still the same.
    pub fn passages(&self, draft: &str, earlier: &[PassageRow], flow: &Flow) -> Vec<PassageRow> {
        let fields = self.prepared.form.drafted().filter(|(f, _)| self.prepared.filled.drafted.contains(&f.id));
        fields
            .zip(0i64..)
            .map(|((field, _), place)| {
                let material_sha256 = self.digest_of(&field.id);
                let same = |p: &&PassageRow| p.field == field.id && p.material_sha256 == material_sha256;
                let mut row = PassageRow {
                    draft_id: draft.into(),
                    field: field.id.clone(),
                    zh: field.zh.clone(),
                    place,
                    material_sha256: material_sha256.clone(),
                    carried_from: None,
                    machine: None,
                    text: String::new(),
                    version: 0,
                    treatment: Treatment::Open,
                    taken_by: None,
                    taken_at: None,
                    unsupported: vec![],
                    vouch: None,
                };
                if let Some(known) = earlier.iter().find(same)
                    && let Some(machine) = &known.machine
                {
                    row.unsupported = flow.unsupported(self, &known.text, &machine.text);
                    // Vouched for was what stood there, nothing that lost its support since.
                    row.vouch =
                        known.vouch.clone().filter(|_| row.unsupported.iter().all(|u| known.unsupported.contains(u)));
                    row.carried_from = Some(known.draft_id.clone());
                    row.machine = Some(machine.clone());
                    row.text = known.text.clone();
                    row.version = 1;
                    row.treatment = known.treatment;
                    row.taken_by = known.taken_by.clone();
                    row.taken_at = known.taken_at.clone();
                }
                row
            })
            .collect()
    }
}

/// A saved passage as the document holds it. Who wrote it is marked until a person answers for it.
fn passage(row: &PassageRow) -> Passage {
    let machine = row.machine.clone().unwrap_or_default();
    let sentences: Vec<Sentence> = serde_json::from_str(&machine.sentences).unwrap_or_default();
    Passage {
        field: row.field.clone(),
        zh: row.zh.clone(),
        writer: By::L.letter(),
        text: row.text.clone(),
        sources: machine.sources,
        attempts: u32::try_from(machine.attempts).unwrap_or(0),
        model: machine.model.filter(|_| row.taken_by.is_none()),
        sentences,
    }
}
