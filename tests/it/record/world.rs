//! A bureau with a few people, two cases and their files, driven through the interface.

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use jiff::Timestamp;
use serde_json::{Value, json};
use tower::ServiceExt;
use zhicai::domain::people::certificate::Issuer;
use zhicai::domain::people::{OfficerCert, Role, Scope};
use zhicai::flow::ModelUse;
use zhicai::flow::people::manage::NewPerson;
use zhicai::flow::people::tokens::TokenWish;
use zhicai::flow::people::{Signed, Via, machine};

use crate::http::{Service, service_with};

/// Somebody with a token.
pub struct Person {
    pub token: String,
}

pub struct World {
    pub service: Service,
    pub officer: Person,
    pub other: Person,
    pub head: Person,
    pub supervisor: Person,
    pub admin: Person,
    /// Registered by the officer.
    pub case_no: String,
}

pub const PDF: &[u8] = b"%PDF-1.7\n1 0 obj << >> endobj\ntrailer << >>\n%%EOF\n";
pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01";

/// What came back.
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_string()
    }
}

impl World {
    pub async fn new() -> Self {
        let service = service_with(ModelUse::default());
        let officer = person(&service, "liming", "李明", Role::Officer).await;
        let other = person(&service, "wangfang", "王芳", Role::Officer).await;
        let head = person(&service, "zhao", "赵局长", Role::Head).await;
        let supervisor = person(&service, "jiandu", "孙督查", Role::Supervisor).await;
        let admin = person(&service, "guanli", "管理员", Role::Admin).await;
        let mut world = Self { service, officer, other, head, supervisor, admin, case_no: String::new() };
        world.case_no = world.open_case(&world.officer, "云岫市启明星文化传播有限公司").await;
        world.open_case(&world.other, "云岫市知行培训学校").await;
        world
    }

    pub async fn open_case(&self, who: &Person, party: &str) -> String {
        let body = json!({
            "procedure": "ordinary",
            "clue": {"received_on": "2026-03-02", "source": "投诉举报", "summary": "无证办学"},
            "case": {"party": {"kind": "legal_person", "name": party}, "facts": {"violation": "mb64"}},
        });
        let reply = self.post(who, "/api/v1/cases", &body).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.json());
        reply.json()["case_no"].as_str().unwrap().to_string()
    }

    pub async fn send(&self, who: &Person, request: axum::http::request::Builder, body: impl Into<Body>) -> Reply {
        let request = request.header(header::AUTHORIZATION, format!("Bearer {}", who.token));
        let response = self.service.app.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        // A body that breaks off is told by what is missing of it.
        let bytes = response.into_body().collect().await.map(|b| b.to_bytes().to_vec()).unwrap_or_default();
        Reply { status, headers, bytes }
    }

    pub async fn get(&self, who: &Person, path: &str) -> Reply {
        self.send(who, Request::get(path), Body::empty()).await
    }

    pub async fn post(&self, who: &Person, path: &str, body: &Value) -> Reply {
        self.send(who, Request::post(path).header(header::CONTENT_TYPE, "application/json"), body.to_string()).await
    }

    /// Uploads to the officer's case.
    pub async fn upload(&self, who: &Person, name: &str, content: &[u8]) -> Reply {
        self.upload_to(who, &self.case_no, name, content, &[("kind", "evidence"), ("evidence_no", "1")]).await
    }

    pub async fn upload_to(
        &self,
        who: &Person,
        case_no: &str,
        name: &str,
        content: &[u8],
        fields: &[(&str, &str)],
    ) -> Reply {
        let (kind, body) = form(name, content, fields);
        let path = format!("/api/v1/cases/{case_no}/attachments");
        self.send(who, Request::post(path).header(header::CONTENT_TYPE, kind), body).await
    }

    pub fn dir(&self) -> &std::path::Path {
        self.service.data.path()
    }
}

/// A form with a file, and its content type.
pub fn form(name: &str, content: &[u8], fields: &[(&str, &str)]) -> (String, Vec<u8>) {
    let edge = "edge-7d1c";
    let mut body = vec![];
    for (key, value) in fields {
        body.extend(
            format!("--{edge}\r\nContent-Disposition: form-data; name=\"{key}\"\r\n\r\n{value}\r\n").into_bytes(),
        );
    }
    body.extend(
        format!("--{edge}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: image/png\r\n\r\n")
            .into_bytes(),
    );
    body.extend_from_slice(content);
    body.extend(format!("\r\n--{edge}--\r\n").into_bytes());
    (format!("multipart/form-data; boundary={edge}"), body)
}

async fn person(service: &Service, login: &str, name: &str, role: Role) -> Person {
    let now = Timestamp::now();
    let certs = match role {
        Role::Officer => vec![OfficerCert {
            cert_no: format!("5399{:07}", login.len() * 7919),
            issuer: Issuer::Province,
            region: "云南省昆明市安宁市".into(),
            categories: vec!["教育".into()],
            valid_from: "2024-01-01".parse().unwrap(),
            valid_to: "2029-12-31".parse().unwrap(),
        }],
        _ => vec![],
    };
    let new = NewPerson { login: login.into(), name: name.into(), roles: vec![role], certs, ..NewPerson::default() };
    let person = service.flow.add_person(machine(), new, "cli", now).await.unwrap();
    let via = Via::Session { id: "test".into(), csrf: String::new() };
    let signed = Signed { actor: person.actor(), login: person.login.clone(), via };
    let wish = TokenWish { name: "测试".into(), scopes: vec![Scope::Read, Scope::Write], expires_in_days: 30 };
    let token = service.flow.add_token(&signed, wish, "cli", now).await.unwrap().secret;
    Person { token }
}

/// Copies a data directory's record: database (closed), key, files.
pub fn copy_record(from: &std::path::Path, to: &std::path::Path) {
    for name in ["zhicai.db", "record.key"] {
        std::fs::copy(from.join(name), to.join(name)).unwrap();
    }
    let folder = from.join("attachments");
    for shelf in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
        let goal = to.join("attachments").join(shelf.file_name());
        std::fs::create_dir_all(&goal).unwrap();
        for file in std::fs::read_dir(shelf.path()).unwrap().flatten() {
            std::fs::copy(file.path(), goal.join(file.file_name())).unwrap();
        }
    }
}
