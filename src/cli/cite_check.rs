//! `zhicai cite-check FILE|-`: every citation in a text, exit 1 when one does not hold.

use std::path::PathBuf;
use std::process::ExitCode;

use jiff::civil::Date;

use super::input;
use crate::error::Result;
use crate::settings::Settings;

#[derive(clap::Args, Debug)]
pub struct Args {
    /// 文本文件，- 表示标准输入
    file: PathBuf,
    /// 以哪一天为准（YYYY-MM-DD），默认今天
    #[arg(long)]
    as_of: Option<Date>,
    /// 以 JSON 输出
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args, settings: &Settings) -> Result<ExitCode> {
    let text = input::text(&args.file)?;
    let findings = input::flow(settings, Some("none"))?.cite_check(&text, args.as_of)?;
    let ok = findings.iter().all(|f| f.passes());
    if args.json {
        input::print(&serde_json::json!({ "ok": ok, "citations": findings }));
    } else {
        for f in &findings {
            println!("{} {}：{}", if f.passes() { "通过" } else { "不通过" }, f.text, f.message);
        }
        println!("共 {} 处引用，{} 处不通过。", findings.len(), findings.iter().filter(|f| !f.passes()).count());
    }
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
