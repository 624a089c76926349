//! Looking at a dossier under the rules of a day: audit, pre-check, what the guards and checks need to know.

use jiff::civil::Date;
use serde_json::{Value, json};

use crate::domain::checks::{self, Bureau, Finding, Look, Precheck, Severity};
use crate::domain::dossier::Dossier;
use crate::domain::dues::{self, Due};
use crate::domain::people::Actor;
use crate::error::Result;
use crate::flow::{Flow, report};
use crate::store::cases::{Sight, Stored};

impl Flow {
    /// 案卷评查: every check that finds something.
    pub async fn audit_case(&self, actor: &Actor, case_no: &str, today: Date) -> Result<Vec<Finding>> {
        let stored = self.stored(actor, case_no).await?;
        self.audit_dossier(&stored.dossier, today).await
    }

    /// 审核预检 C01–C16 with the evidence for each.
    pub async fn precheck_case(&self, actor: &Actor, case_no: &str, today: Date) -> Result<Vec<Precheck>> {
        let Stored { dossier, .. } = self.stored(actor, case_no).await?;
        let past = self.past_fines(&dossier).await?;
        Ok(self.with_look(&dossier, &past, today, checks::precheck))
    }

    /// 案卷评查 for the administrator of the machine, who may look at every file from the command line.
    pub async fn audit_any(&self, case_no: &str, today: Date) -> Result<Option<Vec<Finding>>> {
        let found = self.reader().await?.case(case_no, &Sight::system()).await.map_err(report::store)?;
        match found {
            Some(Stored { dossier, .. }) => self.audit_dossier(&dossier, today).await.map(Some),
            None => Ok(None),
        }
    }

    pub(crate) async fn audit_dossier(&self, dossier: &Dossier, today: Date) -> Result<Vec<Finding>> {
        let past = self.past_fines(dossier).await?;
        Ok(self.with_look(dossier, &past, today, checks::audit))
    }

    pub(super) async fn past_fines(&self, dossier: &Dossier) -> Result<Vec<checks::PastFine>> {
        match dossier.case.party.name.as_deref().map(str::trim).filter(|n| !n.is_empty()) {
            Some(party) => self.reader().await?.past_fines(party).await.map_err(report::store),
            None => Ok(vec![]),
        }
    }

    pub(super) fn with_look<T>(
        &self,
        dossier: &Dossier,
        past: &[checks::PastFine],
        day: Date,
        f: impl FnOnce(&Look<'_>) -> T,
    ) -> T {
        let assessment = checks::assess(dossier, &self.book, &self.corpus.laws, day);
        let bureau = self.bureau();
        f(&Look {
            dossier,
            assessment: &assessment,
            book: &self.book,
            texts: &self.corpus.laws,
            bureau: &bureau,
            past,
            day,
        })
    }

    pub(super) fn dues_of(&self, dossier: &Dossier, day: Date) -> Vec<Due> {
        self.with_look(dossier, &[], day, |look| dues::dues(*look))
    }

    /// 本机关 as the checks know it.
    pub(crate) fn bureau(&self) -> Bureau {
        let a = &self.agency;
        Bureau {
            name: a.name.clone(),
            region: a.region.clone(),
            category: a.category.clone(),
            government: a.government.clone(),
            court: a.court.clone(),
            retention_years: a.retention_years,
        }
    }
}

/// The audit as JSON: the findings, and how many of each level.
pub fn audit_json(case_no: &str, findings: &[Finding]) -> Value {
    let count = |s: Severity| findings.iter().filter(|f| f.severity == s).count();
    json!({
        "case_no": case_no,
        "ok": findings.iter().all(|f| f.severity != Severity::Fatal),
        "fatal": count(Severity::Fatal), "major": count(Severity::Major), "minor": count(Severity::Minor),
        "findings": findings,
    })
}
