//! What stands beside the file of a case for lists, filters and sight. All of it follows from the file and its deadlines: it is written
//! from them at every save, and [`verify`](crate::store::verify) compares it with them.

use crate::domain::dossier::{DecisionKind, Dossier, Duty};
use crate::domain::dues::Due;
use crate::domain::penalty::PenaltyKind;

/// A value of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) enum Cell {
    Text(Option<String>),
    Number(i64),
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(Some(text.into()))
    }

    fn maybe(value: Option<impl ToString>) -> Self {
        Self::Text(value.map(|v| v.to_string()))
    }

    /// As the database casts it to text.
    pub fn as_text(&self) -> Option<String> {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(n) => Some(n.to_string()),
        }
    }
}

/// The rows of one table that belong to a case.
pub(in crate::store) struct List {
    pub table: &'static str,
    pub columns: &'static [&'static str],
    pub rows: Vec<Vec<Cell>>,
}

/// Tables of [`of`]; each has a column `case_no`.
pub(in crate::store) const TABLES: &[&str] = &["case_people", "case_dues", "case_reviews", "case_fines"];

/// Every list of a case, each table once.
pub(in crate::store) fn of(d: &Dossier, dues: &[Due]) -> Vec<List> {
    vec![people(d), open_dues(d, dues), reviews(d), fines(d)]
}

/// Columns of the row of the case that repeat what the file says.
pub(in crate::store) fn facets(d: &Dossier, dues: &[Due]) -> Vec<(&'static str, Cell)> {
    let next = dues.iter().filter(|d| d.binds_the_bureau()).filter_map(|d| d.due).min();
    vec![
        ("procedure", Cell::text(d.procedure.code())),
        ("state", Cell::text(d.state.code())),
        ("teaching", Cell::Number(i64::from(d.teaching))),
        ("party", Cell::text(d.case.party.name.clone().unwrap_or_default())),
        ("violation", Cell::text(d.case.facts.violation.clone().unwrap_or_default())),
        ("cause", Cell::text(d.case.case.cause.clone().unwrap_or_default())),
        ("review", Cell::text(d.review().map_or("", |r| r.state.code()))),
        ("publicity", Cell::text(d.publicity.state.code())),
        ("outcome", Cell::text(d.decision.as_ref().map_or("", |x| x.kind.code()))),
        ("created_by", Cell::text(&d.created_by)),
        ("registered_on", Cell::text(d.clue.received_on.map(|d| d.to_string()).unwrap_or_default())),
        ("filed_on", Cell::maybe(d.filing.as_ref().map(|f| f.approved_on))),
        ("decided_on", Cell::maybe(d.decision.as_ref().map(|x| x.made_on))),
        ("next_due", Cell::maybe(next)),
    ]
}

/// Who belongs to the case.
fn people(d: &Dossier) -> List {
    let mut people: Vec<(&str, &str)> = vec![(d.created_by.as_str(), "creator")];
    people.extend(
        d.people
            .iter()
            .filter(|p| p.left_on.is_none() || p.duty != Duty::Officer)
            .map(|p| (p.id.as_str(), p.duty.code())),
    );
    people.extend(d.reviews.iter().filter_map(|r| r.reviewer.as_ref()).map(|r| (r.id.as_str(), "reviewer")));
    people.extend(d.shared_with.iter().map(|p| (p.as_str(), "shared")));
    people.extend(d.hearing.iter().filter_map(|h| h.summons.as_ref()).map(|s| (s.host.as_str(), "hearing_host")));
    people.sort_unstable();
    people.dedup();
    let row = |(person, tie): (&str, &str)| vec![Cell::text(&d.case_no), Cell::text(person), Cell::text(tie)];
    let rows = people.into_iter().map(row).collect();
    List { table: "case_people", columns: &["case_no", "person_id", "tie"], rows }
}

fn open_dues(d: &Dossier, dues: &[Due]) -> List {
    let row = |(no, due): (usize, &Due)| {
        let day = due.due?;
        Some(vec![
            Cell::text(&d.case_no),
            Cell::Number(no as i64),
            Cell::text(&due.id),
            Cell::text(&due.zh),
            Cell::text(day.to_string()),
            Cell::text(&due.basis),
            Cell::text(&due.owner),
        ])
    };
    let rows = dues.iter().enumerate().filter_map(row).collect();
    List { table: "case_dues", columns: &["case_no", "no", "id", "zh", "due", "basis", "owner"], rows }
}

fn reviews(d: &Dossier) -> List {
    let row = |r: &crate::domain::legal_review::Review| {
        vec![
            Cell::text(&r.id),
            Cell::text(&d.case_no),
            Cell::Number(i64::from(r.round)),
            Cell::text(r.state.code()),
            Cell::maybe(r.reviewer.as_ref().map(|w| &w.id)),
            Cell::text(r.submitted_on.to_string()),
            Cell::maybe(r.due),
            Cell::maybe(r.conclusion.map(|c| c.code())),
        ]
    };
    let columns = &["id", "case_no", "round", "state", "reviewer_id", "submitted_on", "due", "conclusion"];
    List { table: "case_reviews", columns, rows: d.reviews.iter().map(row).collect() }
}

/// The fine that was decided, for 一事不再罚; at most one row, none of a teaching case.
fn fines(d: &Dossier) -> List {
    let decided = d.decision.as_ref().filter(|x| x.kind == DecisionKind::Penalty).map(|x| (&x.content, x.made_on));
    let on_spot = d.spot.as_ref().map(|s| (&s.content, crate::domain::procedure::guards::day_of(s.at)));
    let fined = decided.or(on_spot).filter(|(c, _)| !d.teaching && c.kinds.contains(&PenaltyKind::Fine));
    let facts = &d.case.facts;
    let row = |(_, on): (_, jiff::civil::Date)| {
        vec![
            Cell::text(&d.case_no),
            Cell::text(d.case.party.name.clone().unwrap_or_default()),
            Cell::text(facts.violation.clone().unwrap_or_default()),
            Cell::maybe(facts.act_from),
            Cell::maybe(facts.act_end()),
            Cell::text(on.to_string()),
        ]
    };
    let columns = &["case_no", "party", "violation", "act_from", "act_to", "decided_on"];
    List { table: "case_fines", columns, rows: fined.map(row).into_iter().collect() }
}
