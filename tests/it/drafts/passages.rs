//! People take passages on: as they are, edited, rewritten; nothing two of them wrote is lost.

use serde_json::json;
use zhicai::export::DRAFT_LABEL;
use zhicai::flow::ModelUse;
use zhicai::flow::cases::drafts::Format;

use super::*;

async fn exported(desk: &Desk, id: &str) -> String {
    let made = desk.flow().draft_document(Some(&ask(&desk.officer)), id, Format::Text).await.unwrap();
    String::from_utf8(made.bytes).unwrap()
}

#[tokio::test]
async fn the_label_falls_when_a_person_answers_for_every_passage() {
    let desk = desk(ModelUse::default()).await;
    let id = desk.draft().await;
    let fresh = desk.view(&id).await;
    // Without a model the fixed wording stands in, and a person must take that on, too.
    assert_eq!(fresh["open"], json!(FIELDS));
    assert_eq!(fresh["draft"]["fallbacks"], json!(FIELDS));
    assert_eq!((&fresh["draft"]["ai_label"], &fresh["signed_off"]), (&json!(DRAFT_LABEL), &json!(false)));
    assert!(exported(&desk, &id).await.contains(DRAFT_LABEL));
    let facts = passage(&fresh, "facts");
    assert_eq!((&facts["treatment"], &facts["version"], &facts["model"]), (&json!("open"), &json!(1), &json!(null)));
    assert_eq!(facts["text"], facts["machine_text"]);
    assert!(facts["sources"].as_array().unwrap().contains(&json!("facts.narrative")), "{facts}");

    for (i, field) in FIELDS.into_iter().enumerate() {
        assert_eq!(desk.view(&id).await["signed_off"], json!(false), "before {field}");
        let taken = desk.take(&id, field, json!({ "version": 1, "action": "accept" })).await.unwrap();
        assert_eq!((taken.version, taken.taken_by.as_str()), (2, "李明"));
        assert_eq!(taken.open, FIELDS[i + 1..]);
    }
    let taken = desk.view(&id).await;
    assert_eq!((&taken["draft"]["ai_label"], &taken["signed_off"]), (&json!(""), &json!(true)));
    assert_eq!(taken["draft"]["fallbacks"], json!([]));
    assert_eq!(passage(&taken, "facts")["taken_by"], "李明");
    assert!(!exported(&desk, &id).await.contains(DRAFT_LABEL));
    let docx = desk.flow().draft_document(Some(&ask(&desk.officer)), &id, Format::Docx).await.unwrap();
    assert!(docx.bytes.starts_with(b"PK") && docx.name == "行政处罚决定书.docx", "{}", docx.name);
    assert_eq!(desk.events("draft.passage_taken").await.len(), 3);
    assert_eq!(desk.events("draft.exported").await.len(), 3);
}

#[tokio::test]
async fn an_edit_is_a_version_and_reads_as_what_changed() {
    let desk = desk(ModelUse::default()).await;
    let id = desk.draft().await;
    let machine = passage(&desk.view(&id).await, "facts")["text"].as_str().unwrap().to_string();
    let edited = machine.replace("到场检查", "依法到场检查");
    let taken = desk
        .take(&id, "facts", json!({ "version": 1, "action": "edit", "text": edited, "note": "补充" }))
        .await
        .unwrap();
    assert_eq!((taken.version, taken.treatment.code(), taken.unsupported.as_slice()), (2, "edited", &[][..]));
    let inserted: String =
        taken.diff.iter().filter(|r| format!("{:?}", r.op) != "Same").map(|r| r.text.as_str()).collect();
    assert_eq!(inserted, "依法");
    let shown = desk.view(&id).await;
    assert!(shown["draft"]["text"].as_str().unwrap().contains("依法到场检查"));
    assert_eq!(passage(&shown, "facts")["machine_text"], json!(machine));

    // Back to the machine's words is accepting them.
    let back = desk.take(&id, "facts", json!({ "version": 2, "action": "replace", "text": machine })).await.unwrap();
    assert_eq!((back.version, back.treatment.code(), back.diff.len()), (3, "accepted", 1));
    let history = desk.flow().passage_history(&ask(&desk.officer), &id, "facts").await.unwrap();
    let told: Vec<(i64, &str, &str)> =
        history.iter().map(|v| (v.version, v.what.as_str(), v.by_name.as_str())).collect();
    assert_eq!(told, [(1, "written", "系统"), (2, "edit", "李明"), (3, "replace", "李明")]);
    assert_eq!((history[1].text.as_str(), history[1].note.as_deref()), (edited.as_str(), Some("补充")));
}

#[tokio::test]
async fn whoever_comes_second_is_told_and_both_texts_stay() {
    let desk = desk(ModelUse::default()).await;
    let id = desk.draft().await;
    let machine = passage(&desk.view(&id).await, "facts")["text"].as_str().unwrap().to_string();
    let (first, second) = (format!("{machine}甲补充。"), format!("{machine}乙补充。"));
    let edit = |text: &str| desk.take(&id, "facts", json!({ "version": 1, "action": "edit", "text": text }));
    let (a, b) = tokio::join!(edit(&first), edit(&second));
    let (won, lost) = if a.is_ok() { (&first, &second) } else { (&second, &first) };
    assert_eq!(u8::from(a.is_ok()) + u8::from(b.is_ok()), 1);
    let told = a.err().or(b.err()).unwrap();
    assert_eq!((told.code.as_str(), told.missing.as_slice()), ("store.stale_version", &["version=2".to_string()][..]));
    let parked = &told.errors.iter().find(|e| e.code == "draft.parked").unwrap().message;
    let history = desk.flow().passage_history(&ask(&desk.officer), &id, "facts").await.unwrap();
    assert_eq!(history.iter().find(|v| v.id == *parked).unwrap().text, *lost);
    assert_eq!(passage(&desk.view(&id).await, "facts")["text"], json!(won));
    assert_eq!(desk.events("draft.conflict").await.len(), 1);
    // Long after, too.
    let late = edit("迟来的文字。").await.unwrap_err();
    assert_eq!(late.code, "store.stale_version");
}

