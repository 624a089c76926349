//! Statutes: fetched once, imported once per hash and importer, indexed once per import.

use std::cell::RefCell;
use std::fs;
use std::path::Path;

use super::support::{Site, Trouble, noise, sha256, write_wheel};
use zhicai::models::encoder::Prefixes;
use zhicai::models::manifest::PackageFile;
use zhicai::setup::{
    Action, EncoderOnHub, EncoderSource, HookError, Hooks, ModelPlan, OwnEncoder, PackagedEncoder, Plan, SetupError,
    SetupReport, ensure_with, sources,
};

struct Steps {
    importer: &'static str,
    index: &'static str,
    fail: Option<&'static str>,
    ran: RefCell<Vec<&'static str>>,
}

impl Steps {
    fn new() -> Self {
        Self { importer: "1", index: "1", fail: None, ran: RefCell::default() }
    }

    fn step(&self, name: &'static str, from: &Path, to: &Path) -> Result<serde_json::Value, HookError> {
        self.ran.borrow_mut().push(name);
        fs::create_dir_all(to)?;
        fs::write(to.join(name), from.display().to_string())?;
        match self.fail {
            Some(failing) if failing == name => Err("第 7 行读不懂".into()),
            _ => Ok(serde_json::json!({ "rows": 3 })),
        }
    }

    fn run(&self, site: &Site, plan: &Plan) -> Result<SetupReport, SetupError> {
        let import = |from: &Path, to: &Path| {
            assert_eq!(fs::read(from)?, noise(9, 30_000), "the importer gets the verified file");
            self.step("import", from, to)
        };
        let index = |from: &Path, to: &Path| self.step("index", from, to);
        let embed = |from: &Path, _: &Path| {
            self.ran.borrow_mut().push("embed");
            fs::write(plan.data_dir.join("index").join("vectors.bin"), fs::read(from)?)?;
            Ok(serde_json::json!({ "articles": 3 }))
        };
        let hooks = Hooks {
            importer_version: self.importer,
            import_statutes: &import,
            index_version: self.index,
            build_index: &index,
            convert_encoder: &index,
            embed_articles: &embed,
        };
        ensure_with(plan, &hooks, &site.tools())
    }

    fn ran(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.ran.borrow_mut())
    }
}

fn site() -> (Site, Plan) {
    let site = Site::new();
    let (package, member, bytes) = ("zc-test-laws", "zc_test_laws/data/laws.db", noise(9, 30_000));
    write_wheel(&site.fetcher.dir, package, "1.0", member, &bytes);
    let (size, sha256) = (bytes.len() as u64, sha256(&bytes));
    let mut plan = site.plan();
    plan.model = ModelPlan::None;
    plan.statutes =
        Some(PackageFile { package: package.into(), version: "1.0".into(), member: member.into(), size, sha256 });
    (site, plan)
}

#[test]
fn first_run_does_everything_and_the_second_nothing() {
    let (site, plan) = site();
    let steps = Steps::new();
    let report = steps.run(&site, &plan).unwrap().statutes.unwrap();
    assert_eq!(steps.ran(), ["import", "index"]);
    assert_eq!(
        (report.action, report.import.action, report.index.action),
        (Action::Fetched, Action::Built, Action::Built)
    );
    assert_eq!(report.import.detail["rows"], 3);
    assert_eq!(report.import.path, site.data().join("statutes"));
    assert!(report.file.ends_with("packages/zc-test-laws-1.0/laws.db") && report.file.exists());

    let again = steps.run(&site, &plan).unwrap();
    assert!(again.is_unchanged());
    assert!(steps.ran().is_empty());
    assert_eq!(site.fetcher.asked(), ["zc-test-laws"]);
}

#[test]
fn new_data_directory_is_filled_from_the_cache() {
    let (site, mut plan) = site();
    let steps = Steps::new();
    steps.run(&site, &plan).unwrap();
    site.fetcher.asked();
    plan.data_dir = site.root.path().join("data2");
    let report = steps.run(&site, &plan).unwrap().statutes.unwrap();
    assert_eq!((report.action, report.import.action), (Action::Present, Action::Built));
    assert!(site.fetcher.asked().is_empty());
}

#[test]
fn changed_importer_or_index_runs_just_what_it_must() {
    let (site, plan) = site();
    let mut steps = Steps::new();
    steps.run(&site, &plan).unwrap();
    steps.ran();
    steps.index = "2";
    steps.run(&site, &plan).unwrap();
    assert_eq!(steps.ran(), ["index"]);
    steps.importer = "2";
    steps.run(&site, &plan).unwrap();
    assert_eq!(steps.ran(), ["import", "index"]);
    fs::remove_dir_all(site.data().join("index")).unwrap();
    steps.run(&site, &plan).unwrap();
    assert_eq!(steps.ran(), ["index"]);
    fs::write(site.data().join("setup.json"), b"not json").unwrap();
    steps.run(&site, &plan).unwrap();
    assert_eq!(steps.ran(), ["import", "index"]);
}

#[test]
fn failed_step_is_told_and_run_again() {
    let (site, plan) = site();
    let mut steps = Steps::new();
    steps.fail = Some("import");
    let error = steps.run(&site, &plan).unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("setup.import", 3));
    assert!(error.to_string().contains("第 7 行读不懂"));
    steps.fail = Some("index");
    assert_eq!(steps.run(&site, &plan).unwrap_err().code(), "setup.index");
    steps.ran();
    steps.fail = None;
    steps.run(&site, &plan).unwrap();
    assert_eq!(steps.ran(), ["index"]);
}

