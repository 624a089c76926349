//! Participants: what they see before it is revealed, what a cookie is good for, commands without their proof, limits.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::json;

use super::{CASE, Guest, class, join, moved, right, send};
use crate::lifecycle::access::session;
use crate::lifecycle::town::Town;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_is_not_revealed_reaches_a_participant() {
    let town = Town::new().await;
    let (id, code) = class(&town).await;
    let guest = join(&town, &code, "学员").await.unwrap();
    let case = town.service.flow.teaching().find(|p| p.id == CASE).unwrap().clone();
    let fine = case.disc.final_.as_ref().unwrap().fine_fen.unwrap();
    let reasoning: String = case.reasoning.clone().unwrap().chars().take(12).collect();
    // Words of the decision, of the key, of the set; each with the step from which it may be seen.
    let secrets = [
        (case.title.clone(), 4),
        (case.doc_no.clone().unwrap(), 9),
        (reasoning, 4),
        (fine.0.to_string(), 4),
        (zhicai::web::views::yuan(fine), 4),
        (CASE.to_string(), 9),
        ("mb64".into(), 9),
        ("第一套".into(), 9),
        ("suggested".into(), 4),
        ("\"key\"".into(), 9),
        ("difficulty".into(), 9),
        ("应当告知".into(), 9),
    ];
    let mut step = 0;
    for act in ["", "start", "close", "reveal", "reveal", "reveal", "reveal"] {
        if !act.is_empty() {
            moved(&town, &id, act).await;
        }
        if act == "reveal" {
            step += 1;
        }
        let seen = format!("{}\n{}", guest.see(&town).await.text(), guest.page(&town).await.text());
        for (secret, from) in &secrets {
            assert!(step >= *from || !seen.contains(secret.as_str()), "{secret} is seen after {act} {step}: {seen}");
        }
        let told = guest.see(&town).await.json();
        let revealed = told["revealed"].as_object().unwrap().len();
        assert_eq!(revealed, step, "{told}");
        assert_eq!(told.get("score").is_some(), step == 4);
        if act == "start" {
            assert_eq!(told["shown"]["case"]["facts"]["narrative"], json!(case.facts.narrative));
            assert_eq!(guest.answer(&town, 0, right(&town).await).await.0, StatusCode::OK);
        }
    }
    assert!(guest.see(&town).await.text().contains(&case.title));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cookie_is_good_for_its_class_and_commands_need_their_proof() {
    let town = Town::new().await;
    let (id, code) = class(&town).await;
    let guest = join(&town, &code, "学员").await.unwrap();
    moved(&town, &id, "start").await;
    let answer = right(&town).await;
    let put = |cookie: &str, csrf: Option<&str>| {
        let mut request = Request::put(format!("/api/v1/join/{code}/answers/0")).header(header::COOKIE, cookie);
        if let Some(csrf) = csrf {
            request = request.header("x-zhicai-csrf", csrf);
        }
        request.body(Body::from(answer.to_string())).unwrap()
    };
    let other = join(&town, &code, "别人").await.unwrap();
    let name = guest.cookie.split('=').next().unwrap();
    for (what, request, expected) in [
        ("no proof", put(&guest.cookie, None), "join.csrf"),
        ("another's proof", put(&guest.cookie, Some(&other.csrf)), "join.csrf"),
        ("no cookie", put("x=y", Some(&guest.csrf)), "join.no_place"),
        ("made up", put(&format!("{name}={}", "a".repeat(64)), Some(&guest.csrf)), "join.no_place"),
        ("two cookies", put(&format!("{}; {}", guest.cookie, guest.cookie), Some(&guest.csrf)), "join.no_place"),
    ] {
        let answer = send(&town, request).await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (StatusCode::FORBIDDEN, Some(expected)), "{what}");
    }
    // From a page elsewhere, whatever it brings along.
    let mut foreign = put(&guest.cookie, Some(&guest.csrf));
    foreign.headers_mut().insert(header::ORIGIN, "http://evil.example".parse().unwrap());
    foreign.headers_mut().insert(header::HOST, "127.0.0.1:8088".parse().unwrap());
    assert_eq!(send(&town, foreign).await.json()["code"], "http.foreign_origin");
    let (_, second) = class(&town).await;
    let elsewhere = Guest { code: second.clone(), ..guest.clone() };
    assert_eq!(elsewhere.see(&town).await.status, StatusCode::FORBIDDEN);
    // Back with the cookie: the same place.
    assert_eq!(guest.answer(&town, 0, answer.clone()).await.0, StatusCode::OK);
    assert_eq!(guest.see(&town).await.json()["mine"]["tier"], answer["tier"]);
    // A trainer's session without its proof changes nothing either.
    let (cookie, _) = session(&town, "chu").await;
    for at in ["sets", "sets/import", &format!("{id}/moves"), &format!("{id}/notes")] {
        let request = Request::post(format!("/api/v1/workshops/{at}")).header(header::COOKIE, &cookie);
        let answer = send(&town, request.body(Body::from("{}")).unwrap()).await;
        assert_eq!(answer.json()["code"], "auth.csrf", "{at}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_are_told_apart_and_wrong_codes_are_limited() {
    let town = Town::new().await;
    let (_, code) = class(&town).await;
    let spaced = format!(" {}-{} ", code[..3].to_lowercase(), &code[3..]);
    join(&town, &spaced, "Li Lei").await.unwrap();
    for (name, status, expected) in [
        ("lilei", StatusCode::CONFLICT, "join.name_taken"),
        ("", StatusCode::UNPROCESSABLE_ENTITY, "join.name"),
        ("\u{200b}", StatusCode::UNPROCESSABLE_ENTITY, "join.name"),
        (&"长".repeat(21), StatusCode::UNPROCESSABLE_ENTITY, "join.name"),
    ] {
        let (got, answer) = join(&town, &code, name).await.err().unwrap();
        assert_eq!((got, answer["code"].as_str()), (status, Some(expected)), "{name}");
    }
    let mut seen = vec![];
    for n in 0..40 {
        let (status, answer) = join(&town, "AAAAAA", &format!("人{n}")).await.err().unwrap();
        seen.push((status.as_u16(), answer["code"].as_str().unwrap().to_string()));
    }
    assert_eq!(seen[0], (404, "join.no_such_code".into()));
    assert_eq!(seen[39], (429, "join.too_many".into()));
    assert_eq!(join(&town, &code, "对的码").await.err().unwrap().0, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_anybody_types_is_shown_as_words() {
    const EVIL: &str = r#""><img src=x onerror="alert(1)">{{7*7}}<script>alert(2)</script>"#;
    let town = Town::new().await;
    let table = format!(
        "题型,题干,选项A,选项B,答案,解析,依据\n单选,\"{0}\",\"{0}1\",\"{0}2\",A,\"{0}\",\"{0}\"\n",
        EVIL.replace('"', "\"\"")
    );
    let made = super::import(&town, "%3Cimg%20src=x%3E", table.into_bytes()).await;
    let (id, code) = super::open(&town, made["id"].as_str().unwrap()).await;
    let guest = join(&town, &code, "<img src=x>").await.unwrap();
    let (cookie, _) = session(&town, "chu").await;
    let mut town = town;
    town.new_token("chu").await;
    for act in ["start", "close", "reveal", "end"] {
        moved(&town, &id, act).await;
        if act == "start" {
            assert_eq!(guest.answer(&town, 0, json!({ "choices": [0], "reason": EVIL })).await.0, StatusCode::OK);
        }
        let note = json!({ "question": 0, "text": EVIL });
        assert_eq!(town.post("chu", &format!("/api/v1/workshops/{id}/notes"), note).await.0, StatusCode::CREATED);
        let trainer = |at: String| Request::get(at).header(header::COOKIE, &cookie).body(Body::empty()).unwrap();
        let class = send(&town, trainer(format!("/workshops/{id}"))).await;
        let list = send(&town, trainer("/workshops?violation=mb64".into())).await;
        let seat = guest.page(&town).await;
        let door = send(&town, Request::get("/join/%22%3E%3Cimg%3E").body(Body::empty()).unwrap()).await;
        for page in [class, list, seat, door] {
            let html = page.text();
            assert_eq!(page.status, StatusCode::OK, "{html}");
            assert!(html.contains("</html>"));
            for wrong in ["<img", "<script>", ">49<", " style=\"", "onerror=\""] {
                assert!(!html.contains(wrong), "{act}: {wrong} in {html}");
            }
        }
    }
}
