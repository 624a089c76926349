//! 案卷: everything on record about one case, from clue to archive. Plain data: who may add what, and when, is
//! [`super::procedure`]'s matter; what is wrong with it is [`super::checks`]'.
//!
//! The facts, the evidence and a person's figure live in [`Dossier::case`] (the case JSON of the contract). Days of the course
//! (立案、告知、听证、决定) live in the records of the course and nowhere else; [`Dossier::as_case`] puts them together.

mod decision;
mod execution;
mod investigation;
mod notice;
mod papers;
mod people;
mod publicity;
mod service;
mod spot;

pub use decision::*;
pub use execution::*;
pub use investigation::*;
pub use notice::*;
pub use papers::*;
pub use people::*;
pub use publicity::*;
pub use service::*;
pub use spot::*;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::case::{Case, Officer, Rectify};
use super::legal_review::{FlaggedRule, Review};
use super::procedure::state::{Procedure, State};

/// One case file. Grows by steps of the procedure; nothing in it is ever taken out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dossier {
    /// 案号, unique in this bureau.
    pub case_no: String,
    pub procedure: Procedure,
    pub state: State,
    /// 教学案卷: fictitious, open to trainees, never counted or published.
    pub teaching: bool,
    /// Person id of the one who registered it.
    pub created_by: String,
    /// Legal day of the last transition: days never run backwards.
    pub last_day: Option<Date>,
    pub clue: Clue,
    pub case: Case,
    /// 承办人, reviewers and others as they were when they joined, with their certificates.
    pub people: Vec<CasePerson>,
    /// Person ids the case is shared with for reading.
    pub shared_with: Vec<String>,
    /// 承办人 declared to have no stake in the case (行政处罚法43).
    pub recusal_checked: bool,
    pub recusals: Vec<Recusal>,
    pub filing: Option<Filing>,
    pub not_filed: Option<NotFiled>,
    pub acts: Vec<Act>,
    /// 确认 of the facts as they stood; other facts must be confirmed anew.
    pub facts_confirmed: Option<FactsConfirmed>,
    pub identity: Option<Identity>,
    pub evidence: Vec<EvidenceCheck>,
    pub elements: Vec<ElementFinding>,
    pub preservations: Vec<Preservation>,
    pub coercive: Vec<Coercive>,
    pub rectifications: Vec<RectifyOrder>,
    pub investigation: Option<InvestigationReport>,
    /// 事先告知, the last one counts; earlier ones were replaced (T9b).
    pub notices: Vec<PriorNotice>,
    pub statements: Vec<Statement>,
    pub waiver: Option<Waiver>,
    pub hearing: Option<Hearing>,
    pub recheck: Option<DefenceRecheck>,
    /// R1, R3, R4, R6 as people saw them.
    pub review_flags: Vec<FlaggedRule>,
    pub reviews: Vec<Review>,
    /// What the officers propose, as last submitted for review.
    pub intended: Option<DecisionKind>,
    pub discussion: Option<Discussion>,
    pub decision: Option<Decision>,
    pub transfer: Option<Transfer>,
    pub spot: Option<SpotDecision>,
    pub services: Vec<Service>,
    pub execution: Execution,
    pub remedies: Vec<Remedy>,
    pub publicity: Publicity,
    pub suspensions: Vec<Suspension>,
    pub documents: Vec<Paper>,
    pub av: Vec<AvRecord>,
    pub closure: Option<Closure>,
    pub archive: Option<Archive>,
}

