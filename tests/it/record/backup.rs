//! A copy of one moment, and the way back.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use zhicai::error::Result;
use zhicai::flow::record::{self, Backup, Restored, Wanted};
use zhicai::store::{self, StoreError};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::chain::event;
use super::world::{PDF, PNG, World};

async fn back_up(dir: &Path, out: &Path, with_key: bool) -> Result<Backup> {
    let (dir, out) = (dir.to_path_buf(), out.to_path_buf());
    tokio::task::spawn_blocking(move || record::back_up(&dir, &out, with_key)).await.unwrap()
}

async fn restore(from: &Path, dir: &Path, force: bool) -> Result<Restored> {
    let (from, dir) = (from.to_path_buf(), dir.to_path_buf());
    tokio::task::spawn_blocking(move || record::restore(&from, &dir, force, &Wanted::default())).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_made_while_others_write_comes_back_whole() {
    let world = World::new().await;
    for (name, content) in [("照片.png", PNG), ("合同.pdf", PDF)] {
        assert_eq!(world.upload(&world.officer, name, content).await.status, 201);
    }
    fs::create_dir_all(world.dir().join("rules/proposals")).unwrap();
    fs::write(world.dir().join("rules/proposals/本局.toml"), "x = 1").unwrap();
    let away = tempfile::tempdir().unwrap();
    let path = format!("/api/v1/cases/{}", world.case_no);
    for out in ["a.zip", "folder"] {
        let out = away.path().join(out);
        let writing = async {
            for n in 0..60u32 {
                assert_eq!(world.get(&world.head, &path).await.status, 200);
                if n % 10 == 0 {
                    world.upload(&world.officer, "页.txt", format!("第{n}页 {out:?}").as_bytes()).await;
                }
            }
        };
        let (made, ()) = tokio::join!(back_up(world.dir(), &out, true), writing);
        let made = made.unwrap();
        assert!(made.verified.ok && made.verified.files >= 2, "{made:#?}");
        assert_eq!(back_up(world.dir(), &out, true).await.unwrap_err().code, "store.exists");
        let goal = away.path().join("restored").join(out.file_name().unwrap());
        let restored = restore(&out, &goal, false).await.unwrap();
        assert!(restored.verified.ok && restored.has_key && restored.moved_aside.is_none(), "{restored:#?}");
        assert_eq!(restored.verified.last_hash, made.verified.last_hash);
        assert_eq!(fs::read_to_string(goal.join("rules/proposals/本局.toml")).unwrap(), "x = 1");
        assert!(!fs::read_dir(&away).unwrap().flatten().any(|e| e.file_name().to_string_lossy().starts_with('.')));
        // And goes on where it stood.
        let (reader, writer) = store::open(&goal).await.unwrap();
        let next = writer.commit(event("2999-01-01T00:00:00Z", "case.read"), ()).await.unwrap();
        assert_eq!(next.seq, made.verified.events + 1);
        assert!(reader.attachments_of(&world.case_no).await.unwrap().len() >= 2);
        writer.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_there_is_not_written_over() {
    let world = World::new().await;
    let away = tempfile::tempdir().unwrap();
    let out = away.path().join("b.zip");
    back_up(world.dir(), &out, false).await.unwrap();
    let goal = away.path().join("data");
    fs::create_dir(&goal).unwrap();
    fs::write(goal.join("mine"), "mine").unwrap();
    let refused = restore(&out, &goal, false).await.unwrap_err();
    assert_eq!((refused.code.as_str(), refused.exit_code()), ("restore.not_empty", 2));
    assert_eq!(fs::read_to_string(goal.join("mine")).unwrap(), "mine");
    let restored = restore(&out, &goal, true).await.unwrap();
    assert_eq!(fs::read_to_string(restored.moved_aside.unwrap().join("mine")).unwrap(), "mine");
    assert!(!goal.join("mine").exists() && !restored.has_key);
    // Without the key nothing is written, and the message says what to do.
    assert!(matches!(store::open(&goal).await, Err(StoreError::NoKey(_))));
    fs::copy(world.dir().join("record.key"), goal.join("record.key")).unwrap();
    let (_, writer) = store::open(&goal).await.unwrap();
    writer.close().await.unwrap();
}

/// The members of a backup, changed and packed again.
fn repacked(from: &Path, to: &Path, change: impl FnOnce(&mut Vec<(String, Vec<u8>)>)) {
    let mut archive = ZipArchive::new(fs::File::open(from).unwrap()).unwrap();
    let mut members = vec![];
    for i in 0..archive.len() {
        let mut member = archive.by_index(i).unwrap();
        let (name, mut bytes) = (member.name().unwrap().to_string(), vec![]);
        member.read_to_end(&mut bytes).unwrap();
        members.push((name, bytes));
    }
    change(&mut members);
    let mut zip = ZipWriter::new(fs::File::create(to).unwrap());
    for (name, bytes) in members {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(&bytes).unwrap();
    }
    zip.finish().unwrap();
}

fn manifest_of(members: &mut [(String, Vec<u8>)]) -> &mut Vec<u8> {
    &mut members.iter_mut().find(|(name, _)| name == "manifest.json").unwrap().1
}

fn in_manifest(members: &mut [(String, Vec<u8>)], change: impl FnOnce(&mut serde_json::Value)) {
    let bytes = manifest_of(members);
    let mut manifest: serde_json::Value = serde_json::from_slice(bytes).unwrap();
    change(&mut manifest);
    *bytes = serde_json::to_vec(&manifest).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_not_trusted() {
    let world = World::new().await;
    world.upload(&world.officer, "合同.pdf", PDF).await;
    let away = tempfile::tempdir().unwrap();
    let good = away.path().join("good.zip");
    back_up(world.dir(), &good, true).await.unwrap();
    type Change = Box<dyn FnOnce(&mut Vec<(String, Vec<u8>)>)>;
    let change = |f: fn(&mut Vec<(String, Vec<u8>)>)| -> Change { Box::new(f) };
    let cases: Vec<(&str, Change)> = vec![
        ("restore.changed", change(|m| m[0].1[5000] ^= 1)),
        ("restore.missing", change(|m| m.retain(|(name, _)| !name.starts_with("attachments")))),
        ("restore.not_a_backup", change(|m| m.retain(|(name, _)| name != "manifest.json"))),
        ("restore.manifest", change(|m| m.push(("extra.txt".into(), b"x".to_vec())))),
        ("restore.manifest", change(|m| *manifest_of(m) = b"{".to_vec())),
        ("restore.manifest", change(|m| in_manifest(m, |v| v["format"] = "zhicai-backup-9".into()))),
        ("restore.unsafe_name", change(|m| in_manifest(m, |v| v["files"][0]["path"] = "../../zhicai.db".into()))),
        ("restore.unsafe_name", change(|m| in_manifest(m, |v| v["files"][0]["path"] = "/etc/cron.d/x".into()))),
        ("restore.bomb", change(|m| in_manifest(m, |v| v["files"][0]["size"] = (1u64 << 50).into()))),
        ("restore.changed", change(|m| in_manifest(m, |v| v["files"][0]["size"] = 10.into()))),
        // A manifest made to fit a record that was changed.
        (
            "restore.record_broken",
            change(|m| {
                // Wherever it stands: a page may hold what was there before, too.
                for place in 0..m[0].1.len() - 14 {
                    if m[0].1[place..].starts_with(b"record.started") {
                        m[0].1[place] = b'R';
                    }
                }
                let sha256 = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&m[0].1));
                in_manifest(m, |v| v["files"][0]["sha256"] = sha256.into());
            }),
        ),
    ];
    for (n, (code, change)) in cases.into_iter().enumerate() {
        let (bad, goal) = (away.path().join(format!("{n}.zip")), away.path().join(format!("goal{n}")));
        repacked(&good, &bad, change);
        let refused = restore(&bad, &goal, false).await.unwrap_err();
        assert_eq!((refused.code.as_str(), refused.exit_code()), (code, 2), "{n} {refused}");
        assert!(!goal.exists(), "{n}");
    }
    fs::write(away.path().join("no.zip"), "no zip").unwrap();
    let refused = restore(&away.path().join("no.zip"), &away.path().join("x"), false).await.unwrap_err();
    assert_eq!(refused.code, "restore.not_a_backup");
    let left = fs::read_dir(&away).unwrap().flatten().any(|e| e.file_name().to_string_lossy().starts_with('.'));
    assert!(!left, "nothing half restored is left");
    assert!(restore(&good, &away.path().join("fine"), false).await.unwrap().verified.ok);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_record_is_backed_up_as_it_is_and_told() {
    let world = World::new().await;
    world.upload(&world.officer, "合同.pdf", PDF).await;
    let sha256 = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(PDF));
    fs::remove_file(world.dir().join("attachments").join(&sha256[..2]).join(&sha256)).unwrap();
    let away = tempfile::tempdir().unwrap();
    let out = away.path().join("b.zip");
    let made = back_up(world.dir(), &out, true).await.unwrap();
    assert!(!made.verified.ok && made.verified.faults[0].code == "file.missing", "{made:#?}");
    assert!(out.exists());
    assert_eq!(restore(&out, &away.path().join("x"), false).await.unwrap_err().code, "restore.record_broken");
    let nothing = tempfile::tempdir().unwrap();
    assert_eq!(back_up(nothing.path(), &away.path().join("c"), true).await.unwrap_err().exit_code(), 3);
}
