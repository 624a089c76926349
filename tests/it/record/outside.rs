//! What an outside body takes away, and what it can check with it and without us.

use std::process::Command;

use serde_json::{Value, json};
use zhicai::domain::process_record::{ExportedCheckpoint, InclusionProof};
use zhicai::flow::record::{self, Exported, check, read_checkpoint, read_exported};

use super::world::World;

fn exported(value: &Value) -> Exported {
    read_exported(&value.to_string()).unwrap()
}

fn checkpoint(value: &Value) -> ExportedCheckpoint {
    read_checkpoint(&value.to_string()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checkpoint_and_a_proof_hold_by_themselves_and_against_each_other() {
    let world = World::new().await;
    let first = world.get(&world.head, "/api/v1/record/checkpoint").await.json();
    let old = checkpoint(&first);
    assert!(check(&exported(&first), &[], None).ok);
    assert!(check(&exported(&first), &[], Some(&old.public_key)).ok);
    assert!(!check(&exported(&first), &[], Some(&"0".repeat(64))).ok);

    // The event that registered the case, for somebody who may see it.
    let events = world.get(&world.officer, &format!("/api/v1/cases/{}/record", world.case_no)).await.json();
    let seq = events["events"][0]["seq"].as_i64().unwrap();
    let path = format!("/api/v1/record/events/{seq}/proof");
    let proof = world.get(&world.supervisor, &path).await.json();
    assert_eq!(proof["event"]["action"], "case.opened");
    let against_later = check(&exported(&proof), std::slice::from_ref(&old), None);
    assert!(!against_later.ok && against_later.faults[0].contains("连续性"), "{against_later:?}");
    // Against the checkpoint that was kept, from the data directory alone.
    let kept = record::prove(world.dir(), seq, Some(old.clone())).await.unwrap();
    let kept = serde_json::to_value(&kept).unwrap();
    assert!(check(&exported(&kept), std::slice::from_ref(&old), None).ok);

    for (place, value) in [
        ("/event/actor_name", json!("别人")),
        ("/event/detail", json!("{}")),
        ("/event/seq", json!(seq + 1)),
        ("/event/signature", proof["checkpoint"]["signature"].clone()),
        ("/path/0", json!("ab".repeat(32))),
        ("/path", json!([])),
        ("/checkpoint/root", json!("ab".repeat(32))),
        ("/checkpoint/size", json!(proof["checkpoint"]["size"].as_i64().unwrap() + 1)),
        ("/checkpoint/at", json!("2026-01-01T00:00:00.000+08:00")),
        ("/public_key", json!("ab".repeat(32))),
    ] {
        let mut changed = proof.clone();
        *changed.pointer_mut(place).unwrap() = value;
        assert!(!check(&exported(&changed), &[], None).ok, "{place}");
    }

    // A later checkpoint with the proof that it continues the first.
    let since = format!("/api/v1/record/checkpoint?since={}", old.checkpoint.size);
    let later = world.get(&world.admin, &since).await.json();
    assert!(later["checkpoint"]["size"].as_i64() > Some(old.checkpoint.size));
    assert!(check(&exported(&later), std::slice::from_ref(&old), None).ok);
    let mut broken = later.clone();
    broken["consistency"]["path"][0] = json!("ab".repeat(32));
    assert!(!check(&exported(&broken), std::slice::from_ref(&old), None).ok);
    let mut other = old.clone();
    other.checkpoint.root = "ab".repeat(32);
    assert!(!check(&exported(&later), &[other], None).ok, "a checkpoint that nobody signed");

    for wrong in ["", "{}", "[1]", r#"{"format":"zhicai-checkpoint-1"}"#, r#"{"format":"x"}"#] {
        assert_eq!(read_exported(wrong).unwrap_err().exit_code(), 2, "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_interface_verifies_and_shows_no_event_of_a_case_out_of_sight() {
    let world = World::new().await;
    let kept = world.get(&world.supervisor, "/api/v1/record/checkpoint").await.json();
    let body = json!({ "key": kept["public_key"], "checkpoints": [kept] });
    let found = world.post(&world.admin, "/api/v1/record/verify", &body).await;
    assert_eq!(found.status, 200);
    let found = found.json();
    assert_eq!((&found["ok"], &found["confirmed"][0]), (&json!(true), &kept["checkpoint"]["size"]), "{found}");
    let empty = world.send(&world.head, axum::http::Request::post("/api/v1/record/verify"), "").await;
    assert_eq!(empty.json()["ok"], true);
    let bad = world.post(&world.head, "/api/v1/record/verify", &json!({ "key": "xyz" })).await;
    assert_eq!((bad.status.as_u16(), bad.code().as_str()), (400, "record.bad_key"));

    let events = world.get(&world.officer, &format!("/api/v1/cases/{}/record", world.case_no)).await.json();
    let seq = events["events"][0]["seq"].as_i64().unwrap();
    let proof = format!("/api/v1/record/events/{seq}/proof");
    // By that role alone a manager of people sees no case.
    assert_eq!(world.get(&world.admin, &proof).await.status, 404);
    assert_eq!(world.get(&world.admin, "/api/v1/record/events/1/proof").await.status, 200);
    assert_eq!(world.get(&world.head, "/api/v1/record/events/99999/proof").await.status, 404);
    assert_eq!(world.get(&world.head, "/api/v1/record/events/0/proof").await.status, 404);
    assert_eq!(world.get(&world.head, "/api/v1/record/events/x/proof").await.status, 400);
    assert_eq!(world.get(&world.head, "/api/v1/record/checkpoint?since=99999").await.status, 404);
    for path in [&proof, "/api/v1/record/checkpoint"] {
        assert_eq!(world.get(&world.officer, path).await.status, 403, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_recipe_of_the_documentation_is_all_that_is_needed() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("no python3 here: not tried");
        return;
    }
    let world = World::new().await;
    world.upload(&world.officer, "照片.png", super::world::PNG).await;
    world.service.flow.close_store().await.unwrap();
    let checkpoint = record::checkpoint_of(world.dir(), None).await.unwrap();
    let proof: InclusionProof = record::prove(world.dir(), 3, None).await.unwrap();
    let put = |name: &str, text: String| {
        let path = world.dir().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/record/outside.py");
    let ran = Command::new("python3")
        .arg(script)
        .arg(world.dir().join("zhicai.db"))
        .arg(put("checkpoint.json", serde_json::to_string(&checkpoint).unwrap()))
        .arg(put("proof.json", serde_json::to_string(&proof).unwrap()))
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let told = String::from_utf8(ran.stdout).unwrap();
    let (events, checked) = told.trim().split_once(' ').unwrap();
    assert_eq!(events, checkpoint.checkpoint.size.to_string());
    // Every event and the checkpoint, where the package for it is there.
    assert!(checked == "0" || checked == (checkpoint.checkpoint.size + 1).to_string(), "{told}");
}
