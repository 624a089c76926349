//! Workshops over HTTP: a trainer with a token, participants with their cookie.

mod crowd;
mod lead;
mod leaks;
mod scoring;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::lifecycle::town::Town;

pub const CASE: &str = "tc-mb64-01";

/// A participant as a browser is one.
#[derive(Clone)]
pub struct Guest {
    pub code: String,
    pub cookie: String,
    pub csrf: String,
}

pub struct Answered {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answered {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

pub async fn send(town: &Town, request: Request<Body>) -> Answered {
    let response = town.service.app.clone().oneshot(request).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = response.into_body().collect().await.unwrap().to_bytes().to_vec();
    Answered { status, headers, bytes }
}

pub async fn join(town: &Town, code: &str, name: &str) -> Result<Guest, (StatusCode, Value)> {
    let body = json!({ "code": code, "name": name }).to_string();
    let request = Request::post("/api/v1/join").header(header::CONTENT_TYPE, "application/json").body(Body::from(body));
    let answer = send(town, request.unwrap()).await;
    if answer.status != StatusCode::CREATED {
        return Err((answer.status, answer.json()));
    }
    let set = answer.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
    let told = answer.json();
    Ok(Guest {
        code: told["code"].as_str().unwrap().into(),
        cookie: set.split(';').next().unwrap().into(),
        csrf: told["csrf"].as_str().unwrap().into(),
    })
}

impl Guest {
    pub async fn see(&self, town: &Town) -> Answered {
        let at = format!("/api/v1/join/{}", self.code);
        send(town, Request::get(at).header(header::COOKIE, &self.cookie).body(Body::empty()).unwrap()).await
    }

    pub async fn page(&self, town: &Town) -> Answered {
        let at = format!("/join/{}", self.code);
        send(town, Request::get(at).header(header::COOKIE, &self.cookie).body(Body::empty()).unwrap()).await
    }

    pub async fn answer(&self, town: &Town, question: usize, answer: Value) -> (StatusCode, Value) {
        let at = format!("/api/v1/join/{}/answers/{question}", self.code);
        let request = Request::put(at)
            .header(header::COOKIE, &self.cookie)
            .header("x-zhicai-csrf", &self.csrf)
            .body(Body::from(answer.to_string()));
        let answer = send(town, request.unwrap()).await;
        (answer.status, answer.json())
    }
}

/// A set of a case and a closed question; then a class over it: id and code.
pub async fn class(town: &Town) -> (String, String) {
    let table = format!(
        "题型,题干,选项A,选项B,选项C,答案,分值,解析,依据\n案例,,,,,{CASE},20,,\n多选,告知什么,事实,理由,天气,AB,10,应当告知,行政处罚法44\n"
    );
    let made = import(town, "第一套", table.into_bytes()).await;
    assert_eq!(made["accepted"], json!([2, 3]), "{made}");
    open(town, made["id"].as_str().unwrap()).await
}

pub async fn import(town: &Town, title: &str, bytes: Vec<u8>) -> Value {
    let at = crate::lifecycle::town::encoded(&format!("/api/v1/workshops/sets/import?title={title}"));
    let request = Request::post(at)
        .header(header::AUTHORIZATION, format!("Bearer {}", town.people["chu"].token))
        .body(Body::from(bytes));
    send(town, request.unwrap()).await.json()
}

pub async fn open(town: &Town, set: &str) -> (String, String) {
    let (status, made) = town.post("chu", "/api/v1/workshops", json!({ "set": set })).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    (made["id"].as_str().unwrap().into(), made["code"].as_str().unwrap().into())
}

pub async fn try_move(town: &Town, id: &str, step: &str, from: (usize, &str)) -> (StatusCode, Value) {
    let body = json!({ "move": step, "from": { "question": from.0, "stage": from.1 } });
    town.post("chu", &format!("/api/v1/workshops/{id}/moves"), body).await
}

/// A move from wherever the class stands.
pub async fn moved(town: &Town, id: &str, step: &str) -> Value {
    let (_, class) = town.get("chu", &format!("/api/v1/workshops/{id}")).await;
    let body = json!({ "move": step, "from": class["at"] });
    let (status, at) = town.post("chu", &format!("/api/v1/workshops/{id}/moves"), body).await;
    assert_eq!(status, StatusCode::OK, "{step} {at}");
    at
}

/// The right answer to the case, from the trainer's set.
pub async fn right(town: &Town) -> Value {
    let (_, list) = town.get("chu", "/api/v1/workshops").await;
    let set = list["sets"][0]["id"].as_str().unwrap();
    let (_, set) = town.get("chu", &format!("/api/v1/workshops/sets/{set}")).await;
    let key = &set["questions"][0]["case"]["key"];
    let factors: Vec<&Value> = key["factors"].as_array().unwrap().iter().map(|f| &f["code"]).collect();
    let sum = key["suggested"]["lo"].as_i64().unwrap() + 100_000;
    json!({ "articles": key["articles"], "tier": key["tier"], "kinds": ["fine"], "fine_fen": sum, "factors": factors, "reason": "立案前自行停课" })
}
