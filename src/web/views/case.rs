//! The page of a case: one flow with where it stands, what is missing, and the steps that are open.

use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};

use super::forms::{self, Ground, StepView};
use super::range::{self, Picture};
use crate::domain::dossier::PublicityState;
use crate::domain::procedure::{Procedure, State, TABLE};
use crate::flow::Flow;
use crate::flow::cases::CasePage;
use crate::flow::people::Signed;

/// The stages of the flow as people see it.
const STAGES: &[(&str, &str)] = &[
    ("facts", "事实"),
    ("basis", "依据"),
    ("range", "裁量"),
    ("papers", "文书"),
    ("review", "审核"),
    ("service", "送达"),
    ("publicity", "公示"),
    ("archive", "归档"),
];

/// A stage with where the case is to it.
#[derive(Serialize)]
struct Stage {
    id: &'static str,
    zh: &'static str,
    /// done, now or later.
    at: &'static str,
    /// Steps open to the caller here.
    open: usize,
}

/// A step that brings the case on, and who takes it.
#[derive(Serialize)]
struct Next {
    zh: &'static str,
    role: &'static str,
    /// Open to the caller; then where its form is.
    key: Option<String>,
    section: Option<String>,
    guards: Vec<&'static str>,
}

/// The model of the page.
#[derive(Serialize)]
struct Model<'a> {
    #[serde(flatten)]
    page: &'a CasePage,
    stages: Vec<Stage>,
    now: &'static str,
    next: Vec<Next>,
    steps: Vec<StepView>,
    picture: Option<Picture>,
    /// Whether the caller may save facts, and what the form begins with.
    may_save: bool,
    may_draft: bool,
    data: String,
    missing: Vec<String>,
    teaching: bool,
}

/// Where in the flow a state is.
fn section(state: State) -> &'static str {
    match state {
        State::ClueRegistered | State::NotFiled | State::Filed | State::Investigating | State::SpotFound => "facts",
        State::InvestigationClosed => "range",
        State::NoticeIssued | State::StatementOpen | State::HearingPending | State::HearingHeld | State::Rechecked => {
            "papers"
        }
        State::LegalReviewing | State::LegalReviewed | State::Discussed => "review",
        State::Decided
        | State::Served
        | State::Executing
        | State::Enforcing
        | State::SpotDecided
        | State::SpotFiled => "service",
        State::Closed | State::Archived => "archive",
    }
}

fn stages(page: &CasePage, steps: &[StepView]) -> (Vec<Stage>, &'static str) {
    let dossier = &page.view.dossier;
    let now = section(dossier.state);
    let at = STAGES.iter().position(|(id, _)| *id == now).unwrap_or(0);
    let public = dossier.publicity.state;
    let stage = |(i, (id, zh)): (usize, &(&'static str, &'static str))| {
        let open = steps.iter().filter(|s| s.section == *id).count();
        let place = match *id {
            // Runs beside the others.
            "publicity" => match public {
                PublicityState::Published | PublicityState::Exempt | PublicityState::Withdrawn => "done",
                PublicityState::Pending | PublicityState::Approved => "now",
                PublicityState::None => "later",
            },
            "archive" if dossier.state == State::Archived => "done",
            _ if *id == now => "now",
            _ if i < at => "done",
            _ => "later",
        };
        Stage { id, zh, at: place, open }
    };
    (STAGES.iter().enumerate().map(stage).collect(), now)
}

fn next(page: &CasePage, steps: &[StepView]) -> Vec<Next> {
    let dossier = &page.view.dossier;
    let mut out: Vec<Next> = vec![];
    let simple = dossier.procedure == Procedure::Simple;
    for row in TABLE.iter().filter(|r| r.to.is_some() && r.from_allows(dossier.state) && !r.from.is_empty()) {
        let base = row.step.split(':').next().unwrap_or(row.step);
        if simple && base == "file" || out.iter().any(|n| n.zh == row.zh) {
            continue;
        }
        let open = page.view.steps.iter().any(|s| s.id == row.id);
        let form = steps.iter().find(|s| open && (s.key == row.step.replace(':', "-") || s.step == base));
        out.push(Next {
            zh: row.zh,
            role: row.role.zh(),
            key: form.map(|f| f.key.clone()),
            section: form.map(|f| f.section.clone()),
            guards: row.guards.iter().map(|g| g.zh).collect(),
        });
    }
    out
}

/// Draws the page.
pub fn case(flow: &Flow, who: &Signed, page: &CasePage, today: String) -> Response {
    let elements: Vec<(String, String)> = page.elements.iter().map(|e| (e.code.clone(), e.zh.clone())).collect();
    let ground = Ground::new(&page.view, &page.people, &elements, today);
    let steps = forms::steps(&ground);
    let (stages, now) = stages(page, &steps);
    let dossier = &page.view.dossier;
    let names = flow.catalog()["paths"].clone();
    let name = |path: &String| names[path].as_str().unwrap_or(path).to_string();
    let fine = dossier.case.disc.final_.as_ref().and_then(|f| f.fine_fen);
    let may = |step: &str| page.view.steps.iter().any(|s| s.step == step);
    let officer = dossier.officers().any(|o| o.id == who.actor.id)
        || dossier.officers().is_empty() && dossier.created_by == who.actor.id;
    let data: Value = json!({
        "case_no": page.view.case_no, "version": page.view.version, "state": page.view.state, "case": dossier.case,
        "drafts": page.drafts, "now": now,
    });
    let model = Model {
        next: next(page, &steps),
        stages,
        now,
        picture: range::picture(&page.assessment, &page.bands, fine),
        may_save: may("save_facts"),
        may_draft: officer && !dossier.state.is_final(),
        data: data.to_string(),
        missing: page.assessment.missing.iter().map(name).collect(),
        teaching: dossier.teaching,
        steps,
        page,
    };
    super::page(flow, who, "/cases", "case.html", &format!("案件 {}", page.view.case_no), model)
}
