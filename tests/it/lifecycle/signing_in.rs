//! Signing in: what a cookie and a token are good for, what ends them, and that no secret lies in the database.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use zhicai::domain::process_record::ActorRef;
use zhicai::flow::people::manage::PersonChange;
use zhicai::web::access::{Access, ROUTES};

use super::access::{PASSWORD, session, signed_in};
use super::town::Town;

fn admin() -> ActorRef {
    ActorRef { id: "cli".into(), name: "本机管理员（命令行）".into() }
}

async fn by_cookie(town: &Town, method: &str, path: &str, (cookie, csrf): (&str, Option<&str>)) -> (StatusCode, Value) {
    let mut request = Request::builder().method(method).uri(path).header(header::COOKIE, cookie);
    if let Some(csrf) = csrf {
        request = request.header("x-zhicai-csrf", csrf);
    }
    let request = request.header(header::CONTENT_TYPE, "application/json").body(Body::from("{}")).unwrap();
    let (status, _, bytes) = town.service.raw(request).await;
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_needs_its_mark_and_ends_when_closed() {
    let town = Town::new().await;
    let (cookie, csrf) = session(&town, "li").await;
    assert_eq!(by_cookie(&town, "GET", "/api/v1/me", (&cookie, None)).await.0, StatusCode::OK);
    for wrong in [None, Some("0"), Some("")] {
        let (status, answer) = by_cookie(&town, "POST", "/api/v1/cases", (&cookie, wrong)).await;
        assert_eq!((status, answer["code"].as_str()), (StatusCode::FORBIDDEN, Some("auth.csrf")), "{answer}");
    }
    let (status, answer) = by_cookie(&town, "POST", "/api/v1/cases", (&cookie, Some(&csrf))).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    // Two cookies of that name: one may have been planted.
    let two = format!("{cookie}; {cookie}");
    assert_eq!(by_cookie(&town, "GET", "/api/v1/me", (&two, None)).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(
        by_cookie(&town, "DELETE", "/api/v1/sessions/current", (&cookie, Some(&csrf))).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(by_cookie(&town, "GET", "/api/v1/me", (&cookie, None)).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_that_changes_something_asks_for_the_mark_of_the_session() {
    let town = Town::new().await;
    // Between them they have every role.
    let mut sessions = vec![];
    for who in ["li", "zhao", "qian", "chen", "chu", "wu", "zheng", "feng"] {
        sessions.push(session(&town, who).await);
    }
    let mut tried = 0;
    for route in ROUTES.iter().filter(|r| r.method != "GET" && r.access != Access::Public) {
        let path = route.path.replace("{no}", "2026-0001").replace(['{', '}'], "");
        let mut refused = 0;
        for (cookie, csrf) in &sessions {
            let swapped = csrf.chars().rev().collect::<String>();
            for wrong in [None, Some(""), Some(swapped.as_str())] {
                let (status, answer) = by_cookie(&town, route.method, &path, (cookie, wrong)).await;
                assert_eq!(status, StatusCode::FORBIDDEN, "{} {path} {answer}", route.method);
                // The interface of other programs says it in its own shape.
                refused += usize::from(answer.to_string().contains("auth.csrf"));
            }
        }
        assert!(refused >= 3, "{} {path}: nobody got as far as the mark", route.method);
        tried += 1;
    }
    assert!(tried >= 40, "{tried}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cookie_is_renewed_every_hour_and_an_old_one_ends_the_session() {
    let town = Town::new().await;
    let flow = &town.service.flow;
    let (cookie, _) = session(&town, "li").await;
    let secret = cookie.split_once('=').unwrap().1;
    let later = |minutes: i64| Timestamp::now().checked_add(minutes.minutes()).unwrap();
    let (_, renewed) = flow.by_session(secret, "local", later(30)).await.unwrap();
    assert!(renewed.is_none());
    let (_, renewed) = flow.by_session(secret, "local", later(61)).await.unwrap();
    let renewed = renewed.unwrap();
    assert!(flow.by_session(&renewed, "local", later(62)).await.is_ok());
    // Well after the change somebody comes with the old one: both end.
    assert!(flow.by_session(secret, "local", later(70)).await.is_err());
    assert!(flow.by_session(&renewed, "local", later(71)).await.is_err());
    // Not used for a working day: over.
    let (cookie, _) = signed_in(&town, "li", PASSWORD).await;
    let ended = flow.by_session(cookie.split_once('=').unwrap().1, "local", later(8 * 60 + 1)).await.unwrap_err();
    assert_eq!(ended.code, "auth.expired");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guessing_is_limited_by_name_and_says_how_long() {
    let town = Town::new().await;
    session(&town, "li").await;
    let attempt = |password: &str| {
        let body = json!({ "login": "li", "password": password });
        town.post("", "/api/v1/sessions", body)
    };
    for n in 0..5 {
        let (status, answer) = attempt(&format!("wrong-{n}")).await;
        assert_eq!((status, answer["code"].as_str()), (StatusCode::UNAUTHORIZED, Some("auth.wrong")), "{answer}");
    }
    let (status, answer) = attempt(PASSWORD).await;
    assert_eq!((status, answer["code"].as_str()), (StatusCode::TOO_MANY_REQUESTS, Some("auth.too_many")), "{answer}");
    assert!(answer["detail"].as_str().unwrap().contains("分钟后再试"));
    // A name that nobody has is answered in the same way.
    let (status, answer) = town.post("", "/api/v1/sessions", json!({ "login": "nobody", "password": "x" })).await;
    assert_eq!((status, answer["code"].as_str()), (StatusCode::UNAUTHORIZED, Some("auth.wrong")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_works_once_and_asks_for_a_real_password() {
    let town = Town::new().await;
    let link = town.service.flow.invite(admin(), town.id("li"), "cli", Timestamp::now()).await.unwrap();
    let token = link.url.split('#').nth(1).unwrap();
    for weak in ["", "short", "password1234", "lilililili"] {
        let (status, answer) =
            town.post("", "/api/v1/invitations/accept", json!({ "token": token, "password": weak })).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{weak}: {answer}");
    }
    let accept = json!({ "token": token, "password": PASSWORD });
    assert_eq!(town.post("", "/api/v1/invitations/accept", accept.clone()).await.0, StatusCode::OK);
    let (status, answer) = town.post("", "/api/v1/invitations/accept", accept).await;
    assert_eq!((status, answer["code"].as_str()), (StatusCode::NOT_FOUND, Some("invitation.not_found")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_do_what_they_were_made_for_until_they_are_revoked() {
    let town = Town::new().await;
    let (cookie, csrf) = session(&town, "li").await;
    let request = Request::post("/api/v1/me/tokens")
        .header(header::COOKIE, &cookie)
        .header("x-zhicai-csrf", &csrf)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(json!({ "name": "读取", "scopes": ["read"] }).to_string()))
        .unwrap();
    let (status, _, bytes) = town.service.raw(request).await;
    assert_eq!(status, StatusCode::CREATED);
    let made: Value = serde_json::from_slice(&bytes).unwrap();
    let call = |method: &str, path: &str, kind: &str| {
        let sent = match kind {
            "basic" => {
                use base64::Engine as _;
                let pair = format!("li:{}", made["secret"].as_str().unwrap());
                format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
            }
            _ => format!("Bearer {}", made["secret"].as_str().unwrap()),
        };
        let request = Request::builder().method(method).uri(path).header(header::AUTHORIZATION, sent);
        town.service.raw(request.header(header::CONTENT_TYPE, "application/json").body(Body::from("{}")).unwrap())
    };
    assert_eq!(call("GET", "/api/v1/cases", "bearer").await.0, StatusCode::OK);
    let (status, kind, bytes) = call("GET", "/api/v1/dues.ics", "basic").await;
    assert!(status.is_success() && kind.starts_with("text/calendar"), "{status} {kind}");
    assert!(bytes.starts_with(b"BEGIN:VCALENDAR\r\n"));
    let (status, _, bytes) = call("POST", "/api/v1/cases", "bearer").await;
    assert!(status == StatusCode::FORBIDDEN && String::from_utf8_lossy(&bytes).contains("auth.scope"));
    let (status, _, bytes) = call("POST", "/api/v1/me/tokens", "bearer").await;
    assert!(status == StatusCode::FORBIDDEN && String::from_utf8_lossy(&bytes).contains("auth.session_only"));
    let path = format!("/api/v1/me/tokens/{}", made["id"].as_str().unwrap());
    assert_eq!(by_cookie(&town, "DELETE", &path, (&cookie, Some(&csrf))).await.0, StatusCode::NO_CONTENT);
    assert_eq!(call("GET", "/api/v1/cases", "bearer").await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_disabled_is_out_at_once_and_the_last_administrator_stays() {
    let town = Town::new().await;
    let flow = &town.service.flow;
    let (cookie, _) = session(&town, "li").await;
    let off = |version| PersonChange { version, disabled: Some(true), ..PersonChange::default() };
    let version = flow.person(town.id("li")).await.unwrap().version;
    flow.change_person(admin(), town.id("li"), off(version), "cli", Timestamp::now()).await.unwrap();
    assert_eq!(by_cookie(&town, "GET", "/api/v1/me", (&cookie, None)).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(town.get("li", "/api/v1/cases").await.0, StatusCode::UNAUTHORIZED);
    let version = flow.person(town.id("feng")).await.unwrap().version;
    let refused = flow.change_person(admin(), town.id("feng"), off(version), "cli", Timestamp::now()).await;
    assert_eq!(refused.unwrap_err().code, "people.last_admin");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_lies_in_the_database() {
    let town = Town::new().await;
    let (cookie, csrf) = session(&town, "li").await;
    let secrets = [
        cookie.split_once('=').unwrap().1.to_string(),
        town.people["li"].token.trim_start_matches("zc_").to_string(),
        PASSWORD.into(),
    ];
    let _ = csrf;
    town.service.flow.close_store().await.unwrap();
    let mut read = 0;
    for entry in std::fs::read_dir(town.service.data.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with("zhicai.db") {
            let bytes = std::fs::read(&path).unwrap();
            read += bytes.len();
            for secret in &secrets {
                assert!(!bytes.windows(secret.len()).any(|w| w == secret.as_bytes()), "{}", path.display());
            }
        }
    }
    assert!(read > 10_000);
}
