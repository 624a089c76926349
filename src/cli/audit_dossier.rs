//! `zhicai audit-dossier CASE_NO`: the checks of 案卷评查 on one file; exit 1 when a fatal one finds something.

use std::process::ExitCode;

use super::input;
use crate::domain::checks::Severity;
use crate::error::{Class, Report, Result};
use crate::flow::cases::audit_json;
use crate::flow::{Flow, ModelUse, today};
use crate::settings::Settings;

#[derive(clap::Args, Debug)]
pub struct Args {
    /// 案号
    case_no: String,
    /// 以 JSON 输出
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args, settings: &Settings) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Report::new(Class::Internal, "audit.runtime", "无法启动", e.to_string()))?;
    let flow = Flow::open(settings, ModelUse::default())?;
    let found = runtime.block_on(async {
        let found = flow.audit_any(&args.case_no, today()).await;
        flow.close_store().await.and(found)
    })?;
    let Some(findings) = found else {
        let detail = format!("{}：请核对案号和数据目录", args.case_no);
        return Err(Report::new(Class::NotFound, "case.not_found", "没有这个案件", detail));
    };
    if args.json {
        input::print(&audit_json(&args.case_no, &findings));
    } else if findings.is_empty() {
        println!("{}：没有发现问题", args.case_no);
    } else {
        for f in &findings {
            println!("{} {}：{}（{}；{}）", f.check, f.severity.zh(), f.text, f.basis, f.place);
        }
    }
    let fatal = findings.iter().any(|f| f.severity == Severity::Fatal);
    Ok(if fatal { ExitCode::from(1) } else { ExitCode::SUCCESS })
}
