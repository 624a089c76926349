//! `zhicai setup`: flags and settings become a plan.

use clap::Parser;
use zhicai::cli::setup::{Args, plan};
use zhicai::settings::{Agency, Hub, Remote, Settings};
use zhicai::setup::{ModelPlan, model};

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    args: Args,
}

const SOURCES: &str = "[[statutes]]\npackage = \"p\"\nversion = \"1\"\nmember = \"p/x.db\"\nsize = 5\n\
    sha256 = \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"\n";

fn settings() -> Settings {
    let hub = Hub { endpoint: Some("https://mirror.example".into()) };
    Settings {
        data_dir: "/d".into(),
        cache_dir: "/c".into(),
        agency: Agency::default(),
        hub,
        remote: Remote::default(),
        search: zhicai::settings::Search { dense: false, ..Default::default() },
        access: Default::default(),
        oidc: Default::default(),
        store: Default::default(),
    }
}

#[test]
fn flags_and_settings_become_a_plan() {
    let args = Command::try_parse_from(["setup", "--model", "qwen3-4b", "--verify", "--json"]).unwrap().args;
    assert!(args.json);
    let chosen = plan(args.model.as_deref(), args.verify, &settings(), SOURCES).unwrap();
    let ModelPlan::Manifest(manifest) = &chosen.model else { panic!("{:?}", chosen.model) };
    let path = model::path("/c".as_ref(), manifest);
    assert_eq!(path.to_str(), Some("/c/models/qwen3-4b/Qwen3-4B-Q4_K_M.gguf"));
    assert_eq!(chosen.model.path("/c".as_ref()), Some(path));
    assert!(chosen.verify);
    assert_eq!(chosen.hub_endpoint.as_deref(), Some("https://mirror.example"));
    assert_eq!(chosen.statutes.unwrap().package, "p");

    let default = plan(None, false, &settings(), SOURCES).unwrap();
    assert!(matches!(default.model, ModelPlan::Manifest(m) if m.default || m.default_from_memory.is_some()));
    assert!(matches!(plan(Some("none"), false, &settings(), SOURCES).unwrap().model, ModelPlan::None));
    assert!(matches!(plan(Some("remote"), false, &settings(), SOURCES).unwrap().model, ModelPlan::None));
    let wrong = plan(Some("没有的模型"), false, &settings(), SOURCES).unwrap_err();
    assert_eq!(wrong.exit_code(), 2);
}
