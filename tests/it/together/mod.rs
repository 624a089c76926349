//! Several people, or one request several times, at the same moment: nothing is lost, nothing happens twice.

mod keys;
mod saves;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};

use crate::http::case;
use crate::lifecycle::town::Town;

/// Facts that can be told from others by a mark in the narrative.
fn facts(mark: &str) -> Value {
    let mut facts = case();
    for member in ["officer", "procedure", "disc"] {
        facts.as_object_mut().unwrap().remove(member);
    }
    facts["case"] = json!({ "cause": "涉嫌擅自举办民办学校", "source": "群众举报" });
    facts["facts"]["narrative"] = json!(format!("到场检查，发现教室4间，学生37人。记号{mark}。"));
    facts
}

fn registration(mark: &str) -> Value {
    json!({ "clue": { "received_on": "2025-09-11", "source": "群众举报", "summary": format!("记号{mark}") }, "case": facts(mark) })
}

/// A request under an Idempotency-Key.
async fn keyed(town: &Town, who: &str, path: &str, key: &str, body: &str) -> (StatusCode, Value) {
    let request = Request::post(path)
        .header(header::AUTHORIZATION, format!("Bearer {}", town.people[who].token))
        .header("idempotency-key", key)
        .body(Body::from(body.to_string()))
        .unwrap();
    let (status, _, bytes) = town.service.raw(request).await;
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

/// Events of the case with that action whose detail holds the mark.
async fn happened(town: &Town, no: &str, action: &str, mark: &str) -> usize {
    let (status, record) = town.get("qian", &format!("/api/v1/cases/{no}/record")).await;
    assert_eq!(status, StatusCode::OK, "{record}");
    let events = record["events"].as_array().unwrap().iter();
    events.filter(|e| e["action"] == action && e["detail"].as_str().unwrap().contains(mark)).count()
}

/// The marks of what was parked.
async fn parked(town: &Town, no: &str) -> Vec<String> {
    let (status, told) = town.get("qian", &format!("/api/v1/cases/{no}/conflicts")).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    let steps = told["conflicts"].as_array().unwrap().iter().map(|c| c["step"].as_str().unwrap());
    steps
        .map(|s| {
            let step: Value = serde_json::from_str(s).unwrap();
            let text = step["case"]["facts"]["narrative"].as_str().unwrap().to_string();
            text.split_once("记号").unwrap().1.trim_end_matches('。').to_string()
        })
        .collect()
}
