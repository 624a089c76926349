//! The service dies while it writes: the next one goes on with the field that was not saved, and writes none twice.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::runtime::Runtime;
use zhicai::flow::jobs::JobEvent;
use zhicai::flow::{Flow, ModelUse};

use super::*;
use crate::remote::{Got, OK, delta, end, scripted, settings};

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// A model that writes each sentence as its material has it; it answers only so many requests, then never again.
pub(super) fn model(answers: usize) -> (ModelUse, Got) {
    let (address, got) = scripted(move |n, body, out| {
        if n > answers {
            std::thread::sleep(Duration::from_secs(3600));
        }
        let body: Value = serde_json::from_str(body).unwrap();
        let asked = body["messages"].as_array().unwrap().last().unwrap()["content"].as_str().unwrap();
        let point = asked.trim().rsplit(['\n', '：']).next().unwrap();
        let _ = out.write_all(format!("{OK}{}{}", delta(point), end("stop")).as_bytes());
    });
    (ModelUse { id: Some("m".into()), path: None, remote: Some(settings(address, 60)) }, got)
}

/// Waits until the draft has that many passages.
async fn saved(desk: &Desk, id: &str, count: usize) -> Value {
    for _ in 0..800 {
        let now = desk.view(id).await;
        let written = now["draft"]["passages"].as_array().unwrap().iter().filter(|p| p["written"] == true).count();
        if written >= count {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("no passage was saved");
}

#[test]
fn after_a_crash_the_next_unsaved_field_is_written() {
    let first = runtime();
    // The facts are two sentences.
    let (slow, _) = model(2);
    let (desk, id, before) = first.block_on(async {
        let desk = desk(slow).await;
        desk.flow().start_runner();
        let id = desk.flow().start_case_draft(&ask(&desk.officer), &desk.case_no, KIND).await.unwrap().id;
        let before = saved(&desk, &id, 1).await;
        (desk, id, before)
    });
    assert_eq!(before["status"], "running");
    assert_eq!(passage(&before, "facts")["model"], "m");
    assert_eq!(passage(&before, "evidence_analysis")["written"], json!(false));
    // Not a stop: everything in flight is gone, as if the power was cut.
    first.shutdown_background();

    let second = runtime();
    second.block_on(async {
        let (quick, got) = model(usize::MAX);
        let flow = Arc::new(Flow::open(desk.service.flow.settings(), quick).unwrap());
        let unfinished = view(&flow, &desk.officer, &id).await.unwrap();
        assert_eq!(
            (&unfinished["status"], passage(&unfinished, "facts")),
            (&json!("running"), passage(&before, "facts"))
        );
        flow.start_runner();
        flow.start_runner();
        let done = written(&flow, &desk.officer, &id).await;
        assert_eq!(done["status"], "done", "{done}");
        assert_eq!(passage(&done, "facts"), passage(&before, "facts"));
        assert_eq!((&done["draft"]["fallbacks"], &done["draft"]["unsupported"]), (&json!([]), &json!([])));
        let asked: String = got.lock().unwrap().iter().map(|(_, body)| body.clone()).collect();
        assert!(!asked.is_empty() && !asked.contains("未取得办学许可证"), "the facts were written before");

        let record = flow.case_record(&ask(&desk.officer), &desk.case_no).await.unwrap();
        let fields: Vec<String> = record
            .iter()
            .filter(|e| e.action == "draft.passage_written")
            .map(|e| e.detail()["field"].as_str().unwrap().to_string())
            .collect();
        assert_eq!(fields, FIELDS);
        for event in record.iter().filter(|e| e.action == "draft.passage_written") {
            let detail = event.detail();
            for key in ["model", "prompt_sha256", "output_sha256", "sources", "material_sha256"] {
                assert!(!detail[key].is_null(), "{key} in {detail}");
            }
            assert_eq!(event.actor_id, "system");
        }
        let resumed = record.iter().find(|e| e.action == "draft.resumed").unwrap();
        assert_eq!(resumed.detail()["saved"], json!(["facts"]));
        let history = flow.passage_history(&ask(&desk.officer), &id, "facts").await.unwrap();
        assert_eq!(history.len(), 1);
        flow.close_store().await.unwrap();
    });
}

#[test]
fn what_was_cut_off_between_draft_and_document_is_settled_at_the_next_start() {
    use zhicai::domain::process_record::{ActorRef, NewEvent};
    use zhicai::store::drafts::BeginFiling;
    let runtime = runtime();
    runtime.block_on(async {
        let desk = desk(ModelUse::default()).await;
        let id = desk.draft().await;
        desk.accept_all(&id).await;
        let version = desk.view(&id).await["version"].as_i64().unwrap();
        // As a crash right after the draft was closed leaves it.
        let (_, writer) = zhicai::store::open(desk.service.data.path()).await.unwrap();
        let event = NewEvent::new(jiff::Timestamp::now(), ActorRef::system(), "draft.filing", "", "system");
        writer.commit(event, BeginFiling { id: id.clone(), version, numbering: None }).await.unwrap();
        assert_eq!(desk.view(&id).await["status"], "filing");
        let edit = desk.take(&id, "facts", json!({ "version": 2, "action": "accept" })).await.unwrap_err();
        assert_eq!(edit.code, "draft.filing");
        let flow = Arc::new(Flow::open(desk.service.flow.settings(), ModelUse::default()).unwrap());
        flow.start_runner();
        for _ in 0..400 {
            if view(&flow, &desk.officer, &id).await.unwrap()["status"] == "done" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        let filed = flow.file_draft(&ask(&desk.officer), &id, None).await.unwrap();
        assert!(filed.doc_no.is_some());
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_can_be_stopped_and_does_not_come_back() {
    let (slow, _) = model(2);
    let desk = desk(slow).await;
    desk.flow().start_runner();
    let id = desk.flow().start_case_draft(&ask(&desk.officer), &desk.case_no, KIND).await.unwrap().id;
    let second = desk.flow().start_case_draft(&ask(&desk.officer), &desk.case_no, KIND).await.unwrap_err();
    assert_eq!(second.code, "draft.in_progress");
    let mut events = desk.flow().draft_stream(Some(&ask(&desk.officer)), &id).await.unwrap();
    saved(&desk, &id, 1).await;
    let early = desk.take(&id, "facts", json!({ "version": 1, "action": "accept" })).await.unwrap_err();
    assert_eq!(early.code, "draft.not_ready");
    desk.flow().cancel_any_draft(Some(&ask(&desk.officer)), &id).await.unwrap();
    let mut last = None;
    let watching = async {
        while let Some(event) = tokio_stream::StreamExt::next(&mut events).await {
            last = Some(event);
        }
    };
    tokio::time::timeout(Duration::from_secs(20), watching).await.unwrap();
    assert!(matches!(&last, Some(JobEvent::Failed(r)) if r.code == "draft.cancelled"), "{last:?}");
    assert_eq!(desk.view(&id).await["status"], "cancelled");
    let again = desk.flow().cancel_case_draft(&ask(&desk.officer), &id).await.unwrap_err();
    assert_eq!(again.code, "draft.cancelled");
    // Who comes later hears the end at once.
    let mut late = desk.flow().draft_stream(Some(&ask(&desk.officer)), &id).await.unwrap();
    let told = tokio::time::timeout(Duration::from_secs(5), tokio_stream::StreamExt::next(&mut late)).await.unwrap();
    assert!(matches!(told, Some(JobEvent::Failed(_))), "{told:?}");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(desk.view(&id).await["status"], "cancelled");
    assert_eq!(desk.events("draft.passage_written").await.len(), 1);
    desk.flow().stop();
}
