//! What verifying finds beyond single changes, and what only something kept elsewhere can show.

use std::fs;
use std::path::Path;

use sqlx::{Connection, Executor};
use zhicai::domain::process_record::ExportedCheckpoint;
use zhicai::flow::record;
use zhicai::store;
use zhicai::store::verify::{Place, Verified, Wanted, verify};

use super::chain::event;
use super::tamper::{open, without_triggers};
use super::world::copy_record;

async fn look(dir: &Path, wanted: Wanted) -> Verified {
    let dir = dir.to_path_buf();
    tokio::task::spawn_blocking(move || verify(&Place::of(&dir), &wanted).unwrap()).await.unwrap()
}

fn codes(found: &Verified) -> Vec<&'static str> {
    found.faults.iter().map(|f| f.code).collect()
}

/// A record with that many events after its first.
async fn with_events(dir: &Path, n: usize, action: &str) {
    let (_, writer) = store::open(dir).await.unwrap();
    for _ in 0..n {
        writer.commit(event("2026-03-01T10:00:00Z", action).case("2026-1"), ()).await.unwrap();
    }
    writer.close().await.unwrap();
}

fn kept(checkpoint: &ExportedCheckpoint) -> Wanted {
    Wanted { key: None, checkpoints: vec![checkpoint.clone()] }
}

#[tokio::test]
async fn a_record_is_whole_while_it_is_written_to() {
    let dir = tempfile::tempdir().unwrap();
    let (_, writer) = store::open(dir.path()).await.unwrap();
    let writing = tokio::spawn(async move {
        for n in 0..400 {
            // Some of the clocks are wrong.
            let at = if n % 7 == 0 { "2026-03-01T09:00:00Z" } else { "2026-03-01T10:00:00Z" };
            writer.commit(event(at, "case.read"), ()).await.unwrap();
        }
        writer
    });
    let mut sizes = vec![];
    while !writing.is_finished() {
        let found = look(dir.path(), Wanted::default()).await;
        assert!(found.ok, "{:#?}", found.faults);
        sizes.push(found.events);
    }
    writing.await.unwrap().close().await.unwrap();
    assert!(sizes.windows(2).all(|p| p[0] <= p[1]));
    let found = look(dir.path(), Wanted::default()).await;
    assert!(found.ok && found.events == 401 && found.checkpoints >= 4, "{found:#?}");
    // Nothing from elsewhere was given: that is said.
    assert_eq!(found.warnings.len(), 1);
}

#[tokio::test]
async fn what_was_done_to_the_schema_is_found() {
    let changes = [
        ("DROP TRIGGER events_no_delete", "schema.missing"),
        ("CREATE TRIGGER lie AFTER INSERT ON events BEGIN SELECT 1; END", "schema.added"),
        ("CREATE VIEW later AS SELECT * FROM events", "schema.added"),
        ("ALTER TABLE people ADD COLUMN more TEXT", "schema.changed"),
        ("DROP INDEX events_case", "schema.missing"),
        ("UPDATE schema_versions SET sha256 = 'x' WHERE version = 1", "schema.versions"),
        ("DELETE FROM schema_versions WHERE version = 1", "schema.versions"),
    ];
    let original = tempfile::tempdir().unwrap();
    with_events(original.path(), 3, "case.read").await;
    for (change, code) in changes {
        let dir = tempfile::tempdir().unwrap();
        copy_record(original.path(), dir.path());
        let mut conn = open(&dir.path().join("zhicai.db")).await;
        conn.execute(change).await.unwrap();
        conn.close().await.unwrap();
        let found = look(dir.path(), Wanted::default()).await;
        assert!(!found.ok && codes(&found).contains(&code), "{change}: {:#?}", found.faults);
    }
    // What the database makes for itself is no fault.
    let mut conn = open(&original.path().join("zhicai.db")).await;
    conn.execute("ANALYZE").await.unwrap();
    conn.close().await.unwrap();
    let found = look(original.path(), Wanted::default()).await;
    assert!(found.ok, "{:#?}", found.faults);
}