impl Dossier {
    /// The case JSON with the days of the course filled in: what the engine and the forms read.
    pub fn as_case(&self) -> Case {
        let mut case = self.case.clone();
        case.case.case_no = Some(self.case_no.clone());
        case.case.source = case.case.source.or_else(|| Some(self.clue.source.clone()).filter(|s| !s.is_empty()));
        if let Some(filing) = &self.filing {
            case.case.filed_at = Some(filing.approved_on);
        }
        let officers = self.officers();
        if !officers.is_empty() {
            case.officer = officers
                .map(|p| Officer {
                    name: Some(p.name.clone()),
                    cert_no: p.certs.first().map(|c| c.cert_no.clone()),
                    valid_to: p.certs.first().map(|c| c.valid_to),
                })
                .collect();
        }
        if let Some(order) = self.rectifications.last() {
            case.facts.rectify = Some(Rectify {
                ordered_at: Some(order.ordered_on),
                deadline: Some(order.due),
                rechecked_at: order.recheck.as_ref().map(|r| r.on),
                corrected: order.recheck.as_ref().map(|r| r.corrected),
            });
        }
        let course = &mut case.procedure;
        if let Some(served) = self.notice().and_then(|n| n.served_on(self)) {
            course.notice_served_at = Some(served);
        }
        if !self.notices.is_empty() {
            course.hearing_requested = Some(self.hearing.as_ref().is_some_and(|h| h.in_time));
        }
        if let Some(held) = self.hearing.as_ref().and_then(|h| h.held.as_ref()) {
            course.hearing_at = Some(held.on);
        }
        if !self.statements.is_empty() {
            course.statement = Some(self.statements.iter().map(|s| s.text.as_str()).collect::<Vec<_>>().join("\n"));
        }
        if let Some(recheck) = &self.recheck
            && !recheck.items.is_empty()
        {
            course.statement_accepted = Some(recheck.items.iter().any(|i| i.accepted));
            course.statement_reason =
                Some(recheck.items.iter().map(|i| i.reason.as_str()).collect::<Vec<_>>().join("；"));
        }
        if let Some(decision) = &self.decision {
            course.decided_at = Some(decision.made_on);
        }
        let decided = self.decision.as_ref().map(|d| d.kind).or(self.intended);
        if matches!(decided, Some(DecisionKind::NoPenalty | DecisionKind::NotEstablished)) {
            let figure = case.disc.final_.get_or_insert_default();
            let named = self.decision.as_ref().and_then(|d| d.ground.clone());
            let none = (decided == Some(DecisionKind::NotEstablished)).then(|| "not_established".to_string());
            // What was decided wins over what was proposed before.
            figure.ground = named.or(none).or(figure.ground.take());
            let reason = self.decision.as_ref().map(|d| d.reason.clone()).filter(|r| !r.trim().is_empty());
            figure.reason = figure.reason.take().or(reason);
        }
        if let Some(served) = self.decision_served_on() {
            course.decision_served_at = Some(served);
        }
        case
    }

    /// What a confirmation of the facts answers for: facts, party and evidence.
    pub fn facts_digest(&self) -> String {
        let parts = (&self.case.facts, &self.case.party, &self.case.evid);
        crate::domain::digest(&serde_json::to_string(&parts).unwrap_or_default())
    }

    /// Whether a person confirmed the facts as they stand now.
    pub fn facts_are_confirmed(&self) -> bool {
        self.facts_confirmed.as_ref().is_some_and(|c| c.digest == self.facts_digest())
    }

    /// 承办人 of the case.
    pub fn officers(&self) -> People<'_> {
        People { people: &self.people, duty: Duty::Officer, at: 0 }
    }

    pub fn person(&self, id: &str) -> Option<&CasePerson> {
        self.people.iter().find(|p| p.id == id)
    }

    /// Whether the person took part in the investigation: as 承办人 or in any act of it.
    pub fn investigated(&self, person: &str) -> bool {
        self.people.iter().any(|p| p.id == person && p.duty == Duty::Officer)
            || self.acts.iter().any(|a| a.officers.iter().any(|o| o == person))
    }

    /// The 事先告知 in force.
    pub fn notice(&self) -> Option<&PriorNotice> {
        self.notices.last()
    }

    /// What was imposed, by a decision or on the spot.
    pub fn imposed(&self) -> Option<&Sanction> {
        self.decision.as_ref().map(|d| &d.content).or(self.spot.as_ref().map(|s| &s.content))
    }

    /// The day the decision counts as served (送达日).
    pub fn decision_served_on(&self) -> Option<Date> {
        self.services.iter().find(|s| s.what == Served::Decision).map(|s| s.served_on)
    }

    /// The newest document of a kind that has not been replaced.
    pub fn paper(&self, kind: &str) -> Option<&Paper> {
        self.documents.iter().rev().find(|d| d.kind == kind && !d.void)
    }

    /// The review round that counts: the newest.
    pub fn review(&self) -> Option<&Review> {
        self.reviews.last()
    }
}
