//! A small bureau: a service with people who hold tokens, and short ways to act as one of them.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Value, json};
use zhicai::domain::people::{Actor, Issuer, OfficerCert, Role, Scope};
use zhicai::domain::process_record::ActorRef;
use zhicai::flow::ModelUse;
use zhicai::flow::people::manage::NewPerson;
use zhicai::flow::people::tokens::TokenWish;
use zhicai::flow::people::{Signed, Via};

use crate::http::{Service, service_set};

pub struct Town {
    pub service: Service,
    pub people: BTreeMap<&'static str, Resident>,
}

pub struct Resident {
    pub id: String,
    pub token: String,
}

/// Roles by name: two officers, one of whom also publishes, a reviewer, a head; then people who must not reach the case.
const RESIDENTS: &[(&str, &[Role])] = &[
    ("li", &[Role::Officer]),
    ("wang", &[Role::Officer, Role::Publisher]),
    ("zhao", &[Role::Reviewer]),
    ("qian", &[Role::Head]),
    ("sun", &[Role::Officer]),
    ("zhou", &[Role::Reviewer]),
    ("wu", &[Role::Trainee]),
    ("zheng", &[Role::Supervisor]),
    ("feng", &[Role::Admin]),
    ("chen", &[Role::Publisher]),
    ("chu", &[Role::Trainer]),
];

impl Town {
    pub async fn new() -> Self {
        Self::over(|_| {}).await
    }

    /// The same over other laws, which `install` puts into a data directory.
    pub async fn over(install: impl FnOnce(&std::path::Path)) -> Self {
        let service = service_set(ModelUse::default(), |s| {
            install(&s.data_dir);
            s.agency.retention_years = Some(30);
            s.agency.court = Some("云岫市人民法院".into());
            s.agency.address = Some("云岫市人民路1号".into());
            s.agency.phone = Some("0871-00000000".into());
            s.agency.bank = Some("云岫市农村商业银行".into());
            s.agency.bank_account = Some("0000000000000000".into());
        });
        service.flow.start_runner();
        let mut people = BTreeMap::new();
        for (n, (login, roles)) in RESIDENTS.iter().enumerate() {
            people.insert(*login, settle(&service, login, roles, n).await);
        }
        Self { service, people }
    }

    /// Another token in place of the one there was.
    pub async fn new_token(&mut self, who: &'static str) {
        let person = self.service.flow.person(self.id(who)).await.unwrap();
        let token = token(&self.service, person.actor(), who).await;
        if let Some(resident) = self.people.get_mut(who) {
            resident.token = token;
        }
    }

    pub fn id(&self, who: &str) -> &str {
        &self.people[who].id
    }

    /// A request without a body.
    pub fn request(&self, who: &str, method: &str, path: &str) -> Request<Body> {
        let request = Request::builder().method(method).uri(encoded(path));
        request.header(header::AUTHORIZATION, format!("Bearer {}", self.people[who].token)).body(Body::empty()).unwrap()
    }

    /// Any request as that person; an empty name is nobody.
    pub async fn send(&self, who: &str, method: &str, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let mut request = Request::builder().method(method).uri(encoded(path));
        if !who.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.people[who].token));
        }
        let body = match body {
            Some(value) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(value.to_string())
            }
            None => Body::empty(),
        };
        let (status, _, bytes) = self.service.raw(request.body(body).unwrap()).await;
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    pub async fn get(&self, who: &str, path: &str) -> (StatusCode, Value) {
        self.send(who, "GET", path, None).await
    }

    pub async fn post(&self, who: &str, path: &str, body: Value) -> (StatusCode, Value) {
        self.send(who, "POST", path, Some(body)).await
    }

    /// Opens a case and returns its number.
    pub async fn open(&self, who: &str, registration: Value) -> String {
        let (status, answer) = self.post(who, "/api/v1/cases", registration).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        answer["case_no"].as_str().unwrap().to_string()
    }

    pub async fn version(&self, no: &str) -> i64 {
        let (status, case) = self.get("qian", &format!("/api/v1/cases/{no}")).await;
        assert_eq!(status, StatusCode::OK, "{case}");
        case["version"].as_i64().unwrap()
    }

    /// One step on the newest version.
    pub async fn step(&self, who: &str, no: &str, day: &str, step: Value) -> (StatusCode, Value) {
        let mut body = self.named(&step);
        body["version"] = json!(self.version(no).await);
        body["day"] = json!(day);
        self.post(who, &format!("/api/v1/cases/{no}/steps"), body).await
    }

    /// One step that must be taken.
    pub async fn done(&self, who: &str, no: &str, day: &str, step: Value) -> Value {
        let (status, answer) = self.step(who, no, day, step.clone()).await;
        assert!(status.is_success(), "{who} {day} {step}\n→ {status} {answer}");
        answer
    }

    /// `@li` in a step stands for the id of that person.
    pub fn named(&self, step: &Value) -> Value {
        let mut text = step.to_string();
        for (name, resident) in &self.people {
            text = text.replace(&format!("\"@{name}\""), &format!("\"{}\"", resident.id));
        }
        serde_json::from_str(&text).unwrap()
    }
}

/// Chinese in an address as browsers send it.
pub fn encoded(path: &str) -> String {
    path.bytes().map(|b| if b.is_ascii() { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

pub fn cert(n: usize) -> OfficerCert {
    OfficerCert {
        cert_no: format!("5399000{n:04}"),
        issuer: Issuer::Province,
        region: "云南省昆明市安宁市".into(),
        categories: vec!["教育".into(), "体育".into()],
        valid_from: "2020-01-01".parse().unwrap(),
        valid_to: "2030-12-31".parse().unwrap(),
    }
}

async fn settle(service: &Service, login: &str, roles: &[Role], n: usize) -> Resident {
    let flow = &service.flow;
    let by = ActorRef { id: "cli".into(), name: "本机管理员（命令行）".into() };
    let now = Timestamp::now();
    let new = NewPerson {
        login: login.into(),
        name: format!("测试{login}"),
        roles: roles.to_vec(),
        certs: if roles.contains(&Role::Officer) { vec![cert(n)] } else { vec![] },
        legal_qualification: roles.contains(&Role::Reviewer),
        first_time_reviewer: false,
        external_id: None,
    };
    let person = flow.add_person(by, new, "cli", now).await.unwrap();
    let token = token(service, person.actor(), login).await;
    Resident { id: person.id, token }
}

async fn token(service: &Service, actor: Actor, login: &str) -> String {
    let signed = Signed { actor, login: login.into(), via: Via::Session { id: String::new(), csrf: String::new() } };
    let wish =
        TokenWish { name: "test".into(), scopes: vec![Scope::Read, Scope::Write, Scope::Draft], expires_in_days: 30 };
    service.flow.add_token(&signed, wish, "cli", Timestamp::now()).await.unwrap().secret
}
