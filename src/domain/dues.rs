//! 到期事项: what is still to be done in a case, and until when (deadlines.toml). Computed from the file, never entered.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::checks::Look;
use super::deadline::Origin;
use super::dossier::{DecisionKind, PublicityState, RemedyOutcome, Served};
use super::legal_review::ReviewState;
use super::money::Fen;
use super::procedure::guards::{payment_due, remedies_over, unpaid};
use super::procedure::state::State;

/// One open deadline. `due` is absent when it cannot be computed; `problem` then says why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    pub id: String,
    pub zh: String,
    pub due: Option<Date>,
    pub basis: String,
    /// Who has to act: `officer`, `reviewer`, `head`, `publisher`, `party`.
    pub owner: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The number of days is the bureau's own: a day to be reminded of, behind which nothing is late by law.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub advisory: bool,
}

impl Due {
    /// Somebody of the bureau is late when it has passed.
    pub fn binds_the_bureau(&self) -> bool {
        !self.advisory && self.owner != PARTY
    }
}

/// Owner of the periods in which a party may or must act.
pub const PARTY: &str = "party";

struct Dues<'a> {
    look: Look<'a>,
    out: Vec<Due>,
}

impl Dues<'_> {
    fn from(&mut self, id: &str, owner: &str, from: Date) {
        let due = self.look.due(id, from);
        self.push(id, owner, due);
    }

    fn push(&mut self, id: &str, owner: &str, due: Result<Date, String>) {
        let rule = self.look.book.deadline(id);
        let (due, problem) = match due {
            Ok(day) => (Some(day), None),
            Err(why) => (None, Some(why)),
        };
        self.out.push(Due {
            id: id.into(),
            zh: rule.map_or(id, |r| r.zh.as_str()).into(),
            due,
            basis: rule.map_or("", |r| r.basis.as_str()).into(),
            owner: owner.into(),
            problem,
            advisory: rule.is_some_and(|r| r.kind == Origin::Config),
        });
    }
}

/// Open deadlines of a case, earliest first.
pub fn dues(look: Look<'_>) -> Vec<Due> {
    let d = look.dossier;
    let mut out = Dues { look, out: vec![] };
    if d.state.is_final() {
        return vec![];
    }
    if let (State::ClueRegistered, Some(received)) = (d.state, d.clue.received_on) {
        out.from("FILING_DECISION", "head", received);
    }
    if let (Some(filing), None) = (&d.filing, &d.decision) {
        let due = look.due("FILE_TO_DECIDE", filing.approved_on).map(|day| later(day, &d.suspensions));
        out.push("FILE_TO_DECIDE", "officer", due);
    }
    for p in d.preservations.iter().filter(|p| p.disposed_on.is_none()) {
        out.from("EVIDENCE_PRESERVE_DISPOSE", "officer", p.on);
    }
    for c in d.coercive.iter().filter(|c| c.lifted_on.is_none()) {
        out.from("SEIZURE_MAX", "officer", c.on);
    }
    if let Some(order) = d.rectifications.last().filter(|o| o.recheck.is_none()) {
        out.out.push(Due {
            id: "RECTIFY_RECHECK".into(),
            zh: "改正期限届满，复查".into(),
            due: Some(order.due),
            basis: "行政处罚法28①".into(),
            owner: "officer".into(),
            problem: None,
            advisory: false,
        });
    }
    if let (State::StatementOpen, Some(notice)) = (d.state, d.notice())
        && let Some(served) = notice.served_on(d)
    {
        out.from("STATEMENT", "party", served);
        if notice.told_hearing {
            out.from("HEARING_REQUEST", "party", served);
        }
    }
    if let Some(review) = d.review() {
        match (review.state, review.due) {
            (ReviewState::Accepted, Some(due)) => out.push("LEGAL_REVIEW", "reviewer", Ok(due)),
            (ReviewState::Submitted, _) => out.from("LEGAL_REVIEW", "reviewer", review.submitted_on),
            _ => {}
        }
    }
    after_decision(&mut out);
    spot(&mut out);
    publicity(&mut out);
    out.out.sort_by_key(|d| d.due.unwrap_or(Date::MIN));
    out.out
}

