//! Parse, open, dispatch.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use zhicai::cli::{
    assess, audit_dossier, backup, bench, cite_check, draft, eval, extract, import, index, input, people, record,
    rules, search, serve, setup, verify_record, workshop,
};
use zhicai::error::{Class, Report};
use zhicai::settings::Settings;

/// 智裁：从案件事实到适用条款、相似案例、裁量幅度和处罚决定书草稿
#[derive(Parser)]
#[command(name = "zhicai", version, about, disable_help_subcommand = true)]
struct Cli {
    /// 数据目录
    #[arg(long, global = true, env = "ZHICAI_DATA")]
    data: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// 安装所缺的部分，然后提供页面和接口
    Serve(serve::Args),
    /// 下载、校验、导入、建索引
    Setup(setup::Args),
    /// 检索法条、案例、规范
    Search(search::Args),
    /// 案情叙述 → 案件 JSON
    Extract(extract::Args),
    /// 案件 → 适用条款与裁量幅度
    Assess(assess::Args),
    /// 案件 → 文书 .docx
    Draft(draft::Args),
    /// 核对一段文字中的法条引用
    CiteCheck(cite_check::Args),
    /// 案卷评查：逐项检查一个案件的案卷
    AuditDossier(audit_dossier::Args),
    /// 导入本机关的法规、既往案例、办案规范和裁量基准
    Import(import::Args),
    /// 检索索引：由安装的法规和案例文件重建
    #[command(subcommand)]
    Index(index::Command),
    /// 裁量规则：检查、列出未核实的、两人核实解锁、逐格核对并采用导入的基准
    Rules(rules::Args),
    /// 人员：登记、列出、停用、邀请（供本机管理员使用）
    #[command(subcommand)]
    People(people::Command),
    /// 核验全过程记录：完整，或在何处被改动
    VerifyRecord(verify_record::Args),
    /// 全过程记录的检查点和单个事件的证明
    #[command(subcommand)]
    Record(record::Command),
    /// 备份：数据库、附件和本机关的数据；服务可以继续运行
    Backup(backup::BackupArgs),
    /// 从备份恢复到数据目录（先停止服务）
    Restore(backup::RestoreArgs),
    /// 研讨：一套题逐题推算并与实际决定、班级作答比较；列出可组题的案例；核对题库表
    #[command(subcommand)]
    Workshop(workshop::Command),
    /// 测速与起草质量
    Bench(bench::Args),
    /// 用给定的语料和问题评测检索
    #[command(subcommand)]
    Eval(eval::Command),
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_env("ZHICAI_LOG").unwrap_or_else(|_| "warn".into()))
        .with_writer(std::io::stderr)
        .init();
    let cli = Cli::parse();
    let settings = match Settings::load(cli.data.as_deref()) {
        Ok(settings) => settings,
        Err(e) => return input::fail(&Report::new(Class::Invalid, "settings", "设置有误", e.to_string()), false),
    };
    let other = |r: anyhow::Result<ExitCode>| {
        r.map_err(|e| Report::new(Class::Internal, "internal", "没有完成", format!("{e:#}")))
    };
    let outcome = match cli.command {
        Command::Serve(args) => serve::run(args, &settings),
        Command::Setup(args) => setup::run(args, &settings),
        Command::Search(args) => search::run(args, &settings),
        Command::Extract(args) => extract::run(args, &settings),
        Command::Assess(args) => assess::run(args, &settings),
        Command::Draft(args) => draft::run(args, &settings),
        Command::CiteCheck(args) => cite_check::run(args, &settings),
        Command::AuditDossier(args) => audit_dossier::run(args, &settings),
        Command::Import(args) => import::run(args, &settings),
        Command::Index(command) => index::run(command, &settings),
        Command::Rules(args) => other(rules::run(args, &settings)),
        Command::People(command) => people::run(command, &settings),
        Command::Workshop(command) => workshop::run(command, &settings),
        Command::Bench(args) => bench::run(args, &settings),
        Command::VerifyRecord(args) => verify_record::run(args, &settings),
        Command::Record(command) => record::run(command, &settings),
        Command::Backup(args) => backup::backup(args, &settings),
        Command::Restore(args) => backup::restore(args, &settings),
        Command::Eval(command) => eval::run(command, &settings),
    };
    outcome.unwrap_or_else(|report| input::fail(&report, false))
}
