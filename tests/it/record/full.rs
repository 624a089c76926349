//! A full disk: told as such, nothing half written, and everything goes on when there is room again.

use std::path::Path;
use std::process::Command;

use serde_json::json;
use zhicai::domain::attachment::{Attachment, AttachmentKind};
use zhicai::store::attachments::{Attach, Incoming};
use zhicai::store::verify::{Place, Wanted, verify};
use zhicai::store::{self, StoreError, Writer};

use super::chain::event;

const AT: &str = "2026-03-01T10:00:00Z";

async fn fill(writer: &Writer) -> i64 {
    let large = json!({ "text": "满".repeat(4000) });
    for _ in 0..5000 {
        if let Err(e) = writer.commit(event(AT, "case.read").detail(large.clone()), ()).await {
            assert_eq!(e, StoreError::DiskFull);
            assert!(e.to_string().contains("磁盘空间不足"));
            return writer.commit(event(AT, "case.read").detail(large), ()).await.map_or(0, |c| c.seq);
        }
    }
    panic!("the disk did not fill");
}

async fn events(dir: &Path) -> i64 {
    let dir = dir.to_path_buf();
    let found =
        tokio::task::spawn_blocking(move || verify(&Place::of(&dir), &Wanted::default()).unwrap()).await.unwrap();
    assert!(found.ok, "{:#?}", found.faults);
    found.events
}

#[tokio::test]
async fn a_database_that_cannot_grow_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (_, writer) = store::open_within(dir.path(), Some(120)).await.unwrap();
    let mut acknowledged = 1;
    let large = json!({ "text": "满".repeat(4000) });
    loop {
        match writer.commit(event(AT, "case.read").detail(large.clone()), ()).await {
            Ok(c) => acknowledged = c.seq,
            Err(e) => break assert_eq!(e, StoreError::DiskFull),
        }
    }
    assert!(acknowledged > 5);
    assert_eq!(events(dir.path()).await, acknowledged);
    // Reading still works, a change that needs room is refused again, and the last checkpoint may not fit either.
    assert_eq!(writer.commit(event(AT, "case.read").detail(large), ()).await.unwrap_err(), StoreError::DiskFull);
    let _ = writer.close().await;
    let (_, writer) = store::open(dir.path()).await.unwrap();
    assert_eq!(writer.commit(event(AT, "case.read"), ()).await.unwrap().seq, acknowledged + 1);
    writer.close().await.unwrap();
    assert_eq!(events(dir.path()).await, acknowledged + 1);
}

/// A small file system of its own; unmounted at the end.
struct Small(tempfile::TempDir);

impl Small {
    fn new(megabytes: u32) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let size = format!("size={megabytes}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(dir.path()).output();
        mounted.is_ok_and(|o| o.status.success()).then_some(Self(dir))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).output();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_told_and_the_service_goes_on_when_there_is_room() {
    let Some(small) = Small::new(8) else {
        eprintln!("may not mount here: the database alone is tried above");
        return;
    };
    let dir = small.0.path();
    let (reader, writer) = store::open(dir).await.unwrap();
    let ballast = dir.join("ballast");
    std::fs::write(&ballast, vec![0; 3 << 20]).unwrap();

    // A file that does not fit is given up and leaves its room.
    let mut incoming = Incoming::begin(dir).await.unwrap();
    let too_much = loop {
        if let Err(e) = incoming.write(&[b'a'; 1 << 16]).await {
            break e;
        }
        // Written behind: the error may come a piece later.
        if let Err(e) = incoming.written().await {
            break e;
        }
    };
    assert_eq!(too_much, StoreError::DiskFull);
    drop(incoming);
    let mut incoming = Incoming::begin(dir).await.unwrap();
    incoming.write(b"%PDF-1.7 fits").await.unwrap();
    let attachment = Attachment {
        id: "a1".into(),
        sha256: incoming.sha256(),
        size: incoming.size(),
        media_type: "application/pdf".into(),
        name: "合同.pdf".into(),
        kind: AttachmentKind::Evidence,
        case_no: "2026-1".into(),
        uploaded_by: "p1".into(),
        uploaded_at: String::new(),
        evidence_no: None,
    };
    incoming.keep().await.unwrap();
    let at = AT.parse().unwrap();
    let change = Attach { attachment: attachment.clone(), at, case_limit: 1 << 20 };
    writer.commit(event(AT, "attachment.added"), change).await.unwrap();
    // What one case may hold is bounded, too.
    let more = Attachment { id: "a2".into(), size: 1 << 20, ..attachment };
    let change = Attach { attachment: more, at, case_limit: 1 << 20 };
    let refused = writer.commit(event(AT, "attachment.added"), change).await.unwrap_err();
    assert_eq!(refused.code(), "attachment.case_full");

    fill(&writer).await;
    let before = reader.events_after(0, 10_000).await.unwrap().len() as i64;
    assert_eq!(reader.attachments_of("2026-1").await.unwrap().len(), 1);
    std::fs::remove_file(&ballast).unwrap();
    assert_eq!(writer.commit(event(AT, "case.read"), ()).await.unwrap().seq, before + 1);
    assert_eq!(events(dir).await, before + 1);
    writer.close().await.unwrap();
    assert_eq!(events(dir).await, before + 1);
}
