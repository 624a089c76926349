//! The real pip, from a folder of wheels and from addresses where nothing answers; no network is used.

use std::fs;

use super::support::{NO_HOOKS, Site};
use zhicai::setup::pip::{Fetcher, PipFetcher};
use zhicai::setup::{Action, Tools, ensure_with};

/// pip is one of the three things the README asks for, so its absence fails here instead of hiding a test.
fn pip(extra: &[&str]) -> PipFetcher {
    let mut pip = PipFetcher::default();
    assert!(pip.is_available(), "these tests need Python's pip");
    pip.extra = extra.iter().map(Into::into).collect();
    pip
}

#[test]
fn model_comes_through_pip_from_a_folder() {
    let site = Site::new();
    let wheels = site.fetcher.dir.display().to_string();
    let fetcher = pip(&["--no-index", "--find-links", &wheels]);
    let tools = Tools { fetcher: &fetcher, ..site.tools() };
    let report = ensure_with(&site.plan(), &NO_HOOKS, &tools).unwrap();
    assert_eq!(report.model.action, Action::Fetched);
    assert_eq!(fs::read(site.model_path()).unwrap(), site.content);
}

#[test]
fn package_that_is_not_there_is_told_from_a_network_that_is_down() {
    let site = Site::new();
    let wheels = site.fetcher.dir.display().to_string();
    let dir = site.root.path().join("dest");
    fs::create_dir(&dir).unwrap();
    let absent = pip(&["--no-index", "--find-links", &wheels]).fetch("zc-test-part9", "0.1.0", &dir, &|_| {});
    let absent = absent.unwrap_err();
    assert_eq!(absent.code(), "setup.package_not_found");
    assert!(absent.to_string().contains("zc-test-part9"), "{absent}");

    // Port 1 of this machine: refused at once. pip says so when it tries again, as it does unless told not to.
    let down = pip(&["--isolated", "--index-url", "http://127.0.0.1:1/simple", "--retries", "1", "--timeout", "2"]);
    let down = down.fetch("zc-test-part9", "0.1.0", &dir, &|_| {}).unwrap_err();
    assert_eq!(down.code(), "setup.network", "{down}");
    assert_eq!(down.exit_code(), 3);
}

#[test]
fn pip_that_is_missing_or_broken_is_told() {
    let site = Site::new();
    let run = |fetcher: PipFetcher| {
        let tools = Tools { fetcher: &fetcher, ..site.tools() };
        ensure_with(&site.plan(), &NO_HOOKS, &tools).unwrap_err()
    };
    let missing = run(PipFetcher::with_programs(vec![vec!["zc-no-such-program".into(), "pip".into()]]));
    assert_eq!(missing.code(), "setup.pip_missing");
    assert!(missing.to_string().contains("zc-no-such-program pip"), "{missing}");
    site.assert_nothing_half_written();

    let mut broken = pip(&["--no-such-option"]);
    broken.extra.push("--really-not".into());
    let broken = run(broken);
    assert_eq!(broken.code(), "setup.pip_failed");
    assert!(broken.to_string().contains("no such option"), "{broken}");
}
