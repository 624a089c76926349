//! `zhicai search statutes|cases|norms QUERY`: hits for people, or one JSON document with `hits`.

use std::process::ExitCode;

use jiff::civil::Date;
use serde_json::json;

use super::assess::today;
use crate::corpus::Corpus;
use crate::corpus::cases::{CaseHit, CaseQuery};
use crate::corpus::index::Explanation;
use crate::corpus::search::{StatuteHit, StatuteQuery};
use crate::domain::money::Fen;
use crate::settings::Settings;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum What {
    Statutes,
    Cases,
    Norms,
}

#[derive(clap::Args, Debug)]
pub struct Args {
    /// 检索对象：statutes 条文，cases 相似案例，norms 办案规范
    #[arg(value_enum)]
    pub what: What,
    /// 检索词、引用（如 民促法64条）或案情
    pub query: String,
    /// 只要这一天有效的条文，YYYY-MM-DD
    #[arg(long)]
    pub as_of: Option<Date>,
    /// 只查这部法（全称、简称均可）
    #[arg(long)]
    pub law: Option<String>,
    /// 最多几条
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=200))]
    pub limit: u16,
    /// 案例检索：违法行为代码，如 mb64
    #[arg(long)]
    pub violation: Option<String>,
    /// 案例检索：违法所得（分）
    #[arg(long)]
    pub gains_fen: Option<i64>,
    /// 以 JSON 输出
    #[arg(long)]
    pub json: bool,
    /// 说明每条结果的得分
    #[arg(long)]
    pub explain: bool,
}

pub fn run(args: Args, settings: &Settings) -> anyhow::Result<ExitCode> {
    if args.query.trim().is_empty() {
        eprintln!("检索词是空的，请写明要查什么（search.empty）");
        return Ok(ExitCode::from(2));
    }
    let corpus = match Corpus::open(&settings.data_dir) {
        Ok(corpus) => corpus,
        Err(e) => {
            eprintln!("{e}（{}）", e.code());
            return Ok(ExitCode::from(3));
        }
    };
    if let Some(law) = args.law.as_deref().filter(|l| corpus.laws.title_of(l).is_none()) {
        eprintln!("没有安装《{law}》；请检查名称，或用 zhicai import statutes 导入（search.unknown_law）");
        return Ok(ExitCode::from(2));
    }
    let limit = usize::from(args.limit);
    match args.what {
        What::Statutes => {
            let query =
                StatuteQuery { text: args.query, as_of: args.as_of, law: args.law, limit, explain: args.explain };
            let hits = corpus.search_statutes(&query, today())?;
            if args.json {
                print_json("statutes", &query.text, &json!(hits), None)?;
            } else {
                hits.iter().enumerate().for_each(|(i, hit)| print!("{}", statute(i + 1, hit)));
                nothing(hits.is_empty());
            }
        }
        What::Cases => {
            let query = CaseQuery {
                text: args.query,
                violation: args.violation,
                gains_fen: args.gains_fen.map(Fen),
                limit,
                ..CaseQuery::default()
            };
            let hits = corpus.cases(&query)?;
            if args.json {
                print_json("cases", &query.text, &json!(hits), None)?;
            } else {
                hits.iter().enumerate().for_each(|(i, hit)| print!("{}", case(i + 1, hit)));
                nothing(hits.is_empty());
            }
        }
        What::Norms => {
            let hits = corpus.search_norms(&args.query, limit);
            let note = "尚未导入办案规范";
            if args.json {
                print_json("norms", &args.query, &json!(hits), Some(note))?;
            } else {
                eprintln!("{note}");
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print_json(what: &str, query: &str, hits: &serde_json::Value, note: Option<&str>) -> anyhow::Result<()> {
    let mut out = json!({ "what": what, "query": query, "hits": hits });
    if let Some(note) = note {
        out["note"] = json!(note);
    }
    println!("{}", serde_json::to_string_pretty(&out)?);
    Ok(())
}

fn nothing(empty: bool) {
    if empty {
        eprintln!("没有找到");
    }
}

fn statute(rank: usize, hit: &StatuteHit) -> String {
    let from = hit.effective_from.map_or("施行日不明".to_string(), |d| format!("{d}起"));
    let to = hit.effective_to.map(|d| format!("至{d}")).unwrap_or_default();
    let snippet = hit.snippet.replace('\n', "\n   ");
    let mut out = format!("{rank}. {}　[{}，{from}{to}]　{:.3}\n   {snippet}\n", hit.title, hit.status.zh(), hit.score);
    if let Some(tree) = &hit.explanation {
        explain(tree, 1, &mut out);
    }
    out
}

fn explain(tree: &Explanation, depth: usize, out: &mut String) {
    out.push_str(&format!("{}· {:.4} {}\n", "   ".repeat(depth), tree.value, tree.description));
    tree.details.iter().for_each(|d| explain(d, depth + 1, out));
}

fn case(rank: usize, hit: &CaseHit) -> String {
    let fine = hit.fine_fen.map(|f| format!("，罚款{f}")).unwrap_or_default();
    let tier = hit.tier.map(|t| format!("，{}", t.zh())).unwrap_or_default();
    format!(
        "{rank}. {}（{}{tier}{fine}）　{:.3}\n   相似处：{}\n   {}\n",
        hit.title, hit.label, hit.score, hit.why, hit.snippet
    )
}
