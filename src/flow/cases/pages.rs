//! What pages show together: a case with everything beside it, a reviewer's desk, the overview of all that is in sight.

use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value;

use super::drafts::DraftLine;
use super::papers::PaperLine;
use super::{Asking, CaseView};
use crate::corpus::cases::Shelf;
use crate::domain::assessment::{Assessment, MoneyRange};
use crate::domain::checks::Finding;
use crate::domain::discretion;
use crate::domain::dossier::Dossier;
use crate::domain::penalty::Tier;
use crate::domain::people::Person;
use crate::domain::procedure::guards::elements_asked;
use crate::error::Result;
use crate::flow::assess::Leave;
use crate::flow::{Flow, report};
use crate::store::cases::Sight;
pub use crate::store::cases::{Overview, Tally};

/// An element of the act with what was found.
#[derive(Clone, Debug, Serialize)]
pub struct ElementView {
    pub code: String,
    pub zh: String,
    pub basis: String,
    pub key: bool,
    /// Nothing was found yet.
    pub open: bool,
    pub established: bool,
    pub evidence: Vec<u32>,
    pub note: String,
}

/// The part of the statutory range that a tier has, where the law permits the tier.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct TierBand {
    pub tier: Tier,
    pub zh: &'static str,
    pub range_fen: MoneyRange,
}

/// A case with everything its page shows.
#[derive(Debug, Serialize)]
pub struct CasePage {
    pub view: CaseView,
    pub findings: Vec<Finding>,
    pub elements: Vec<ElementView>,
    pub assessment: Assessment,
    pub bands: Vec<TierBand>,
    pub papers: Vec<PaperLine>,
    pub drafts: Vec<DraftLine>,
    #[serde(skip)]
    pub people: Vec<Person>,
}

/// A round of review with everything the desk shows.
#[derive(Debug, Serialize)]
pub struct DeskPage {
    /// As the interface gives it.
    pub desk: Value,
    pub case: CaseView,
    pub assessment: Assessment,
    pub bands: Vec<TierBand>,
    #[serde(skip)]
    pub people: Vec<Person>,
}

impl Flow {
    /// The case and all that stands beside it; reading it is on record.
    pub async fn case_page(&self, ask: &Asking, case_no: &str) -> Result<CasePage> {
        let view = self.case_view(ask, case_no).await?;
        let (dossier, today) = (&view.dossier, ask.today());
        let findings = self.audit_dossier(dossier, today).await?;
        let elements = self.with_look(dossier, &[], today, |look| {
            elements_asked(look).into_iter().map(|rule| element(dossier, rule)).collect()
        });
        let case = dossier.as_case();
        let assessment = self.assessed(&case, today, Leave::of(dossier), Shelf::of(Some(&ask.actor)))?;
        let bands = self.bands(dossier, today);
        let papers = dossier.documents.iter().map(PaperLine::from).collect();
        let drafts = self.case_drafts(&ask.actor, case_no).await?;
        Ok(CasePage { findings, elements, assessment, bands, papers, drafts, people: self.people().await?, view })
    }

    /// The desk of one round; reading it is on record.
    pub async fn desk_page(&self, ask: &Asking, id: &str) -> Result<DeskPage> {
        let (desk, assessment) = self.desk_of(ask, id).await?;
        let case_no = desk["case_no"].as_str().unwrap_or_default().to_string();
        let case = self.case_view(ask, &case_no).await?;
        let bands = self.bands(&case.dossier, ask.today());
        Ok(DeskPage { desk, assessment, bands, people: self.people().await?, case })
    }

    /// What each permitted tier would leave of the range: the engine asked once per tier, nothing decided here.
    fn bands(&self, dossier: &Dossier, day: Date) -> Vec<TierBand> {
        let mut out = vec![];
        for tier in Tier::ALL {
            let mut case = dossier.as_case();
            case.disc.final_.get_or_insert_default().tier = Some(*tier);
            let told = discretion::assess(&self.book, &self.corpus.laws, &case, day);
            if told.tier == Some(*tier)
                && let Some(range_fen) = told.suggested_fen
            {
                out.push(TierBand { tier: *tier, zh: tier.zh(), range_fen });
            }
        }
        out
    }

    /// Counts over all cases the person may see.
    pub async fn overview(&self, ask: &Asking) -> Result<Overview> {
        self.reader().await?.overview(&Sight::of(&ask.actor), ask.today()).await.map_err(report::store)
    }
}

fn element(dossier: &Dossier, rule: &crate::domain::rulebook::ElementRule) -> ElementView {
    let found = dossier.elements.iter().rev().find(|f| f.code == rule.code);
    ElementView {
        code: rule.code.clone(),
        zh: rule.zh.clone(),
        basis: rule.basis.clone(),
        key: rule.key,
        open: found.is_none(),
        established: found.is_some_and(|f| f.established),
        evidence: found.map(|f| f.evidence.clone()).unwrap_or_default(),
        note: found.map(|f| f.note.clone()).unwrap_or_default(),
    }
}
