//! The trainer's side: building, importing, the course of a class, notes, results.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};

use super::{CASE, class, import, join, moved, right, send, try_move};
use crate::lifecycle::town::Town;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_set_is_built_by_violation_tier_and_difficulty() {
    let town = Town::new().await;
    let (status, all) = town.get("chu", "/api/v1/workshops/candidates?violation=mb64").await;
    assert_eq!(status, StatusCode::OK, "{all}");
    assert!(all["rule"].as_str().unwrap().contains("难度"));
    let cases = all["cases"].as_array().unwrap();
    assert!(cases.len() > 2 && cases.iter().all(|c| c["violation"] == "mb64"));
    for (field, value) in [("tier", &cases[0]["tier"]), ("difficulty", &cases[0]["difficulty"])] {
        let at = format!("/api/v1/workshops/candidates?violation=mb64&{field}={}", value.as_str().unwrap());
        let (_, some) = town.get("chu", &at).await;
        let some = some["cases"].as_array().unwrap();
        assert!(!some.is_empty() && some.len() <= cases.len() && some.iter().all(|c| c[field] == *value));
    }
    let (status, _) = town.get("chu", "/api/v1/workshops/candidates?tier=heavy").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let body = json!({ "title": "<b>一套</b>", "cases": [CASE, cases[1]["case_id"]], "points": 20 });
    let (status, made) = town.post("chu", "/api/v1/workshops/sets", body).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let at = format!("/api/v1/workshops/sets/{}", made["id"].as_str().unwrap());
    let (_, set) = town.get("chu", &at).await;
    assert_eq!(set["questions"].as_array().unwrap().len(), 2);
    for (wrong, code) in [
        (json!({ "title": "", "cases": [CASE] }), "workshop.title"),
        (json!({ "title": "x", "cases": [] }), "workshop.cases"),
        (json!({ "title": "x", "cases": [CASE, CASE] }), "workshop.case_twice"),
        (json!({ "title": "x", "cases": ["nobody"] }), "workshop.no_such_case"),
        (json!({ "title": "x", "cases": [CASE], "points": 101 }), "workshop.points"),
    ] {
        let (status, answer) = town.post("chu", "/api/v1/workshops/sets", wrong).await;
        assert_eq!((status, answer["code"].as_str()), (StatusCode::UNPROCESSABLE_ENTITY, Some(code)), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_is_imported_row_by_row_in_both_encodings() {
    let town = Town::new().await;
    let text = "题型,题干,选项A,选项B,答案,分值\n单选,谁,甲,乙,A,5\n单选,谁,甲,乙,C,5\n案例,,,,tc-none,5\n判断,一人即可,,,错,\n";
    let (gb, _, _) = encoding_rs::GB18030.encode(text);
    for bytes in [format!("\u{feff}{text}").into_bytes(), gb.into_owned()] {
        let report = import(&town, "题库", bytes).await;
        assert_eq!(report["accepted"], json!([2, 5]), "{report}");
        let refused = report["refused"].as_array().unwrap();
        assert_eq!((refused[0]["row"].as_i64(), refused[1]["row"].as_i64()), (Some(3), Some(4)));
        assert!(refused[1]["why"].as_str().unwrap().contains("tc-none"));
    }
    let none = import(&town, "题库", "题型,题干,答案\n填空,x,y\n".into()).await;
    assert!(none["id"].is_null() && none["refused"].as_array().unwrap().len() == 1);
    assert_eq!(import(&town, "题库", "a,b\n".into()).await["code"], "workshop.table");
    assert_eq!(import(&town, "题库", vec![0xff; 100]).await["code"], "workshop.table");
    assert_eq!(import(&town, "", text.into()).await["code"], "workshop.title");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_class_is_led_from_joining_to_results() {
    let town = Town::new().await;
    let (id, code) = class(&town).await;
    let (anna, ben) = (join(&town, &code, "安娜").await.unwrap(), join(&town, &code, "=1+1").await.unwrap());
    assert_eq!(anna.answer(&town, 0, right(&town).await).await.0, StatusCode::CONFLICT, "not started");
    // The same move twice moves once; another from an old position is refused.
    for _ in 0..2 {
        let (status, at) = try_move(&town, &id, "start", (0, "waiting")).await;
        assert_eq!((status, at["stage"].as_str()), (StatusCode::OK, Some("answering")), "{at}");
    }
    let (status, answer) = try_move(&town, &id, "end", (0, "waiting")).await;
    assert_eq!((status, answer["code"].as_str()), (StatusCode::CONFLICT, Some("workshop.moved")));
    assert_eq!(try_move(&town, &id, "reveal", (0, "answering")).await.1["code"], "workshop.not_now");
    assert_eq!(anna.answer(&town, 1, json!({ "choices": [0] })).await.0, StatusCode::CONFLICT, "not yet asked");
    let wrong = json!({ "articles": [99], "tier": "general", "kinds": [], "factors": [] });
    assert_eq!(anna.answer(&town, 0, wrong).await.1["code"], "answer.no_such_option");
    let first = json!({ "tier": "severe", "kinds": ["fine"], "fine_fen": 100, "reason": "@SUM(A1)" });
    for guest in [&anna, &ben] {
        assert_eq!(guest.answer(&town, 0, first.clone()).await.0, StatusCode::OK);
    }
    // A later answer takes the place of the earlier one.
    assert_eq!(anna.answer(&town, 0, right(&town).await).await.0, StatusCode::OK);
    let at = format!("/api/v1/workshops/{id}");
    let (_, seen) = town.get("chu", &at).await;
    assert_eq!((seen["pulse"]["joined"].as_i64(), seen["pulse"]["answered"].as_i64()), (Some(2), Some(2)));
    assert!(seen.get("spread").is_none(), "nothing spread before it is closed");
    moved(&town, &id, "close").await;
    assert_eq!(anna.answer(&town, 0, first).await.1["code"], "workshop.not_answering");
    let (_, seen) = town.get("chu", &at).await;
    assert_eq!(seen["spread"]["amounts"].as_array().unwrap().len(), 2);
    let marked = |v: &Value| v.as_array().unwrap().iter().any(|t| t["right"] == true);
    assert!(!marked(&seen["spread"]["articles"]) && !marked(&seen["spread"]["tiers"]), "{seen}");
    for _ in 0..4 {
        moved(&town, &id, "reveal").await;
    }
    let (_, seen) = town.get("chu", &at).await;
    assert!(marked(&seen["spread"]["articles"]) && seen["revealed"]["amount"]["ranges"].is_array());
    let score = anna.see(&town).await.json()["score"].clone();
    assert_eq!(score["got"], score["of"], "{score}");
    let score = ben.see(&town).await.json()["score"].clone();
    assert!(score["got"].as_i64() < score["of"].as_i64() && score["parts"].as_array().unwrap().len() > 4, "{score}");
    let note = json!({ "question": 0, "text": "=HYPERLINK(\"x\")" });
    assert_eq!(town.post("chu", &format!("{at}/notes"), note).await.0, StatusCode::CREATED);
    let note = json!({ "question": 1, "text": "x" });
    assert_eq!(town.post("chu", &format!("{at}/notes"), note).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    moved(&town, &id, "next").await;
    moved(&town, &id, "end").await;
    let (_, seen) = town.get("chu", &at).await;
    assert_eq!(seen["standings"][0]["name"], "安娜");
    assert!(anna.see(&town).await.json()["total_score"].is_array());
    assert_eq!(join(&town, &code, "晚来").await.err().unwrap().1["code"], "join.ended");
    results(&town, &at).await;
}

async fn results(town: &Town, at: &str) {
    let file = |kind: &str| {
        let request = Request::get(format!("{at}/results.{kind}"));
        let request = request.header(header::AUTHORIZATION, format!("Bearer {}", town.people["chu"].token));
        send(town, request.body(Body::empty()).unwrap())
    };
    let csv = file("csv").await;
    assert!(csv.headers[header::CONTENT_DISPOSITION].to_str().unwrap().starts_with("attachment"));
    let text = csv.text();
    assert!(text.starts_with("\u{feff}姓名,"), "{text}");
    assert!(text.contains("\r\n'=1+1,1,案例,") && text.contains(",'@SUM(A1),"), "{text}");
    let mut book: calamine::Xlsx<_> =
        calamine::open_workbook_from_rs(std::io::Cursor::new(file("xlsx").await.bytes)).unwrap();
    let rows = calamine::Reader::worksheet_range(&mut book, "作答").unwrap();
    assert_eq!(rows.height(), 5, "two people, two questions, a header");
    let notes = calamine::Reader::worksheet_range(&mut book, "讨论").unwrap();
    assert_eq!(notes.get((1, 2)).unwrap().to_string(), "'=HYPERLINK(\"x\")");
    // Only for its trainer; and the record with everything that was done stands unbroken.
    let (status, _) = town.get("li", at).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let data = town.service.data.path().to_path_buf();
    town.service.flow.close_store().await.unwrap();
    let looked = tokio::task::spawn_blocking(move || {
        use zhicai::store::verify::{Place, Wanted, verify};
        verify(&Place::of(&data), &Wanted::default()).unwrap()
    });
    let looked = looked.await.unwrap();
    assert!(looked.ok, "{:?}", looked.faults);
}