#[tokio::test]
async fn what_the_case_does_not_say_is_named_and_stays_only_with_a_reason() {
    let desk = desk(ModelUse::default()).await;
    let id = desk.draft().await;
    let machine = passage(&desk.view(&id).await, "facts")["text"].as_str().unwrap().to_string();
    let text = format!(
        "{machine}教师王小明于2025年9月12日另收取8000元，共三名学生，依据《民办教育促进法》第十九条，招牌为“青禾班”。"
    );
    let taken = desk.take(&id, "facts", json!({ "version": 1, "action": "edit", "text": text })).await.unwrap();
    for value in ["王小明", "12", "8000", "三名", "第十九条", "青禾班"] {
        assert!(taken.unsupported.iter().any(|u| u.contains(value)), "{value} not in {:?}", taken.unsupported);
    }
    assert!(!taken.unsupported.iter().any(|u| u.contains("46580") || u.contains("37")), "{:?}", taken.unsupported);
    assert!(taken.open.contains(&"facts".to_string()), "nobody vouches for it yet");
    let shown = desk.view(&id).await;
    assert!(shown["draft"]["unsupported"].as_array().unwrap().contains(&json!("8000")));
    for field in &FIELDS[1..] {
        desk.take(&id, field, json!({ "version": 1, "action": "accept" })).await.unwrap();
    }
    let refused = desk.flow().file_draft(&ask(&desk.officer), &id, None).await.unwrap_err();
    assert_eq!(refused.code, "draft.unsupported");
    assert!(refused.basis.is_some() && refused.missing[0].contains("8000"), "{refused:?}");

    let reason = "见补充询问笔录，正在补录";
    let vouched = desk.take(&id, "facts", json!({ "version": 2, "action": "accept", "vouch": reason })).await.unwrap();
    assert_eq!((vouched.treatment.code(), vouched.vouch.as_deref()), ("edited", Some(reason)));
    assert!(vouched.open.is_empty());
    assert_eq!(desk.view(&id).await["draft"]["unsupported"], json!([]));
    // A reason does not cover what comes later.
    let more = text.replace("8000", "9000");
    let again = desk.take(&id, "facts", json!({ "version": 3, "action": "edit", "text": more })).await.unwrap();
    assert_eq!(again.vouch, None);
    desk.take(&id, "facts", json!({ "version": 4, "action": "accept", "vouch": reason })).await.unwrap();
    let filed = desk.flow().file_draft(&ask(&desk.officer), &id, None).await.unwrap();
    assert!(filed.doc_no.is_some());
    let recorded = desk.events("draft.passage_taken").await;
    assert!(recorded.iter().any(|e| e.detail.contains(reason)));
}

#[tokio::test]
async fn what_cannot_be_a_passage_is_refused() {
    let desk = desk(ModelUse::default()).await;
    let id = desk.draft().await;
    let long = "甲".repeat(20_001);
    for (field, take, code) in [
        ("penalty", json!({ "version": 1, "action": "edit", "text": "罚款一元。" }), "draft.field_fixed"),
        ("head", json!({ "version": 1, "action": "accept" }), "draft.field_fixed"),
        ("nothing", json!({ "version": 1, "action": "accept" }), "draft.field_unknown"),
        ("facts", json!({ "version": 1, "action": "edit" }), "draft.text"),
        ("facts", json!({ "version": 1, "action": "edit", "text": " \n\u{200b}" }), "draft.text"),
        ("facts", json!({ "version": 1, "action": "accept", "text": "别的。" }), "draft.text"),
        ("facts", json!({ "version": 1, "action": "replace", "text": "罚款{{amt:罚款}}。" }), "draft.text"),
        ("facts", json!({ "version": 1, "action": "replace", "text": long }), "draft.text"),
        ("facts", json!({ "version": 1, "action": "accept", "vouch": long }), "draft.text"),
    ] {
        assert_eq!(desk.take(&id, field, take.clone()).await.unwrap_err().code, code, "{field} {take}");
    }
    assert_eq!(passage(&desk.view(&id).await, "facts")["version"], json!(1));
    let unknown = desk.flow().start_case_draft(&ask(&desk.officer), &desk.case_no, "nonsense").await.unwrap_err();
    assert_eq!(unknown.code, "prompts.unknown_kind");
}

#[tokio::test]
async fn a_legal_refusal_shows_at_once() {
    let desk = desk(ModelUse::default()).await;
    let mut case = facts();
    case["facts"]["violation"] = json!("xw18");
    let body = json!({ "clue": { "source": "检查", "summary": "" }, "case": case });
    let no = desk.flow().open_case(&ask(&desk.officer), &body.to_string()).await.unwrap().case_no;
    let refused = desk.flow().start_case_draft(&ask(&desk.officer), &no, KIND).await.unwrap_err();
    assert!(refused.code.starts_with("document.refused") && refused.basis.is_some(), "{refused:?}");
    assert!(desk.flow().case_drafts(&desk.officer, &no).await.unwrap().is_empty());
}
