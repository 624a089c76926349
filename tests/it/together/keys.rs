//! Idempotency-Key: the same request gets the same answer however often and whenever it comes; another one under its key is refused.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{facts, happened, keyed, parked, registration};
use crate::lifecycle::town::Town;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_request_sent_twice_at_one_moment_makes_one_change() {
    let town = Arc::new(Town::new().await);
    let opening = registration("同时").to_string();
    let at_once = |path: String, key: String, body: String| {
        let town = town.clone();
        async move {
            let sent = [0, 1].map(|_| {
                let (town, path, key, body) = (town.clone(), path.clone(), key.clone(), body.clone());
                tokio::spawn(async move { keyed(&town, "li", &path, &key, &body).await })
            });
            let [a, b] = sent;
            (a.await.unwrap(), b.await.unwrap())
        }
    };
    let (first, second) = at_once("/api/v1/cases".into(), "open".into(), opening).await;
    assert_eq!(first.0, StatusCode::CREATED, "{first:?}");
    assert_eq!(first, second);
    let no = first.1["case_no"].as_str().unwrap().to_string();
    for version in 1..=20 {
        let mark = format!("同时{version}号");
        let body = json!({ "version": version, "case": facts(&mark) }).to_string();
        let (first, second) = at_once(format!("/api/v1/cases/{no}/facts"), format!("save{version}"), body).await;
        assert_eq!(first.0, StatusCode::OK, "{first:?}");
        assert_eq!(first, second);
        assert_eq!(first.1["version"], version + 1);
        assert_eq!(happened(&town, &no, "case.changed", &mark).await, 1);
    }
    assert!(parked(&town, &no).await.is_empty());
    let (_, list) = town.get("li", "/api/v1/cases").await;
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "{list}");
}

#[tokio::test]
async fn a_repeated_request_is_answered_as_before_when_the_case_has_moved_on() {
    let town = Town::new().await;
    let no = town.open("li", registration("甲")).await;
    let path = format!("/api/v1/cases/{no}/facts");
    let body = |version: i64, mark: &str| json!({ "version": version, "case": facts(mark) }).to_string();
    let first = keyed(&town, "li", &path, "k", &body(1, "乙")).await;
    assert_eq!(first.0, StatusCode::OK, "{first:?}");
    let (status, _) = town.post("li", &path, json!({ "version": 2, "case": facts("丙") })).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(keyed(&town, "li", &path, "k", &body(1, "乙")).await, first, "a repetition is no late save");
    assert!(parked(&town, &no).await.is_empty());
    assert_eq!(happened(&town, &no, "case.changed", "乙").await, 1);
    let (_, view) = town.get("li", &format!("/api/v1/cases/{no}")).await;
    assert!(view["dossier"]["case"]["facts"]["narrative"].as_str().unwrap().contains("丙"), "{view}");
}

#[tokio::test]
async fn a_late_save_that_is_repeated_is_parked_once() {
    let town = Town::new().await;
    let no = town.open("li", registration("甲")).await;
    let path = format!("/api/v1/cases/{no}/facts");
    let (status, _) = town.post("li", &path, json!({ "version": 1, "case": facts("乙") })).await;
    assert_eq!(status, StatusCode::OK);
    let late = json!({ "version": 1, "case": facts("丙") }).to_string();
    let first = keyed(&town, "li", &path, "late", &late).await;
    assert_eq!((first.0, &first.1["code"]), (StatusCode::CONFLICT, &json!("store.stale_version")));
    let (status, _) = town.post("li", &path, json!({ "version": 2, "case": facts("丁") })).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(keyed(&town, "li", &path, "late", &late).await, first, "it names the same parked content");
    assert_eq!(parked(&town, &no).await, ["丙"]);
}

#[tokio::test]
async fn a_key_stands_for_one_request_of_one_person() {
    let town = Town::new().await;
    let no = town.open("li", registration("甲")).await;
    let path = format!("/api/v1/cases/{no}/facts");
    let body = |version: i64, mark: &str| json!({ "version": version, "case": facts(mark) }).to_string();
    let reused = |answer: &(StatusCode, Value)| {
        assert_eq!((answer.0, &answer.1["code"]), (StatusCode::CONFLICT, &json!("store.key_reused")), "{answer:?}");
    };
    assert_eq!(keyed(&town, "li", &path, "k", &body(1, "乙")).await.0, StatusCode::OK);
    // On the version that stands, on one that is gone, and on another address.
    reused(&keyed(&town, "li", &path, "k", &body(2, "丙")).await);
    reused(&keyed(&town, "li", &path, "k", &body(1, "丙")).await);
    reused(&keyed(&town, "li", "/api/v1/cases", "k", &registration("丙").to_string()).await);
    assert!(parked(&town, &no).await.is_empty());
    assert_eq!(happened(&town, &no, "case.changed", "丙").await, 0);
    // The key of another person is another key.
    assert_eq!(keyed(&town, "sun", "/api/v1/cases", "k", &registration("丁").to_string()).await.0, StatusCode::CREATED);
    // A refusal uses the key up for nothing: the same request may be made good.
    let wrong = json!({ "version": 2, "case": { "facts": { "violation": "没有这一条" } } }).to_string();
    assert_eq!(keyed(&town, "li", &path, "again", &wrong).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(keyed(&town, "li", &path, "again", &body(2, "戊")).await.0, StatusCode::OK);
    for key in ["", &"k".repeat(201)] {
        let (status, answer) = keyed(&town, "li", &path, key, &body(3, "己")).await;
        assert_eq!((status, &answer["code"]), (StatusCode::BAD_REQUEST, &json!("http.bad_key")), "{answer}");
    }
}
