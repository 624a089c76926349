//! A passage is written anew because a person asks: another wording is looked for, nobody answers for it yet, the old one stays.

use super::crash::model;
use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rewritten_passage_is_a_new_version_that_nobody_answers_for() {
    let (model, got) = model(usize::MAX);
    let desk = desk(model).await;
    let id = desk.draft().await;
    desk.accept_all(&id).await;
    let before = got.lock().unwrap().len();
    let flow = desk.flow();
    let rewrite = |version| serde_json::from_value(json!({ "version": version })).unwrap();

    let done = flow.rewrite_passage(&ask(&desk.officer), &id, "facts", rewrite(2)).await.unwrap();
    assert_eq!((done.version, done.treatment.code(), done.model.as_deref()), (3, "open", Some("m")));
    assert_eq!(done.open, ["facts"]);
    assert_eq!(done.unsupported, Vec::<String>::new());
    let asked: Vec<Value> =
        got.lock().unwrap()[before..].iter().map(|(_, body)| serde_json::from_str(body).unwrap()).collect();
    assert!(!asked.is_empty() && asked.iter().all(|r| r["temperature"].as_f64().unwrap() > 0.0), "{asked:?}");

    let now = desk.view(&id).await;
    let facts = passage(&now, "facts");
    assert_eq!((&facts["treatment"], &facts["taken_by"]), (&json!("open"), &json!(null)));
    assert_eq!((&now["signed_off"], &now["open"]), (&json!(false), &json!(["facts"])));
    let history = flow.passage_history(&ask(&desk.officer), &id, "facts").await.unwrap();
    let told: Vec<&str> = history.iter().map(|v| v.what.as_str()).collect();
    assert_eq!(told, ["written", "accept", "rewritten"]);
    let event = desk.events("draft.passage_rewritten").await.remove(0);
    assert_eq!((event.actor_name.as_str(), &event.detail()["from_version"]), ("李明", &json!(2)));

    // On an old version nothing is written over.
    let stale = flow.rewrite_passage(&ask(&desk.officer), &id, "facts", rewrite(2)).await.unwrap_err();
    assert_eq!(stale.code, "store.stale_version");
    let unknown = flow.rewrite_passage(&ask(&desk.officer), &id, "penalty", rewrite(1)).await.unwrap_err();
    assert!(unknown.code.starts_with("draft."), "{unknown}");
    let other = person(flow, "hanmei", "韩梅", Role::Officer).await;
    let hidden = flow.rewrite_passage(&ask(&other), &id, "facts", rewrite(3)).await.unwrap_err();
    assert_eq!(hidden.class, zhicai::error::Class::NotFound);
}

#[tokio::test]
async fn without_a_model_there_is_nothing_to_write_anew() {
    let desk = desk(ModelUse::default()).await;
    let id = desk.draft().await;
    let rewrite = serde_json::from_value(json!({ "version": 1 })).unwrap();
    let refused = desk.flow().rewrite_passage(&ask(&desk.officer), &id, "facts", rewrite).await.unwrap_err();
    assert_eq!(refused.code, "draft.no_model");
    assert_eq!(passage(&desk.view(&id).await, "facts")["version"], json!(1));
}
