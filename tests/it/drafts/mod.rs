//! Drafts of a case: written field by field, through a crash; taken on by people; put into the file.

mod access;
mod crash;
mod filing;
mod passages;
mod rewriting;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use zhicai::domain::people::{Actor, Role};
use zhicai::domain::process_record::Event;
use zhicai::error::Report;
use zhicai::flow::cases::Asking;
use zhicai::flow::cases::drafts::{DraftView, Take, TakenPassage};
use zhicai::flow::people::machine;
use zhicai::flow::people::manage::NewPerson;
use zhicai::flow::{Flow, ModelUse};

use crate::http::{Service, service_with};

/// Drafted fields of the case used here, in order.
const FIELDS: [&str; 3] = ["facts", "evidence_analysis", "discretion_reasoning"];
const KIND: &str = "penalty_decision";

/// A bureau with one case of 李明's.
struct Desk {
    service: Service,
    officer: Actor,
    case_no: String,
}

fn ask(actor: &Actor) -> Asking {
    Asking { actor: actor.clone(), origin: "127.0.0.1".into(), now: Timestamp::now(), once: None }
}

async fn person(flow: &Flow, login: &str, name: &str, role: Role) -> Actor {
    let new = NewPerson { login: login.into(), name: name.into(), roles: vec![role], ..NewPerson::default() };
    flow.add_person(machine(), new, "test", Timestamp::now()).await.unwrap().actor()
}

/// The facts of the case, before anything was decided.
fn facts() -> Value {
    let mut case = crate::http::case();
    case["case"].as_object_mut().unwrap().remove("case_no");
    case
}

async fn open_case(flow: &Flow, officer: &Actor) -> String {
    let body = json!({ "clue": { "source": "群众举报", "summary": "无证办学" }, "case": facts() });
    flow.open_case(&ask(officer), &body.to_string()).await.unwrap().case_no
}

async fn desk(model: ModelUse) -> Desk {
    let service = service_with(model);
    let officer = person(&service.flow, "liming", "李明", Role::Officer).await;
    let case_no = open_case(&service.flow, &officer).await;
    Desk { service, officer, case_no }
}

impl Desk {
    fn flow(&self) -> &Arc<Flow> {
        &self.service.flow
    }

    /// A draft that is written.
    async fn draft(&self) -> String {
        self.flow().start_runner();
        let id = self.flow().start_case_draft(&ask(&self.officer), &self.case_no, KIND).await.unwrap().id;
        let done = written(self.flow(), &self.officer, &id).await;
        assert_eq!(done["status"], "done", "{done}");
        id
    }

    async fn view(&self, id: &str) -> Value {
        view(self.flow(), &self.officer, id).await.unwrap()
    }

    async fn take(&self, id: &str, field: &str, take: Value) -> Result<TakenPassage, Report> {
        let take: Take = serde_json::from_value(take).unwrap();
        self.flow().take_passage(&ask(&self.officer), id, field, take).await
    }

    /// Every passage as the machine wrote it.
    async fn accept_all(&self, id: &str) {
        for field in FIELDS {
            let version = passage(&self.view(id).await, field)["version"].clone();
            self.take(id, field, json!({ "version": version, "action": "accept" })).await.unwrap();
        }
    }

    /// The narrative becomes another one.
    async fn change_narrative(&self, narrative: &str) {
        let stored = self.flow().case_view(&ask(&self.officer), &self.case_no).await.unwrap();
        let mut case = facts();
        case["facts"]["narrative"] = json!(narrative);
        let body = json!({ "version": stored.version, "step": "save_facts", "case": case });
        self.flow().take_step(&ask(&self.officer), &self.case_no, &body.to_string()).await.unwrap();
    }

    async fn events(&self, action: &str) -> Vec<Event> {
        let all = self.flow().case_record(&ask(&self.officer), &self.case_no).await.unwrap();
        all.into_iter().filter(|e| e.action == action).collect()
    }
}

async fn view(flow: &Flow, actor: &Actor, id: &str) -> Result<Value, Report> {
    match flow.draft_view(Some(&ask(actor)), id).await? {
        DraftView::Case(draft) => Ok(serde_json::to_value(draft).unwrap()),
        DraftView::Job(_) => panic!("a draft of a case is no stateless one"),
    }
}

/// The draft once nothing is written any more.
async fn written(flow: &Flow, actor: &Actor, id: &str) -> Value {
    for _ in 0..800 {
        let now = view(flow, actor, id).await.unwrap();
        if now["status"] != "queued" && now["status"] != "running" {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the draft did not end");
}

fn passage<'a>(view: &'a Value, field: &str) -> &'a Value {
    let passages = view["draft"]["passages"].as_array().unwrap();
    passages.iter().find(|p| p["field"] == field).unwrap()
}
