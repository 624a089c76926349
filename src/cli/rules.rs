//! `zhicai rules check|blocked|verify`: load every rule, list what is not verified, record a verification by two people. Benchmarks
//! that were imported: `proposals`, `confirm`, `adopt`.

use std::process::ExitCode;

use jiff::civil::Date;
use serde_json::json;

use super::{input, proposals};
use crate::corpus::rules::{self, NewVerification, RulesError};
use crate::domain::discretion::tiers;
use crate::flow::today;
use crate::settings::Settings;

#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(clap::Subcommand, Debug)]
pub enum Command {
    /// 装载全部规则并报告
    Check {
        /// 以 JSON 输出
        #[arg(long)]
        json: bool,
    },
    /// 列出未核实、不得用于正式文书的条目及原因
    Blocked {
        /// 以 JSON 输出
        #[arg(long)]
        json: bool,
    },
    /// 记录对一个未核实条目的核实（两名不同的人），核实后可用
    Verify {
        /// 条目代码，如 xw18
        id: String,
        /// 核实人姓名，至少两名不同的人
        #[arg(long, required = true)]
        by: Vec<String>,
        /// 所对照的官方文本名称
        #[arg(long)]
        source: String,
        /// 官方文本的文号
        #[arg(long)]
        doc_no: String,
        /// 官方文本的公布日期 YYYY-MM-DD
        #[arg(long)]
        published_at: Date,
        /// 条号（条目未录条号时必填）
        #[arg(long)]
        article: Option<u32>,
        /// 款号
        #[arg(long)]
        paragraph: Option<u32>,
    },
    /// 列出裁量基准的导入建议；写明名称的，逐格列出
    Proposals {
        /// 导入建议的名称
        name: Option<String>,
        /// 以 JSON 输出
        #[arg(long)]
        json: bool,
    },
    /// 核对导入建议中的一格或者一行
    Confirm(proposals::Confirm),
    /// 采用已逐格核对的导入建议（须由核对人以外的人）
    Adopt(proposals::Adopt),
}

pub fn run(args: Args, settings: &Settings) -> anyhow::Result<ExitCode> {
    let book = match rules::load(Some(&settings.data_dir)) {
        Ok(book) => book,
        Err(e) => {
            eprintln!("{e}");
            if let Command::Check { json: true } | Command::Blocked { json: true } = args.command {
                println!("{:#}", json!({ "ok": false, "code": e.code(), "message": e.to_string() }));
            }
            return Ok(ExitCode::from(1));
        }
    };
    match args.command {
        Command::Check { json } => {
            let (rows, blocked) = (book.violations.len(), book.blocked().len());
            let years = book.calendar.years();
            let findings = tiers::of_book(&book);
            if json {
                let report = json!({
                    "ok": true, "version": book.version, "violations": rows, "blocked": blocked, "laws": book.laws.len(),
                    "benchmarks": book.benchmarks.len(), "deadlines": book.deadlines.len(),
                    "factors": book.factors.len(), "verifications": book.verifications.len(), "calendar_years": years,
                    "findings": findings,
                });
                println!("{report:#}");
            } else {
                println!("规则版本：{}", book.version);
                println!("违法行为{rows}条（未核实{blocked}条），法律法规规章{}部", book.laws.len());
                println!(
                    "裁量基准{}条，期限{}项，裁量因素{}项",
                    book.benchmarks.len(),
                    book.deadlines.len(),
                    book.factors.len()
                );
                let years: Vec<String> = years.iter().map(|y| y.to_string()).collect();
                println!("工作日历：{}", years.join("、"));
                println!("核实记录{}条", book.verifications.len());
                proposals::print_findings(&findings);
            }
            if !findings.is_empty() {
                return Ok(ExitCode::from(1));
            }
        }
        Command::Blocked { json } => {
            let blocked = book.blocked();
            if json {
                println!("{}", serde_json::to_string_pretty(&blocked)?);
            } else {
                for row in &blocked {
                    let article =
                        if row.article == 0 { "条号未核实".into() } else { format!("第{}条", row.article) };
                    println!("{}　《{}》{article}\n  行为：{}\n  原因：{}", row.id, row.law, row.act, row.why);
                }
                println!("共{}条。核实方法：zhicai rules verify --help", blocked.len());
            }
        }
        Command::Verify { id, by, source, doc_no, published_at, article, paragraph } => {
            let new = NewVerification {
                violation: id.clone(),
                by,
                title: source,
                doc_no,
                published_at,
                article,
                paragraph,
                verified_at: now(),
                today: today(),
            };
            match rules::append_verification(&book, &settings.data_dir, &new) {
                Ok(path) => println!("已记录核实：{id}（{}）。此后该条目可以使用。", path.display()),
                Err(e @ RulesError::Verification { .. }) => {
                    eprintln!("{e}");
                    return Ok(ExitCode::from(2));
                }
                Err(e) => {
                    eprintln!("{e}");
                    return Ok(ExitCode::from(3));
                }
            }
        }
        Command::Proposals { name, json } => {
            return Ok(told(proposals::show(name.as_deref(), json, &book, &settings.data_dir)));
        }
        Command::Confirm(args) => return Ok(told(proposals::confirm(&args, &book, &settings.data_dir, &now()))),
        Command::Adopt(args) => return Ok(told(proposals::adopt(&args, &settings.data_dir, &now()))),
    }
    Ok(ExitCode::SUCCESS)
}

fn told(outcome: crate::error::Result<ExitCode>) -> ExitCode {
    outcome.unwrap_or_else(|report| input::fail(&report, false))
}

/// RFC 3339 with the offset of the country's legal time.
pub(super) fn now() -> String {
    let zoned = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(8)));
    zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}
