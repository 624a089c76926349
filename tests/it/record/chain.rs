//! Commits, their events, what reopening finds.

use jiff::Timestamp;
use serde_json::json;
use zhicai::domain::process_record::{ActorRef, NOTHING, NewEvent};
use zhicai::store::{self, Answer, Done, Once, StoreError};

pub fn event(at: &str, action: &str) -> NewEvent {
    let at: Timestamp = at.parse().unwrap();
    NewEvent::new(at, ActorRef { id: "p1".into(), name: "张三".into() }, action, "case:1", "cli")
}

#[tokio::test]
async fn events_are_chained_and_a_clock_behind_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let (reader, writer) = store::open(dir.path()).await.unwrap();
    let late = "2999-03-01T10:00:00Z";
    let first = writer.commit(event(late, "case.moved").case("2026-1").version(2), ()).await.unwrap();
    let second = writer.commit(event("2999-03-01T09:59:00Z", "case.moved").detail(json!({"a": 1})), ()).await.unwrap();
    assert_eq!((first.seq, second.seq), (2, 3));
    let events = reader.events_after(0, 10).await.unwrap();
    assert_eq!(events.len(), 3);
    assert_eq!(events[0].action, "record.started");
    assert_eq!(events[0].prev, NOTHING);
    for pair in events.windows(2) {
        assert_eq!(pair[1].prev, pair[0].hash);
        assert!(pair[1].at >= pair[0].at);
    }
    assert!(events.iter().all(|e| e.hash == e.computed_hash()));
    assert_eq!(events[2].at, events[1].at);
    assert_eq!(events[2].detail()["clock_behind_seconds"], 60);
    assert_eq!(events[1].detail(), json!({}));
    writer.close().await.unwrap();
    assert_eq!(writer.commit(event(late, "x.y"), ()).await.unwrap_err(), StoreError::Closed);
    let (reader, writer) = store::open(dir.path()).await.unwrap();
    assert_eq!(writer.commit(event(late, "case.moved"), ()).await.unwrap().seq, 4);
    assert_eq!(reader.events_of_case("2026-1").await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_repeated_request_gets_the_stored_answer() {
    let dir = tempfile::tempdir().unwrap();
    let (reader, writer) = store::open(dir.path()).await.unwrap();
    let once = |key: &str, digest: &str| Once { actor_id: "p1".into(), key: key.into(), digest: digest.into() };
    let ask = |o: Once| {
        writer.commit_once(o, event("2026-03-01T10:00:00Z", "case.made"), (), |c| Answer {
            status: 201,
            body: format!("{{\"seq\":{}}}", c.seq),
        })
    };
    let Done::Fresh { committed, answer } = ask(once("k", "d")).await.unwrap() else { panic!("not fresh") };
    assert_eq!((committed.seq, answer.status), (2, 201));
    assert_eq!(ask(once("k", "d")).await.unwrap(), Done::Repeated(answer));
    assert_eq!(ask(once("k", "other")).await.unwrap_err(), StoreError::KeyReused);
    assert_eq!(reader.events_after(0, 10).await.unwrap().len(), 2);
}
