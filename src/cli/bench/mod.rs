//! `zhicai bench model|copying|drafts|decisions`: measured on this machine, with this model.

mod copying;
mod decisions;
mod drafts;
mod model;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use super::input;
use crate::engine::{self, Engine};
use crate::error::{Class, Report, Result};
use crate::settings::Settings;

#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// 模型读写速度、装载时间与内存峰值
    Model(model::Args),
    /// 用教学案例的起草提示，测照抄加速（推测解码）前后的写出速度
    Copying(copying::Args),
    /// 连续起草教学案例：用时、首次通过率、模型写成率、无出处的值
    Drafts(drafts::Args),
    /// 生成虚构案例，测案例库的建立速度、大小、检索延迟与内存
    Decisions(decisions::Args),
}

pub fn run(args: Args, settings: &Settings) -> Result<ExitCode> {
    match args.what {
        What::Model(args) => model::run(&args, settings),
        What::Copying(args) => copying::run(&args, settings),
        What::Drafts(args) => drafts::run(&args, settings),
        What::Decisions(args) => decisions::run(&args),
    }
}

/// The wanted model, opened, with its name and the seconds it took.
fn open(settings: &Settings, model: Option<&str>) -> Result<(Engine, String, f64)> {
    let wanted = input::model_use(settings, model)?;
    let (Some(path), Some(id)): (Option<PathBuf>, _) = (wanted.path, wanted.id) else {
        return Err(Report::new(Class::Invalid, "bench.no_model", "没有可测的模型", "请用 --model 指定模型"));
    };
    let clock = Instant::now();
    let engine = engine::open(&path).map_err(|e| fail(&e))?;
    Ok((engine, id, clock.elapsed().as_secs_f64()))
}

fn fail(e: &engine::EngineError) -> Report {
    Report::new(Class::Missing, e.code(), "模型不可用", e.to_string())
}

/// The middle of some figures; 0 of none.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// Peak resident memory of this process in bytes; 0 where the system does not tell.
fn peak_rss() -> u64 {
    process_status("VmHWM:")
}

/// A figure of this process in bytes, by its name in the system's own table; 0 where the system does not tell.
fn process_status(name: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix(name));
    line.and_then(|v| v.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()).map_or(0, |kib| kib * 1024)
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}
