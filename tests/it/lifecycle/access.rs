//! Role × route: the table is generated from the router's own list, kept in `access.txt` so that a change of it is seen, and every
//! cell of it is tried over HTTP, by token and by session. Then objects: what a person may not see does not exist for them.

use std::collections::BTreeMap;
use std::fmt::Write;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};
use zhicai::domain::people::Role;
use zhicai::web::access::{Access, ROUTES, Route};

use super::town::{Town, encoded};

/// What everybody of the town types.
pub const PASSWORD: &str = "云岫湖边的第三棵树开花了";

const TABLE: &str = include_str!("access.txt");

/// One resident per role.
const OF_ROLE: &[(&str, Role)] = &[
    ("li", Role::Officer),
    ("zhao", Role::Reviewer),
    ("qian", Role::Head),
    ("chen", Role::Publisher),
    ("chu", Role::Trainer),
    ("wu", Role::Trainee),
    ("zheng", Role::Supervisor),
    ("feng", Role::Admin),
];

/// What a caller without sign-in and each role may do at a route, and what a token must be good for.
fn line(route: &Route) -> String {
    let mut out = format!("{:6} {:60}", route.method, route.path);
    let mark = |yes| if yes { " +" } else { " -" };
    out.push_str(mark(matches!(route.access, Access::Public | Access::Local)));
    for (_, role) in OF_ROLE {
        out.push_str(mark(match route.access {
            Access::Public | Access::Local | Access::SignedIn => true,
            Access::Roles(roles) => roles.contains(role),
        }));
    }
    let _ = write!(out, "  {}", route.scope.map_or("page", |s| s.code()));
    out.trim_end().to_string()
}

fn generated() -> String {
    let roles: Vec<&str> = OF_ROLE.iter().map(|(_, r)| r.code()).collect();
    let mut out = format!(
        "# columns: without sign-in, {}; then the scope of a token, or `page` for sessions only\n",
        roles.join(", ")
    );
    for route in ROUTES {
        out.push_str(&line(route));
        out.push('\n');
    }
    out
}

#[test]
fn the_table_of_access_is_the_one_that_was_looked_at() {
    if std::env::var_os("ZHICAI_BLESS").is_some() {
        std::fs::write("tests/it/lifecycle/access.txt", generated()).unwrap();
        return;
    }
    assert!(generated() == TABLE, "access changed; look at it, then run with ZHICAI_BLESS=1:\n{}", generated());
}

struct Cell {
    method: String,
    path: String,
    allowed: Vec<bool>,
    scope: String,
}

fn cells() -> Vec<Cell> {
    let mut out = vec![];
    for text in TABLE.lines().filter(|l| !l.starts_with('#')) {
        let words: Vec<&str> = text.split_whitespace().collect();
        out.push(Cell {
            method: words[0].into(),
            path: words[1].into(),
            allowed: words[2..11].iter().map(|w| *w == "+").collect(),
            scope: words[11].into(),
        });
    }
    assert_eq!(out.len(), ROUTES.len());
    out
}

/// An address with made-up numbers in it.
fn guessed(path: &str) -> String {
    let mut out = path.to_string();
    for name in [
        "{no}",
        "{id}",
        "{comment}",
        "{field}",
        "{name}",
        "{seq}",
        "{paper}",
        "{law}",
        "{article}",
        "{code}",
        "{question}",
    ] {
        out = out.replace(name, "7");
    }
    out.replace("{kind}", "norms")
}

/// A session of a resident: cookie and csrf.
pub async fn session(town: &Town, who: &str) -> (String, String) {
    let by =
        zhicai::domain::process_record::ActorRef { id: "cli".into(), name: "本机管理员（命令行）".into() };
    let link = town.service.flow.invite(by, town.id(who), "cli", jiff::Timestamp::now()).await.unwrap();
    let token = link.url.split('#').nth(1).unwrap();
    let (status, answer) =
        town.post("", "/api/v1/invitations/accept", json!({ "token": token, "password": PASSWORD })).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    signed_in(town, who, PASSWORD).await
}

pub async fn signed_in(town: &Town, who: &str, password: &str) -> (String, String) {
    use http_body_util::BodyExt;
    use tower::ServiceExt;
    let body = json!({ "login": who, "password": password }).to_string();
    let request =
        Request::post("/api/v1/sessions").header(header::CONTENT_TYPE, "application/json").body(Body::from(body));
    let response = town.service.app.clone().oneshot(request.unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_string();
    let told: Value = serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap();
    (cookie, told["csrf"].as_str().unwrap().to_string())
}

async fn with_session(town: &Town, session: &(String, String), cell: &Cell) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(cell.method.as_str())
        .uri(guessed(&cell.path))
        .header(header::COOKIE, &session.0)
        .header("x-zhicai-csrf", &session.1)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from("{}"));
    let (status, _, bytes) = town.service.raw(request.unwrap()).await;
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

