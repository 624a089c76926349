//! Reading and writing speed at several lengths.

use std::process::ExitCode;

use serde::Serialize;

use super::{fail, mebibytes, open, peak_rss};
use crate::cli::input;
use crate::error::Result;
use crate::models::kernels;
use crate::settings::Settings;

#[derive(clap::Args, Debug)]
pub struct Args {
    #[arg(long, env = "ZHICAI_MODEL")]
    model: Option<String>,
    /// 读入多少词元；可写多个，以逗号分隔，首个为主
    #[arg(long, value_delimiter = ',', default_value = "512")]
    prompt: Vec<usize>,
    /// 写出多少词元
    #[arg(long = "gen", default_value_t = 64)]
    count: usize,
    #[arg(long)]
    json: bool,
}

/// Speed after one length of prompt.
#[derive(Serialize)]
struct Point {
    prompt_tokens: usize,
    prefill_tok_s: f64,
    decode_tok_s: f64,
}

#[derive(Serialize)]
struct Figures {
    model: String,
    implementation: &'static str,
    /// Instruction set of the kernels.
    kernels: &'static str,
    threads: usize,
    prefill_tok_s: f64,
    decode_tok_s: f64,
    points: Vec<Point>,
    load_s: f64,
    peak_rss_bytes: u64,
}

pub fn run(args: &Args, settings: &Settings) -> Result<ExitCode> {
    let (engine, model, load_s) = open(settings, args.model.as_deref())?;
    engine.bench(32, 4).map_err(|e| fail(&e))?;
    let count = args.count.clamp(1, 1024);
    let mut points = Vec::new();
    for prompt in args.prompt.iter().map(|p| (*p).clamp(1, 4096)) {
        let (prefill, decode) = engine.bench(prompt, count).map_err(|e| fail(&e))?;
        points.push(Point {
            prompt_tokens: prompt,
            prefill_tok_s: prompt as f64 / prefill,
            decode_tok_s: count as f64 / decode,
        });
    }
    let (prefill_tok_s, decode_tok_s) = points.first().map_or((0.0, 0.0), |p| (p.prefill_tok_s, p.decode_tok_s));
    let figures = Figures {
        model,
        implementation: engine.implementation(),
        kernels: kernels::level().name(),
        threads: kernels::pool::pool().threads(),
        prefill_tok_s,
        decode_tok_s,
        points,
        load_s,
        peak_rss_bytes: peak_rss(),
    };
    if args.json {
        input::print(&figures);
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "{}（{}，{}，{} 线程）：装载 {:.1} 秒，内存峰值 {:.0} MiB",
        figures.model,
        figures.implementation,
        figures.kernels,
        figures.threads,
        figures.load_s,
        mebibytes(figures.peak_rss_bytes)
    );
    for p in &figures.points {
        println!(
            "  读入 {} 词元：{:.0} 词元/秒；其后写出：{:.0} 词元/秒",
            p.prompt_tokens, p.prefill_tok_s, p.decode_tok_s
        );
    }
    Ok(ExitCode::SUCCESS)
}
