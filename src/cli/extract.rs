//! `zhicai extract TEXT.txt|-`: free narrative → case JSON, each value with its span.

use std::path::PathBuf;
use std::process::ExitCode;

use super::input;
use crate::error::Result;
use crate::settings::Settings;

#[derive(clap::Args, Debug)]
pub struct Args {
    /// 案情叙述的文本文件，- 表示标准输入
    text: PathBuf,
    /// 用哪个模型在相近的违法行为之间选择
    #[arg(long, env = "ZHICAI_MODEL", default_value = "none")]
    model: String,
    /// 以 JSON 输出
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args, settings: &Settings) -> Result<ExitCode> {
    let text = input::text(&args.text)?;
    let found = input::flow(settings, Some(&args.model))?.extract_blocking(&text)?;
    if args.json {
        input::print(&found);
        return Ok(ExitCode::SUCCESS);
    }
    for value in &found.values {
        println!(
            "{} = {}　（“{}”，第 {}–{} 字）",
            value.path,
            value.value,
            value.text,
            value.span.start + 1,
            value.span.end
        );
    }
    for candidate in &found.candidates {
        println!("可能的违法行为：{} {}（{:.0}%）", candidate.violation, candidate.act, candidate.score * 100.0);
    }
    for warning in &found.warnings {
        eprintln!("注意：{}", warning.text);
    }
    Ok(ExitCode::SUCCESS)
}
