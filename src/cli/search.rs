//! `zhicai search statutes|cases|norms QUERY`.

use std::process::ExitCode;

use jiff::civil::Date;

use super::input;
use crate::error::Result;
use crate::flow::retrieve::SearchRequest;
use crate::settings::Settings;

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Kind {
    Statutes,
    Cases,
    Norms,
}

#[derive(clap::Args, Debug)]
pub struct Args {
    /// 检索什么：statutes 法条，cases 案例，norms 办案规范
    kind: Kind,
    /// 检索词、引用（民促法64条）或一段事实
    query: String,
    /// 只要该日有效的条文（YYYY-MM-DD）
    #[arg(long)]
    as_of: Option<Date>,
    /// 只在这部法律中检索
    #[arg(long)]
    law: Option<String>,
    /// 最多几条
    #[arg(long, default_value_t = 10)]
    limit: usize,
    /// 显示得分的由来
    #[arg(long)]
    explain: bool,
    /// 以 JSON 输出
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args, settings: &Settings) -> Result<ExitCode> {
    let flow = input::flow(settings, Some("none"))?;
    let request = SearchRequest {
        query: args.query,
        as_of: args.as_of,
        law: args.law,
        limit: Some(args.limit),
        explain: args.explain,
        violation: None,
    };
    match args.kind {
        Kind::Statutes => {
            let hits = flow.search_statutes(&request)?;
            if args.json {
                input::print(&hits);
            } else {
                for hit in &hits {
                    println!(
                        "{}〔{}〕 {:.3}\n    {}",
                        hit.title,
                        hit.status.zh(),
                        hit.score,
                        hit.snippet.replace('\n', " ")
                    );
                    if let Some(successor) = &hit.successor {
                        println!("    不得作为依据：{}", successor.note);
                    }
                    if let Some(e) = &hit.explanation {
                        println!("    {}", serde_json::to_string(e).unwrap_or_default());
                    }
                }
            }
            none_found(hits.is_empty(), args.json);
        }
        Kind::Cases => {
            let hits = flow.search_cases(&request, None)?;
            if args.json {
                input::print(&hits);
            } else {
                for hit in &hits {
                    println!("{}〔{}〕 {:.3}\n    {}", hit.title, hit.label, hit.score, hit.why);
                    if !hit.differs.is_empty() {
                        println!("    不同：{}", hit.differs);
                    }
                }
            }
            none_found(hits.is_empty(), args.json);
        }
        Kind::Norms => {
            let hits = flow.search_norms(&request)?;
            if args.json {
                input::print(&hits);
            } else {
                for hit in &hits {
                    let status = hit.status.zh();
                    println!("{}〔{status}〕 {:.3}\n    {}", hit.title, hit.score, hit.snippet.replace('\n', " "));
                }
                if let Some(hit) = hits.first() {
                    println!("以上均为{}。", hit.note);
                }
            }
            none_found(hits.is_empty(), args.json);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn none_found(empty: bool, json: bool) {
    if empty && !json {
        println!("没有找到。");
    }
}