#[tokio::test]
async fn a_flipped_bit_of_the_file_is_found_or_changes_nothing() {
    let original = tempfile::tempdir().unwrap();
    with_events(original.path(), 20, "case.read").await;
    let bytes = fs::read(original.path().join("zhicai.db")).unwrap();
    let before = look(original.path(), Wanted::default()).await;
    let mut found_some = 0;
    for n in 0..60 {
        let dir = tempfile::tempdir().unwrap();
        copy_record(original.path(), dir.path());
        let mut changed = bytes.clone();
        // Most of a small database is empty pages.
        let written: Vec<usize> = (100..bytes.len()).filter(|i| bytes[*i] != 0).collect();
        let at = written[(n * 7919 + n * n * 31) % written.len()];
        changed[at] ^= 1 << (n % 8);
        fs::write(dir.path().join("zhicai.db"), &changed).unwrap();
        let place = Place::of(dir.path());
        let looked = tokio::task::spawn_blocking(move || verify(&place, &Wanted::default())).await.unwrap();
        match looked {
            // Unused room in a page: everything read is as it was.
            Ok(found) if found.ok => assert_eq!((&found.root, found.events), (&before.root, before.events), "{at}"),
            _ => found_some += 1,
        }
    }
    assert!(found_some > 10, "{found_some}");
}

#[tokio::test]
async fn a_record_made_anew_with_another_key_is_not_the_one_that_was_kept() {
    let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    with_events(old.path(), 5, "case.read").await;
    with_events(new.path(), 9, "case.read").await;
    let checkpoint = record::checkpoint_of(old.path(), None).await.unwrap();
    assert!(look(old.path(), kept(&checkpoint)).await.ok);
    let pinned = |key: &str| Wanted { key: Some(key.into()), checkpoints: vec![] };
    assert!(look(old.path(), pinned(&checkpoint.public_key)).await.ok);
    assert!(look(new.path(), Wanted::default()).await.ok, "by itself nothing shows");
    let found = look(new.path(), kept(&checkpoint)).await;
    assert!(!found.ok && found.confirmed.is_empty());
    assert!(codes(&found).contains(&"exported.record") && codes(&found).contains(&"key.differs"), "{found:#?}");
    let found = look(new.path(), pinned(&checkpoint.public_key)).await;
    assert!(!found.ok && codes(&found).contains(&"event.signature"), "{:#?}", found.faults);
    // The key file of another record lies beside it.
    fs::copy(new.path().join("record.key"), old.path().join("record.key")).unwrap();
    let found = look(old.path(), Wanted::default()).await;
    assert_eq!(codes(&found), ["key.file"]);
}

#[tokio::test]
async fn who_has_the_key_can_rewrite_everything_but_a_checkpoint_that_was_kept() {
    let (dir, earlier) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    with_events(dir.path(), 5, "case.read").await;
    let first = record::checkpoint_of(dir.path(), None).await.unwrap();
    copy_record(dir.path(), earlier.path());
    with_events(dir.path(), 5, "decision.made").await;
    let second = record::checkpoint_of(dir.path(), Some(&first)).await.unwrap();
    assert!(second.continues(&first.checkpoint));
    let both = Wanted { key: None, checkpoints: vec![first.clone(), second.clone()] };
    assert_eq!(look(dir.path(), both).await.confirmed, [first.checkpoint.size, second.checkpoint.size]);
    // The earlier state is put back and another history written with the same key.
    with_events(earlier.path(), 20, "case.read").await;
    assert!(look(earlier.path(), kept(&first)).await.ok);
    let found = look(earlier.path(), kept(&second)).await;
    assert!(codes(&found).contains(&"exported.root") && codes(&found).contains(&"exported.last_hash"), "{found:#?}");
    let refused = record::checkpoint_of(earlier.path(), Some(&second)).await.unwrap_err();
    assert_eq!(refused.code, "record.rewritten");
    // Or simply put back.
    let shorter = tempfile::tempdir().unwrap();
    copy_record(dir.path(), shorter.path());
    let mut conn = open(&shorter.path().join("zhicai.db")).await;
    without_triggers(&mut conn).await;
    conn.close().await.unwrap();
    fs::remove_file(shorter.path().join("zhicai.db")).unwrap();
    with_events(shorter.path(), 2, "case.read").await;
    let found = look(shorter.path(), kept(&second)).await;
    assert!(codes(&found).contains(&"exported.beyond"), "{found:#?}");
}

#[tokio::test]
async fn without_a_record_there_is_nothing_to_verify() {
    let dir = tempfile::tempdir().unwrap();
    let refused = record::verify(dir.path(), &Wanted::default()).unwrap_err();
    assert_eq!((refused.code.as_str(), refused.exit_code()), ("record.none", 3));
    let bad = Wanted { key: Some("00ff".into()), checkpoints: vec![] };
    with_events(dir.path(), 1, "case.read").await;
    assert_eq!(record::verify(dir.path(), &bad).unwrap_err().exit_code(), 2);
}
