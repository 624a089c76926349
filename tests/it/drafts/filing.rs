//! A draft becomes a document: its number is given once, a stale one stays outside, a new one keeps what people answer for.

use std::collections::BTreeSet;

use serde_json::json;
use zhicai::domain::document::diff::Op;
use zhicai::domain::dossier::Paper;
use zhicai::flow::ModelUse;

use super::*;

async fn paper(desk: &Desk) -> Option<Paper> {
    desk.flow().case_view(&ask(&desk.officer), &desk.case_no).await.unwrap().dossier.paper(KIND).cloned()
}

#[tokio::test]
async fn a_draft_goes_into_the_file_with_its_number_and_is_closed() {
    let desk = desk(ModelUse::default()).await;
    let id = desk.draft().await;
    let open = desk.flow().file_draft(&ask(&desk.officer), &id, None).await.unwrap_err();
    assert_eq!((open.code.as_str(), open.missing.len()), ("procedure.g_paper", 3));
    assert!(paper(&desk).await.is_none() && desk.view(&id).await["doc_no"].is_null());

    let machine = passage(&desk.view(&id).await, "facts")["text"].as_str().unwrap().to_string();
    let edited = machine.replace("到场检查", "依法到场检查");
    desk.take(&id, "facts", json!({ "version": 1, "action": "edit", "text": edited })).await.unwrap();
    for field in &FIELDS[1..] {
        desk.take(&id, field, json!({ "version": 1, "action": "accept" })).await.unwrap();
    }
    let seen = desk.view(&id).await["version"].as_i64().unwrap();
    let stale = desk.flow().file_draft(&ask(&desk.officer), &id, Some(seen - 1)).await.unwrap_err();
    assert_eq!(stale.code, "store.stale_version");
    let filed = desk.flow().file_draft(&ask(&desk.officer), &id, Some(seen)).await.unwrap();
    let year = ask(&desk.officer).today().year();
    assert_eq!(filed.doc_no, Some(format!("安教体罚决字〔{year}〕第1号")));

    let in_file = paper(&desk).await.unwrap();
    assert_eq!((&in_file.id, &in_file.sha256, &in_file.doc_no), (&filed.paper, &filed.sha256, &filed.doc_no));
    assert!(in_file.text.contains(filed.doc_no.as_deref().unwrap()) && in_file.pages >= 1);
    assert_eq!(in_file.passages["facts"], edited);
    let told: Vec<(&str, &str, Option<&str>)> =
        in_file.machine.iter().map(|m| (m.field.as_str(), m.treatment.as_str(), m.taken_by.as_deref())).collect();
    assert_eq!(told[0], ("facts", "edited", Some("李明")));
    assert!(told[1..].iter().all(|t| t.1 == "accepted" && t.2 == Some("李明")));

    // Again is the same; changing it is over; the list says what it became.
    let again = desk.flow().file_draft(&ask(&desk.officer), &id, None).await.unwrap();
    assert_eq!(again, filed);
    let late = desk.take(&id, "facts", json!({ "version": 2, "action": "accept" })).await.unwrap_err();
    assert_eq!(late.code, "draft.filed");
    assert_eq!(desk.flow().cancel_case_draft(&ask(&desk.officer), &id).await.unwrap_err().code, "draft.filed");
    let line = &desk.flow().case_drafts(&desk.officer, &desk.case_no).await.unwrap()[0];
    assert_eq!((line.status.code(), line.paper.as_ref(), line.stale), ("filed", Some(&filed.paper), false));

    let changes = desk.flow().draft_changes(&desk.officer, &desk.case_no, KIND).await.unwrap();
    assert_eq!(changes.iter().map(|c| c.field.as_str()).collect::<Vec<_>>(), FIELDS);
    assert_eq!(
        (changes[0].machine_text.as_deref(), changes[0].text.as_str()),
        (Some(machine.as_str()), edited.as_str())
    );
    assert!(changes[0].diff.iter().any(|r| r.op == Op::Ins && r.text == "依法"), "{:?}", changes[0].diff);
    assert!(changes[1].diff.iter().all(|r| r.op == Op::Same));
}

