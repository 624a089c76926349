//! What the steps share while one assessment is being made.

use jiff::civil::Date;

use crate::domain::assessment::{Assessment, Clause, ClauseRole, Notice, ResultCode};
use crate::domain::case::Case;
use crate::domain::law::{Provision, Validity};
use crate::domain::penalty::Circumstance;
use crate::domain::rulebook::RuleBook;
use crate::domain::trace::Trace;

use super::factors::Factors;
use super::gains::Gains;
use super::range::{Bases, FineRange};
use super::table::{Outcome, Violation};
use super::{ProvisionTexts, notice};

/// Whether the next step runs.
pub(crate) enum Next {
    Go,
    Stop(ResultCode),
}

/// What a step leaves.
pub(crate) struct Done {
    pub next: Next,
    pub trace: Trace,
}

impl Done {
    pub fn go(trace: Trace) -> Self {
        Self { next: Next::Go, trace }
    }

    pub fn stop(code: ResultCode, trace: Trace) -> Self {
        Self { next: Next::Stop(code), trace }
    }
}

/// The assessment in the making.
pub(crate) struct Work<'a> {
    pub book: &'a RuleBook,
    pub texts: &'a dyn ProvisionTexts,
    pub case: &'a Case,
    pub today: Date,
    /// The row the case names.
    pub row: &'a Violation,
    /// The row that is applied: another one only by 从旧兼从轻.
    pub applied: &'a Violation,
    pub circumstance: Circumstance,
    pub gains: Gains,
    pub factors: Factors,
    /// One chosen outcome, or two that both fit (重叠).
    pub outcomes: Vec<&'a Outcome>,
    /// Fine of each chosen outcome, in the same order.
    pub fines: Vec<Option<FineRange>>,
    pub range_result: ResultCode,
    /// Reasons why a lawyer must look at the case as a complex one (R3).
    pub complex: Vec<String>,
    /// Whether a published benchmark gave the band.
    pub benchmark_used: Option<String>,
    pub out: Assessment,
}

impl<'a> Work<'a> {
    pub fn new(
        book: &'a RuleBook,
        texts: &'a dyn ProvisionTexts,
        case: &'a Case,
        today: Date,
        row: &'a Violation,
        mut out: Assessment,
    ) -> Self {
        out.act = row.act.clone();
        let gains = Gains::of(&case.facts);
        out.gains_fen = gains.known();
        let factors = Factors::read(book, case);
        out.factors = factors.effects.clone();
        out.warnings.extend(factors.warnings.iter().cloned());
        out.missing.extend(factors.missing.iter().cloned());
        let mut work = Self {
            book,
            texts,
            case,
            today,
            row,
            applied: row,
            circumstance: case.facts.circumstance.unwrap_or(Circumstance::Base),
            gains,
            factors,
            outcomes: vec![],
            fines: vec![],
            range_result: ResultCode::NeedsInput,
            complex: vec![],
            benchmark_used: None,
            out,
        };
        work.set_applied(row);
        work
    }

    /// Makes `row` the applied one: its clauses and orders are those of the result.
    pub fn set_applied(&mut self, row: &'a Violation) {
        self.applied = row;
        let target = self.book.outcome_row(row);
        self.out.orders = row.orders.clone();
        for order in &target.orders {
            if !self.out.orders.contains(order) {
                self.out.orders.push(order.clone());
            }
        }
        self.out.clauses = self.clauses();
    }

    /// The day on which the applied text must be in force.
    pub fn law_day(&self) -> Date {
        let facts = &self.case.facts;
        facts.act_end().or(facts.discovered_at).unwrap_or_else(|| self.decision_day())
    }

    pub fn decision_day(&self) -> Date {
        self.case.procedure.decided_at.unwrap_or(self.today)
    }

    pub fn bases(&self) -> Bases {
        let facts = &self.case.facts;
        Bases { gains: self.gains.known(), actual_loss: facts.actual_loss_fen, false_capital: facts.false_capital_fen }
    }

    pub fn warn(&mut self, code: &str, text: impl Into<String>, basis: &str) {
        let item = notice(code, text, basis);
        if !self.out.warnings.contains(&item) {
            self.out.warnings.push(item);
        }
    }

    pub fn need(&mut self, path: &str) {
        if !self.out.missing.iter().any(|m| m == path) {
            self.out.missing.push(path.into());
        }
    }

    pub fn has_warning(&self, code: &str) -> bool {
        self.out.warnings.iter().any(|w: &Notice| w.code == code)
    }

    /// 义务条 where it is known with certainty, then every 责任条: the row's own, the referred one, further ones to cite.
    fn clauses(&self) -> Vec<Clause> {
        let mut out: Vec<Clause> =
            self.applied.duty.iter().map(|d| self.clause(ClauseRole::Duty, d.provision())).collect();
        let mut rows = vec![self.applied];
        let referred = self.book.outcome_row(self.applied);
        if referred.id != self.applied.id {
            rows.push(referred);
        }
        rows.extend(self.applied.refer_also.iter().filter_map(|id| self.book.violation(id)));
        for (i, row) in rows.into_iter().enumerate() {
            // A row whose article number is not verified cites nothing.
            if row.article == 0 {
                continue;
            }
            let mut provision = row.provision();
            // The act meets some items, not all: those named by the facts, or none yet.
            provision.items.retain(|item| i == 0 && self.case.facts.items.contains(item));
            out.push(self.clause(ClauseRole::Penalty, provision));
        }
        out
    }

    fn clause(&self, role: ClauseRole, provision: Provision) -> Clause {
        let state = self.texts.lookup(&provision, self.law_day());
        Clause {
            role,
            law: provision.law,
            article: provision.article,
            paragraph: provision.paragraph,
            items: provision.items,
            version: state.version,
            in_force: match state.validity {
                Validity::InForce => Some(true),
                Validity::NotYetInForce | Validity::Repealed => Some(false),
                Validity::Unknown => None,
            },
            validity: state.validity,
            text: state.text,
        }
    }
}
