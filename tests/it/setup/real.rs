//! The real thing, over the network; run by hand: `cargo test --test it setup::real -- --ignored --nocapture`.
//! `ZHICAI_CACHE` says where to, `ZHICAI_MODEL` which model.

use std::path::PathBuf;

use super::support::NO_HOOKS;
use zhicai::models::manifest::{ModelChoice, default_model};
use zhicai::setup::{ModelPlan, Plan, ensure, files, model};

#[test]
#[ignore = "downloads hundreds of MiB"]
fn model_is_downloaded_and_verified() {
    let scratch = tempfile::tempdir().unwrap();
    let cache = std::env::var_os("ZHICAI_CACHE").map_or_else(|| scratch.path().join("cache"), PathBuf::from);
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