#[test]
fn damaged_package_file_is_refused() {
    let (site, plan) = site();
    let mut bytes = noise(9, 30_000);
    bytes[1] ^= 1;
    write_wheel(&site.fetcher.dir, "zc-test-laws", "1.0", "zc_test_laws/data/laws.db", &bytes);
    let steps = Steps::new();
    assert_eq!(steps.run(&site, &plan).unwrap_err().code(), "setup.wrong_hash");
    assert!(steps.ran().is_empty());
    assert!(!site.data().join("statutes").exists());
}

#[test]
fn sources_file_is_read_and_checked() {
    let hash = "a".repeat(64);
    let text = format!(
        "[[statutes]]\npackage = \"p\"\nversion = \"1\"\nmember = \"p/x.db\"\nsize = 5\nsha256 = \"{hash}\"\nlicence = \"MIT\"\n"
    );
    let file = sources::statutes(&text).unwrap();
    assert_eq!((file.file_name(), file.size), ("x.db", 5));
    for bad in [text.replace(&hash, "abc"), text.replace("p/x.db", "/etc/x"), "statutes = []".into(), "x".into()] {
        assert_eq!(sources::statutes(&bad).unwrap_err().code(), "setup.sources", "{bad}");
    }
}

#[test]
fn an_encoder_that_cannot_be_had_keeps_nothing_else_from_being_installed() {
    let (site, mut plan) = site();
    let missing = PackageFile {
        package: "zc-no-such-encoder".into(),
        version: "1.0".into(),
        member: "zc_no_such_encoder/x.bin".into(),
        size: 10,
        sha256: sha256(b"x"),
    };
    write_wheel(&site.fetcher.dir, &missing.package, &missing.version, &missing.member, b"x");
    site.fetcher.fail(&missing.package, Trouble::Offline);
    let packaged = PackagedEncoder { id: "e".into(), file: missing, check_text: String::new(), check_vector: vec![] };
    plan.encoder = Some(EncoderSource::Packaged(packaged));
    let steps = Steps::new();
    let report = steps.run(&site, &plan).unwrap();
    assert_eq!(report.statutes.unwrap().index.action, Action::Built);
    assert!(report.encoder.is_none());
    assert_eq!(steps.ran(), ["import", "index"]);
}

fn own(path: Option<&Path>) -> OwnEncoder {
    OwnEncoder {
        id: "bge".into(),
        path: path.map(Into::into),
        hub: None,
        prefixes: Prefixes { query: "问题：".into(), passage: String::new() },
    }
}

#[test]
fn an_encoder_of_ones_own_is_used_where_it_lies_and_other_vectors_are_made_when_it_changes() {
    let (site, mut plan) = site();
    let file = site.plan().data_dir.join("bge.gguf");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, b"GGUF one").unwrap();
    plan.encoder = Some(EncoderSource::Own(own(Some(&file))));
    let steps = Steps::new();
    let encoder = steps.run(&site, &plan).unwrap().encoder.unwrap();
    assert_eq!(
        (encoder.id.as_str(), encoder.action, encoder.embedding.action),
        ("bge", Action::Present, Action::Built)
    );
    assert_eq!(steps.ran(), ["import", "index", "embed"]);
    steps.run(&site, &plan).unwrap();
    assert!(steps.ran().is_empty());
    // Other weights under the same name, other prefixes: other vectors.
    fs::write(&file, b"GGUF two").unwrap();
    steps.run(&site, &plan).unwrap();
    assert_eq!(steps.ran(), ["embed"]);
    let mut other = own(Some(&file));
    other.prefixes.query = "query: ".into();
    plan.encoder = Some(EncoderSource::Own(other));
    steps.run(&site, &plan).unwrap();
    assert_eq!(steps.ran(), ["embed"]);
    fs::write(&file, b"not one").unwrap();
    let report = steps.run(&site, &plan).unwrap();
    assert!(report.encoder.is_none(), "what is no GGUF is not used; search goes on by words");
}

#[test]
fn a_setting_that_names_no_encoder_is_refused_in_words() {
    let hub =
        EncoderOnHub { repo: "a/b".into(), file: "m.gguf".into(), revision: "1".into(), size: 1, sha256: sha256(b"x") };
    let on_hub = |hub: EncoderOnHub| OwnEncoder { hub: Some(hub), ..own(None) };
    assert!(on_hub(hub.clone()).check().is_ok());
    let both = OwnEncoder { hub: Some(hub.clone()), ..own(Some(Path::new("m.gguf"))) };
    for (bad, says) in [
        (OwnEncoder { id: "../x".into(), ..on_hub(hub.clone()) }, "id"),
        (own(None), "path"),
        (both, "path"),
        (on_hub(EncoderOnHub { file: "../m.gguf".into(), ..hub.clone() }), "file"),
        (on_hub(EncoderOnHub { sha256: "abc".into(), ..hub }), "sha256"),
    ] {
        assert!(bad.check().unwrap_err().contains(says));
        assert_eq!(sources::encoder("", Some(&bad)).unwrap_err().code(), "setup.sources");
    }
}
