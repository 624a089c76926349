//! Bad input to a case: late saves, repeated requests, wrong days, unknown steps. Nothing is lost, and each says what is wrong.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::scripts::registration;
use super::town::Town;

#[tokio::test]
async fn a_late_save_is_kept_and_nobody_loses_anything() {
    let town = Town::new().await;
    let no = town.open("li", registration()).await;
    let path = format!("/api/v1/cases/{no}/steps");
    let identify = |name: &str| json!({ "step": "share", "person": name });
    let first = town.named(&identify("@sun"));
    let with = |mut v: Value, version: i64| {
        v["version"] = json!(version);
        v
    };
    let (status, answer) = town.post("li", &path, with(first, 1)).await;
    assert_eq!((status, &answer["version"]), (StatusCode::OK, &json!(2)), "{answer}");
    let late = town.named(&identify("@chen"));
    let (status, problem) = town.post("li", &path, with(late.clone(), 1)).await;
    assert_eq!((status, problem["code"].as_str()), (StatusCode::CONFLICT, Some("store.stale_version")), "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("现在已是第2版"), "{problem}");
    let (_, kept) = town.get("li", &format!("/api/v1/cases/{no}/conflicts")).await;
    let step: Value = serde_json::from_str(kept["conflicts"][0]["step"].as_str().unwrap()).unwrap();
    assert_eq!(step["person"], late["person"]);
    let (_, case) = town.get("li", &format!("/api/v1/cases/{no}")).await;
    assert_eq!(case["dossier"]["shared_with"], json!([town.id("sun")]));
}

#[tokio::test]
async fn a_repeated_key_gives_the_same_answer_once() {
    let town = Town::new().await;
    let send = |body: Value| {
        let request = axum::http::Request::post("/api/v1/cases")
            .header("authorization", format!("Bearer {}", town.people["li"].token))
            .header("content-type", "application/json")
            .header("idempotency-key", "登记-1".replace("登记", "k"))
            .body(axum::body::Body::from(body.to_string()))
            .unwrap();
        town.service.raw(request)
    };
    let (first, _, one) = send(registration()).await;
    let (again, _, two) = send(registration()).await;
    assert_eq!((first, again), (StatusCode::CREATED, StatusCode::CREATED));
    assert_eq!(one, two);
    let mut other = registration();
    other["clue"]["summary"] = json!("另一条线索");
    let (status, _, bytes) = send(other).await;
    let problem: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!((status, problem["code"].as_str()), (StatusCode::CONFLICT, Some("store.key_reused")), "{problem}");
    let (_, list) = town.get("li", "/api/v1/cases").await;
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn wrong_steps_say_in_chinese_what_is_wrong() {
    let town = Town::new().await;
    let no = town.open("li", registration()).await;
    let path = format!("/api/v1/cases/{no}/steps");
    let rows = [
        (json!("x"), "input.not_object", StatusCode::BAD_REQUEST),
        (json!({ "step": "share", "person": "x" }), "input.bad_field", StatusCode::UNPROCESSABLE_ENTITY),
        (json!({ "version": 1 }), "input.bad_field", StatusCode::UNPROCESSABLE_ENTITY),
        (json!({ "version": 1, "step": "fly" }), "input.bad_field", StatusCode::UNPROCESSABLE_ENTITY),
        (
            json!({ "version": 1, "step": "share", "person": "x", "more": 1 }),
            "input.bad_field",
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            json!({ "version": 1, "step": "share", "person": "x", "day": "昨天" }),
            "input.bad_field",
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            json!({ "version": 1, "step": "share", "person": "x" }),
            "procedure.g_absent",
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            json!({ "version": 1, "step": "record_statement", "statement": { "on": "2026-03-02", "text": "x" } }),
            "procedure.g_state",
            StatusCode::CONFLICT,
        ),
        (
            json!({ "version": 1, "step": "file", "jurisdiction": "x", "preliminary": "x" }),
            "procedure.g_role",
            StatusCode::FORBIDDEN,
        ),
        (
            json!({ "version": 1, "step": "share", "person": town.id("sun"), "day": "2999-01-01" }),
            "procedure.g_day",
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
    ];
    for (body, code, expected) in rows {
        let (status, problem) = town.post("li", &path, body.clone()).await;
        assert_eq!((status, problem["code"].as_str()), (expected, Some(code)), "{body} → {problem}");
        let chinese = |v: &Value| v.as_str().unwrap_or_default().chars().any(|c| c >= '\u{4e00}');
        assert!(chinese(&problem["title"]) && chinese(&problem["detail"]), "{problem}");
    }
    assert_eq!(town.version(&no).await, 1);
    let long = json!({ "clue": { "summary": "长".repeat(2_000_000) } });
    let (status, _) = town.post("li", "/api/v1/cases", long).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
}
