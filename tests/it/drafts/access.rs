//! Over HTTP: who sees a draft, who changes it, what a repeated request does.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;
use zhicai::domain::people::Scope;
use zhicai::flow::ModelUse;
use zhicai::flow::people::tokens::TokenWish;
use zhicai::flow::people::{Signed, Via};

use super::*;

async fn token(flow: &Flow, actor: &Actor) -> String {
    let via = Via::Session { id: "s".into(), csrf: "c".into() };
    let who = Signed { actor: actor.clone(), login: String::new(), via };
    let wish =
        TokenWish { name: "测试".into(), scopes: vec![Scope::Read, Scope::Write, Scope::Draft], expires_in_days: 1 };
    flow.add_token(&who, wish, "test", Timestamp::now()).await.unwrap().secret
}

impl Desk {
    async fn call(&self, token: &str, method: &str, path: &str, key: Option<&str>, body: Value) -> (StatusCode, Value) {
        let mut request =
            Request::builder().method(method).uri(path).header("authorization", format!("Bearer {token}"));
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let (status, _, bytes) =
            self.service.raw(request.header("content-type", "application/json").body(body).unwrap()).await;
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }
}

#[tokio::test]
async fn the_whole_way_over_http_and_nobody_elses_way() {
    let desk = desk(ModelUse::default()).await;
    desk.flow().start_runner();
    let flow = desk.flow();
    let own = token(flow, &desk.officer).await;
    let other = token(flow, &person(flow, "other", "王芳", Role::Officer).await).await;
    let head = token(flow, &person(flow, "head", "赵局", Role::Head).await).await;
    let reviewer = token(flow, &person(flow, "reviewer", "钱审", Role::Reviewer).await).await;
    let trainee = token(flow, &person(flow, "trainee", "孙学", Role::Trainee).await).await;
    let drafts = format!("/api/v1/cases/{}/drafts", desk.case_no);

    let (status, started) = desk.call(&own, "POST", &drafts, Some("k1"), json!({ "kind": KIND })).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{started}");
    let id = started["id"].as_str().unwrap().to_string();
    let (_, again) = desk.call(&own, "POST", &drafts, Some("k1"), json!({ "kind": KIND })).await;
    assert_eq!(again, started);
    let (status, told) = desk.call(&own, "POST", &drafts, Some("k1"), json!({ "kind": KIND, "fresh": true })).await;
    assert_eq!((status.as_u16(), &told["code"]), (409, &json!("store.key_reused")));
    written(flow, &desk.officer, &id).await;

    let base = format!("/api/v1/drafts/{id}");
    let facts = format!("{base}/passages/facts");
    let accept = json!({ "version": 1, "action": "accept" });
    let rows: [(&str, &str, Value); 9] = [
        ("GET", drafts.as_str(), Value::Null),
        ("GET", base.as_str(), Value::Null),
        ("GET", &format!("{base}/events"), Value::Null),
        ("GET", &format!("{base}/document.txt"), Value::Null),
        ("GET", facts.as_str(), Value::Null),
        ("POST", drafts.as_str(), json!({ "kind": KIND })),
        ("PUT", facts.as_str(), accept.clone()),
        ("POST", &format!("{base}/file"), json!({})),
        ("DELETE", base.as_str(), Value::Null),
    ];
    for (method, path, body) in &rows {
        // Out of sight: as if it were not there.
        let (status, told) = desk.call(&other, method, path, None, body.clone()).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{method} {path} {told}");
        let unknown = path.replace(&id, "00000000-0000-4000-8000-000000000000").replace(&desk.case_no, "2020-0001");
        let (status, same) = desk.call(&other, method, &unknown, None, body.clone()).await;
        assert_eq!((status, &same["code"], &same["detail"]), (StatusCode::NOT_FOUND, &told["code"], &told["detail"]));
        // Reading is not changing.
        let (status, told) = desk.call(&head, method, path, None, body.clone()).await;
        let expected = if *method == "GET" { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(status, expected, "{method} {path} {told}");
        for who in [&reviewer, &trainee] {
            let (status, told) = desk.call(who, method, path, None, body.clone()).await;
            assert!(matches!(status.as_u16(), 403 | 404), "{method} {path} {told}");
        }
        let (status, _, _) =
            desk.service.raw(Request::builder().method(*method).uri(*path).body(Body::empty()).unwrap()).await;
        assert!(matches!(status.as_u16(), 401 | 404), "{method} {path}: {status}");
    }
    assert_eq!(passage(&desk.view(&id).await, "facts")["version"], json!(1));

    for (body, expected) in [(json!({ "version": 1 }), 400), (json!({ "version": 1, "action": "sign" }), 400)] {
        let (status, told) = desk.call(&own, "PUT", &facts, None, body).await;
        assert!(status.as_u16() == expected || status.as_u16() == 422, "{status} {told}");
    }
    let (status, told) = desk.call(&own, "POST", &drafts, None, json!({ "kid": KIND })).await;
    assert!(status.is_client_error() && told["title"].is_string(), "{told}");
    for field in FIELDS {
        let path = format!("{base}/passages/{field}");
        let (status, taken) = desk.call(&own, "PUT", &path, None, accept.clone()).await;
        assert_eq!((status, &taken["taken_by"]), (StatusCode::OK, &json!("李明")), "{taken}");
    }
    let (status, _, page) = desk
        .service
        .raw(
            Request::get(format!("{base}/document.html"))
                .header("authorization", format!("Bearer {own}"))
                .body(Body::empty())
                .unwrap(),
        )
        .await;
    assert!(status.is_success() && String::from_utf8_lossy(&page).contains("行政处罚决定书"));
    let file = format!("{base}/file");
    let (status, filed) = desk.call(&own, "POST", &file, Some("k2"), json!({})).await;
    assert_eq!(status, StatusCode::OK, "{filed}");
    let (_, again) = desk.call(&own, "POST", &file, Some("k2"), json!({})).await;
    assert_eq!(again, filed);
    let (_, list) = desk.call(&own, "GET", &drafts, None, Value::Null).await;
    assert_eq!(list["drafts"][0]["status"], "filed");
}