fn code(answer: &Value) -> &str {
    answer["code"].as_str().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_cell_of_the_table_holds() {
    let mut town = Town::new().await;
    let mut sessions = BTreeMap::new();
    for (who, _) in OF_ROLE {
        sessions.insert(*who, session(&town, who).await);
        // A new password takes the tokens away that there were.
        town.new_token(who).await;
    }
    let mut tried = 0;
    let cells = cells();
    // Signing out comes last: it ends the session that is used.
    let (last, others): (Vec<&Cell>, Vec<&Cell>) = cells.iter().partition(|c| c.path.ends_with("sessions/current"));
    for cell in others.into_iter().chain(last) {
        let (status, answer) = town.send("", &cell.method, &guessed(&cell.path), Some(json!({}))).await;
        assert_eq!(
            code(&answer) != "auth.required",
            cell.allowed[0],
            "nobody {} {} → {status} {answer}",
            cell.method,
            cell.path
        );
        for (n, (who, _)) in OF_ROLE.iter().enumerate() {
            let (may, at) = (cell.allowed[n + 1], format!("{who} {} {}", cell.method, cell.path));
            let (status, answer) = town.send(who, &cell.method, &guessed(&cell.path), Some(json!({}))).await;
            // Public addresses do not look at who calls.
            let by_token = match (may, cell.scope.as_str(), cell.allowed[0]) {
                (false, ..) => "auth.role",
                (true, "page", false) => "auth.session_only",
                _ => "",
            };
            let refusal = if code(&answer).starts_with("auth.") { code(&answer) } else { "" };
            // A page's address that is open to the machine's own user refuses a token by its kind.
            let session_only = cell.scope == "page" && refusal == "auth.session_only";
            assert!(refusal == by_token || (may && session_only), "token: {at} → {status} {answer}");
            let (status, answer) = with_session(&town, &sessions[who], cell).await;
            let refusal =
                if code(&answer).starts_with("auth.") && code(&answer) != "auth.wrong" { code(&answer) } else { "" };
            assert_eq!(refusal, if may { "" } else { "auth.role" }, "session: {at} → {status} {answer}");
            tried += 2;
        }
    }
    assert_eq!(tried, ROUTES.len() * OF_ROLE.len() * 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_not_be_seen_does_not_exist() {
    let town = Town::new().await;
    let no = town.open("li", super::scripts::registration()).await;
    let mut compared = 0;
    // Another officer, a reviewer and a publisher to whom nothing was handed, and those who see teaching files or none.
    for who in ["sun", "zhou", "chen", "wu", "chu", "feng"] {
        let (_, list) = town.get(who, "/api/v1/cases").await;
        assert_eq!(list["items"].as_array().map(Vec::len), Some(0), "{who} {list}");
        let (_, dues) = town.get(who, "/api/v1/dues?mine=false").await;
        assert!(!dues.to_string().contains(&no), "{who} {dues}");
        for route in ROUTES.iter().filter(|r| r.path.contains("{no}") || r.path.contains("/facts/{id}")) {
            let at = |number: &str| {
                let path = route.path.replace("{no}", number).replace("/facts/{id}", &format!("/facts/{number}"));
                encoded(&guessed(&path))
            };
            let mut body = json!({ "version": 1, "person": "x", "text": "x" });
            if route.path.ends_with("/steps") {
                body["step"] = json!("share");
            }
            let (there, answer) = town.send(who, route.method, &at(&no), Some(body.clone())).await;
            let (absent, same) = town.send(who, route.method, &at("2020-9999"), Some(body)).await;
            assert_eq!((there, &answer), (absent, &same), "{who} {} {}", route.method, route.path);
            assert!(there.is_client_error(), "{who} {} {} {there}", route.method, route.path);
            compared += 1;
        }
    }
    assert!(compared > 60, "{compared}");
    // Whoever it is shared with reads it, and changes nothing.
    let share = json!({ "step": "share", "person": "@sun" });
    town.done("li", &no, "2026-03-02", share).await;
    let (status, _) = town.get("sun", &format!("/api/v1/cases/{no}")).await;
    assert_eq!(status, StatusCode::OK);
    let (status, answer) = town
        .step(
            "sun",
            &no,
            "2026-03-02",
            json!({ "step": "identify", "identity": { "document": "营业执照", "name": "x" } }),
        )
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{answer}");
    // That it was looked at is on record.
    let (_, record) = town.get("qian", &format!("/api/v1/cases/{no}/record")).await;
    let seen = record["events"]
        .as_array()
        .unwrap()
        .iter()
        .any(|e| e["action"] == "case.read" && e["actor_id"] == town.id("sun"));
    assert!(seen, "{record}");
}