#[tokio::test]
async fn a_stale_draft_stays_outside_and_the_next_keeps_what_people_answer_for() {
    let desk = desk(ModelUse::default()).await;
    let id = desk.draft().await;
    let reasoning = passage(&desk.view(&id).await, "discretion_reasoning")["text"].as_str().unwrap().to_string();
    let own = format!("{reasoning}以上事实清楚。");
    desk.take(&id, "discretion_reasoning", json!({ "version": 1, "action": "edit", "text": own })).await.unwrap();
    for field in &FIELDS[..2] {
        desk.take(&id, field, json!({ "version": 1, "action": "accept" })).await.unwrap();
    }
    assert_eq!(desk.view(&id).await["stale"], json!(false));
    desk.change_narrative("2025年9月10日，执法人员到场检查，发现教室5间。当事人收取培训费46580元。").await;
    assert_eq!(desk.view(&id).await["stale"], json!(true));
    let refused = desk.flow().file_draft(&ask(&desk.officer), &id, None).await.unwrap_err();
    assert_eq!((refused.code.as_str(), paper(&desk).await), ("draft.stale", None));

    let next = desk.draft().await;
    let shown = desk.view(&next).await;
    let (facts, kept) = (passage(&shown, "facts"), passage(&shown, "discretion_reasoning"));
    assert!(facts["text"].as_str().unwrap().contains("教室5间") && facts["treatment"] == "open");
    assert_eq!((&kept["text"], &kept["treatment"], &kept["carried_from"]), (&json!(own), &json!("edited"), &json!(id)));
    assert_eq!(kept["machine_text"], json!(reasoning));
    assert_eq!(shown["open"], json!(["facts"]));
    desk.take(&next, "facts", json!({ "version": 1, "action": "accept" })).await.unwrap();
    let first = desk.flow().file_draft(&ask(&desk.officer), &next, None).await.unwrap();

    // A document that replaces one before it went out keeps its number; the one before stays, void.
    let third = desk.draft().await;
    assert_eq!(desk.view(&third).await["open"], json!([]));
    let second = desk.flow().file_draft(&ask(&desk.officer), &third, None).await.unwrap();
    assert_eq!(second.doc_no, first.doc_no);
    assert_ne!(second.paper, first.paper);
    let dossier = desk.flow().case_view(&ask(&desk.officer), &desk.case_no).await.unwrap().dossier;
    assert!(dossier.documents.iter().any(|p| p.id == first.paper && p.void));
    let fresh = zhicai::flow::cases::drafts::NewDraft { kind: KIND.into(), fresh: true };
    let anew = desk.flow().start_case_draft(&ask(&desk.officer), &desk.case_no, fresh).await.unwrap().id;
    assert_eq!(written(desk.flow(), &desk.officer, &anew).await["open"], json!(FIELDS));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_never_given_twice() {
    let desk = desk(ModelUse::default()).await;
    let mut drafts = Vec::new();
    for _ in 0..6 {
        let no = open_case(desk.flow(), &desk.officer).await;
        let one = Desk { service: service_of(&desk), officer: desk.officer.clone(), case_no: no };
        let id = one.draft().await;
        one.accept_all(&id).await;
        drafts.push(id);
    }
    let mut tasks = Vec::new();
    // Each of them three times at once.
    for id in drafts.iter().chain(&drafts).chain(&drafts) {
        let (flow, officer, id) = (desk.flow().clone(), desk.officer.clone(), id.clone());
        tasks.push(tokio::spawn(async move { flow.file_draft(&ask(&officer), &id, None).await }));
    }
    let mut numbers = BTreeSet::new();
    for task in tasks {
        match task.await.unwrap() {
            Ok(filed) => {
                numbers.insert(filed.doc_no.unwrap());
            }
            Err(busy) => assert_eq!(busy.code, "draft.filing"),
        }
    }
    let year = ask(&desk.officer).today().year();
    let expected: BTreeSet<String> = (1..=6).map(|n| format!("安教体罚决字〔{year}〕第{n}号")).collect();
    assert_eq!(numbers, expected);
    for id in &drafts {
        let no = desk.view(id).await["case_no"].as_str().unwrap().to_string();
        let dossier = desk.flow().case_view(&ask(&desk.officer), &no).await.unwrap().dossier;
        assert_eq!(dossier.documents.iter().filter(|p| p.kind == KIND).count(), 1, "{no}");
    }
}

/// The same bureau for another case.
fn service_of(desk: &Desk) -> Service {
    Service { app: desk.service.app.clone(), flow: desk.service.flow.clone(), data: tempfile::tempdir().unwrap() }
}