fn after_decision(out: &mut Dues<'_>) {
    let look = out.look;
    let d = look.dossier;
    let made_on = match (&d.decision, &d.spot) {
        (Some(decision), _) => decision.made_on,
        (None, Some(spot)) => super::procedure::guards::day_of(spot.at),
        (None, None) => return,
    };
    if let Some(decision) = &d.decision
        && decision.kind == DecisionKind::Transferred
    {
        if d.transfer.as_ref().is_some_and(|t| t.sent_at.is_none()) {
            // Twenty-four hours: the day after the approval is the last one.
            let due = decision.made_on.tomorrow().map_err(|e| e.to_string());
            out.push("TRANSFER_SEND", "officer", due);
        }
        return;
    }
    let Some(served) = d.decision_served_on() else {
        out.from("SERVE_DECISION", "officer", made_on);
        return;
    };
    if d.closure.is_some() {
        return;
    }
    if unpaid(d) > Fen::ZERO {
        if let Ok(Some(due)) = payment_due(&look) {
            out.push("PAY_FINE", "party", Ok(due));
        }
        if d.execution.demand.is_some() && d.execution.court.is_none() {
            if let Some(s) = d.services.iter().rev().find(|s| s.what == Served::Demand) {
                out.from("DEMAND_BEFORE_COURT", "party", s.served_on);
            }
            if let Ok(Some(over)) = remedies_over(&look) {
                out.from("COURT_ENFORCEMENT_WINDOW", "head", over);
            }
        }
    }
    if d.remedies.is_empty() {
        out.from("RECONSIDERATION", "party", served);
        // 当场处罚: 复议前置 (行政复议法23①(一)).
        if d.spot.is_none() {
            out.from("LITIGATION_DIRECT", "party", served);
        }
    }
}

fn spot(out: &mut Dues<'_>) {
    let d = out.look.dossier;
    let Some(spot) = d.spot.as_ref().filter(|_| d.closure.is_none()) else { return };
    let day = super::procedure::guards::day_of(spot.at);
    if spot.filed_on.is_none() {
        out.from("SPOT_DECISION_FILE", "officer", day);
    }
    if let Some(p) = d.execution.payments.iter().find(|p| p.collected_by_agency)
        && spot.cash_to_agency_on.is_none()
    {
        out.from("CASH_TO_AGENCY", "officer", p.on);
    }
}

fn publicity(out: &mut Dues<'_>) {
    let d = out.look.dossier;
    let p = &d.publicity;
    if let (PublicityState::Pending | PublicityState::Approved, Some(due)) = (p.state, p.due) {
        out.push("PUBLISH_PENALTY_LICENCE", "publisher", Ok(due));
    }
    let overturned = d.remedies.iter().find(|r| r.outcome.is_some_and(RemedyOutcome::overturns));
    if let (PublicityState::Published, Some(on)) = (p.state, overturned.and_then(|r| r.ended_on)) {
        out.from("PUBLISH_WITHDRAW", "publisher", on);
    }
}

/// A day put back by the days that do not count, each once.
pub(crate) fn later(day: Date, suspensions: &[super::dossier::Suspension]) -> Date {
    let mut runs: Vec<(Date, Date)> =
        suspensions.iter().filter_map(|s| s.to.filter(|to| *to >= s.from).map(|to| (s.from, to))).collect();
    runs.sort();
    let (mut days, mut counted) = (0i64, Date::MIN);
    for (from, to) in runs {
        let start = if from > counted { from } else { counted.tomorrow().unwrap_or(counted) };
        if to >= start {
            days += start.until(to).map_or(0, |span| i64::from(span.get_days()) + 1);
            counted = to;
        }
    }
    day.checked_add(jiff::ToSpan::days(days)).unwrap_or(day)
}
