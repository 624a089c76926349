//! `zhicai import statutes|cases PATH…`: the bureau's own data; accepted, half-parsed and refused rows are all told.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;

use crate::corpus::statutes::RowNote;
use crate::corpus::{self, import_cases, statutes};
use crate::settings::Settings;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum What {
    Statutes,
    Cases,
}

#[derive(clap::Args, Debug)]
pub struct Args {
    /// 导入什么：statutes 法规规章（.md .txt .docx），cases 既往案例（.jsonl .csv .xlsx）
    #[arg(value_enum)]
    pub what: What,
    /// 文件或文件夹
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// 以 JSON 输出
    #[arg(long)]
    pub json: bool,
}

/// Exit 2 when nothing at all could be taken, 1 when some rows were refused, 0 otherwise.
pub fn run(args: Args, settings: &Settings) -> anyhow::Result<ExitCode> {
    let data = &settings.data_dir;
    let (taken, half_parsed, refused, line) = match args.what {
        What::Statutes => {
            let report = match statutes::import_folder(&args.paths, &corpus::statutes_folder(data)) {
                Ok(report) => report,
                Err(e) => {
                    eprintln!("{e}（{}）", e.code());
                    return Ok(ExitCode::from(3));
                }
            };
            if report.laws > 0 {
                eprintln!("正在重建检索索引…");
                if let Err(e) = corpus::build_index(data) {
                    eprintln!("{e}（{}）", e.code());
                    return Ok(ExitCode::from(3));
                }
            }
            let line = format!("收入 {} 部、{} 条", report.laws, report.articles);
            (report.laws, report.half_parsed, report.refused, line)
        }
        What::Cases => {
            let report = match import_cases::import(&args.paths, data) {
                Ok(report) => report,
                Err(e) => {
                    eprintln!("无法写入数据目录 {}：{e}（import.io）", data.display());
                    return Ok(ExitCode::from(3));
                }
            };
            let line = format!("收入 {} 件案例", report.accepted);
            (report.accepted, report.half_parsed, report.refused, line)
        }
    };
    if args.json {
        let out = json!({ "accepted": taken, "half_parsed": half_parsed, "refused": refused });
        println!("{}", serde_json::to_string_pretty(&out)?);
    }
    eprintln!("{line}；存疑 {} 处，拒收 {} 处", half_parsed.len(), refused.len());
    if !args.json {
        show("存疑", &half_parsed);
        show("拒收", &refused);
    }
    Ok(match (taken, refused.is_empty()) {
        (0, _) => ExitCode::from(2),
        (_, false) => ExitCode::from(1),
        _ => ExitCode::SUCCESS,
    })
}

fn show(what: &str, notes: &[RowNote]) {
    for note in notes {
        println!("{what}　{}　{}", note.row, note.why);
    }
}
