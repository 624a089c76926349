//! `zhicai import statutes|cases PATH…`: the bureau's own data; reports accepted and refused rows with reasons.

use std::path::PathBuf;
use std::process::ExitCode;

use super::{index, input};
use crate::corpus::statutes::{RowNote, import_folder};
use crate::corpus::{build_index, import_cases, statutes_folder};
use crate::error::{Class, Report, Result};
use crate::settings::Settings;

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Kind {
    Statutes,
    Cases,
}

#[derive(clap::Args, Debug)]
pub struct Args {
    /// 导入什么：statutes 法规文件夹（.md .txt .docx），cases 既往案例（.jsonl，或双公示列的 .csv .xlsx）
    kind: Kind,
    /// 文件或文件夹
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// 以 JSON 输出
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args, settings: &Settings) -> Result<ExitCode> {
    let fail = |code: &str, e: &dyn std::fmt::Display| Report::new(Class::Missing, code, "导入失败", e.to_string());
    if let Some(path) = args.paths.iter().find(|p| !p.exists()) {
        return Err(Report::new(Class::Invalid, "import.not_found", "找不到要导入的文件", path.display().to_string()));
    }
    let (accepted, half, refused) = match args.kind {
        Kind::Statutes => {
            let report =
                import_folder(&args.paths, &statutes_folder(&settings.data_dir)).map_err(|e| fail(e.code(), &e))?;
            build_index(&settings.data_dir).map_err(|e| fail(e.code(), &e))?;
            if args.json {
                input::print(&report);
            }
            (format!("{} 部 {} 条", report.laws, report.articles), report.half_parsed, report.refused)
        }
        Kind::Cases => {
            let store = index::open(settings)?;
            let report =
                import_cases::import(&args.paths, store.as_ref()).map_err(|e| index::report("导入失败", &e))?;
            if args.json {
                input::print(&report);
            }
            let r = &report;
            let done = format!(
                "{} 件（新增 {}，更新 {}，未变 {}，撤回 {}）",
                r.accepted, r.added, r.changed, r.unchanged, r.withdrawn
            );
            (done, report.half_parsed, report.refused)
        }
    };
    if !args.json {
        println!("已导入 {accepted}");
        show("存疑", &half);
        show("未导入", &refused);
    }
    Ok(if refused.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn show(what: &str, notes: &[RowNote]) {
    for note in notes {
        println!("{what}　{}：{}", note.row, note.why);
    }
}
