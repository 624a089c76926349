//! What the subcommands share: reading a file or standard input with a bound, opening the flow, telling an error.

use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use crate::error::{Class, Report, Result};
use crate::flow::{Flow, ModelUse};
use crate::models::manifest::ModelChoice;
use crate::settings::Settings;
use crate::setup::{ModelPlan, choice};

/// Larger inputs are refused before they are read whole.
const MAX_BYTES: u64 = 16 << 20;

/// UTF-8 text of a file, or of standard input for `-`.
pub fn text(path: &Path) -> Result<String> {
    let invalid = |code: &str, detail: String| Report::new(Class::Invalid, code, "无法读取输入", detail);
    let name = if path == Path::new("-") { "标准输入".to_string() } else { path.display().to_string() };
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().take(MAX_BYTES + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|f| f.take(MAX_BYTES + 1).read_to_end(&mut bytes))
    };
    read.map_err(|e| invalid("input.unreadable", format!("{name}：{e}")))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Report::new(Class::TooLarge, "input.too_large", "输入过大", format!("{name}：最多 16 MB")));
    }
    String::from_utf8(bytes).map_err(|_| invalid("input.not_utf8", format!("{name}：不是 UTF-8 编码，请另存为 UTF-8")))
}

/// The flow over what is installed, with the chosen model.
pub fn flow(settings: &Settings, model: Option<&str>) -> Result<Flow> {
    Flow::open(settings, model_use(settings, model)?)
}

/// The value of `--model` that stands for the server of `[remote]`.
pub const REMOTE: &str = "remote";

/// Turns `--model` into a file, or into the server of `[remote]`.
pub fn model_use(settings: &Settings, model: Option<&str>) -> Result<ModelUse> {
    if model == Some(REMOTE) {
        // Opened here, too: wrong settings should show before anything starts.
        let engine = crate::engine::connect(&settings.remote)
            .map_err(|e| Report::new(Class::Invalid, e.code(), "模型选择有误", e.to_string()))?;
        let id = Some(engine.name().to_string());
        return Ok(ModelUse { id, path: None, remote: Some(settings.remote.clone()) });
    }
    let fail = |e: &dyn std::fmt::Display, code: &str| Report::new(Class::Invalid, code, "模型选择有误", e.to_string());
    let choice = match model {
        Some(given) => ModelChoice::parse(given).map_err(|e| fail(&e, e.code()))?,
        None => {
            let chosen = choice::chosen(&settings.data_dir).map_err(|e| fail(&e, e.code()))?;
            ModelChoice::parse(&chosen.model).map_err(|e| fail(&e, e.code()))?
        }
    };
    let plan = ModelPlan::resolve(&choice).map_err(|e| fail(&e, e.code()))?;
    let path = plan.path(&settings.cache_dir);
    let id = match &choice {
        ModelChoice::None => None,
        ModelChoice::Manifest(id) => Some(id.clone()),
        ModelChoice::Path(path) => Some(path.file_name().unwrap_or_default().to_string_lossy().into_owned()),
    };
    if let Some(path) = path.as_ref().filter(|p| !p.exists()) {
        let detail = format!("{}；请先运行 zhicai setup，或用 --model none 不使用模型", path.display());
        return Err(Report::new(Class::Missing, "model.not_found", "模型尚未安装", detail));
    }
    Ok(ModelUse { id, path, remote: None })
}

/// An error on stderr (and as JSON on stdout when asked), with the contract's exit code.
pub fn fail(report: &Report, json: bool) -> ExitCode {
    if json {
        println!("{}", serde_json::to_string_pretty(&serde_json::json!({ "error": report })).unwrap_or_default());
    }
    eprintln!("{report}");
    if let Some(basis) = &report.basis {
        eprintln!("依据：{basis}");
    }
    for wrong in &report.errors {
        eprintln!("  {}：{}", wrong.path, wrong.message);
    }
    if !report.missing.is_empty() {
        eprintln!("尚缺：{}", report.missing.join("、"));
    }
    ExitCode::from(report.exit_code())
}

/// One JSON document on stdout.
pub fn print<T: serde::Serialize>(value: &T) {
    println!("{}", serde_json::to_string_pretty(value).unwrap_or_default());
}
