//! `zhicai cite-check FILE|- [--as-of DATE] [--json]`: every citation of a text, exit 1 when one fails.

use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use jiff::civil::Date;
use serde_json::json;

use super::assess::today;
use crate::corpus::Corpus;
use crate::settings::Settings;

/// Larger texts are refused.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

#[derive(clap::Args, Debug)]
pub struct Args {
    /// 文本文件（UTF-8），- 表示标准输入
    pub file: PathBuf,
    /// 按这一天核对，YYYY-MM-DD；默认今天
    #[arg(long)]
    pub as_of: Option<Date>,
    /// 以 JSON 输出
    #[arg(long)]
    pub json: bool,
}

pub fn run(args: Args, settings: &Settings) -> anyhow::Result<ExitCode> {
    let text = match read(&args.file) {
        Ok(text) => text,
        Err(why) => {
            eprintln!("无法核对 {}：{why}（input.unreadable）", args.file.display());
            return Ok(ExitCode::from(2));
        }
    };
    let corpus = match Corpus::open(&settings.data_dir) {
        Ok(corpus) => corpus,
        Err(e) => {
            eprintln!("{e}（{}）", e.code());
            return Ok(ExitCode::from(3));
        }
    };
    let day = args.as_of.unwrap_or_else(today);
    let findings = corpus.cite_check(&text, day);
    let failed = findings.iter().filter(|f| !f.passes()).count();
    if args.json {
        let out = json!({ "as_of": day, "count": findings.len(), "failed": failed, "citations": findings });
        println!("{}", serde_json::to_string_pretty(&out)?);
    } else {
        for f in &findings {
            println!("{} {}　{}", if f.passes() { "✓" } else { "✗" }, f.text, f.message);
        }
        eprintln!("按 {day} 核对：共 {} 处引用，{failed} 处有问题", findings.len());
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn read(file: &PathBuf) -> Result<String, String> {
    let mut bytes = Vec::new();
    let done = if file.as_os_str() == "-" {
        std::io::stdin().lock().take(MAX_BYTES + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|f| f.take(MAX_BYTES + 1).read_to_end(&mut bytes))
    };
    done.map_err(|e| e.to_string())?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err("超过 16 MB".into());
    }
    String::from_utf8(bytes)
        .map(|t| t.trim_start_matches('\u{feff}').to_string())
        .map_err(|_| "不是 UTF-8 编码，请另存为 UTF-8".into())
}
