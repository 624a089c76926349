//! `zhicai index rebuild`: the search indexes made anew from what is installed, beside the old ones, while a service runs.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;

use super::input;
use crate::corpus::decisions::{self, DecisionError, DecisionSearch, Rebuilt};
use crate::corpus::{self, precedents};
use crate::domain::precedent::Precedent;
use crate::error::{Class, Report, Result};
use crate::settings::Settings;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// 重建法条和案例的检索索引；服务不必停止，建成后自动换用
    Rebuild(Args),
}

#[derive(Debug, clap::Args)]
pub struct Args {
    /// 以 JSON 输出
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Done {
    /// `null` while no statutes are installed.
    statutes: Option<Statutes>,
    decisions: Rebuilt,
}

#[derive(Serialize)]
struct Statutes {
    articles: u64,
    seconds: f64,
}

pub fn run(command: Command, settings: &Settings) -> Result<ExitCode> {
    let Command::Rebuild(args) = command;
    let progress = |done: u64| eprint!("\r案例已索引 {done} 件");
    let decisions = decisions::rebuild(settings.search.decisions, &settings.data_dir, teaching()?, &progress)
        .map_err(|e| report("重建索引失败", &e))?;
    eprintln!();
    let statutes = if corpus::statutes_folder(&settings.data_dir).exists() {
        let clock = Instant::now();
        let articles = corpus::build_index(&settings.data_dir)
            .map_err(|e| Report::new(Class::Missing, e.code(), "重建索引失败", e.to_string()))?;
        Some(Statutes { articles, seconds: clock.elapsed().as_secs_f64() })
    } else {
        None
    };
    let done = Done { statutes, decisions };
    if args.json {
        input::print(&done);
        return Ok(ExitCode::SUCCESS);
    }
    match &done.statutes {
        Some(s) => println!("法条索引：{} 条，用时 {:.1} 秒", s.articles, s.seconds),
        None => println!("法条索引：尚未安装法律文本，没有重建（zhicai setup 可安装）"),
    }
    let d = &done.decisions;
    println!("案例索引：{} 件，{:.1} MB，用时 {:.1} 秒", d.decisions, d.index_bytes as f64 / 1e6, d.seconds);
    Ok(ExitCode::SUCCESS)
}

/// The store of past decisions that the settings name.
pub fn open(settings: &Settings) -> Result<Box<dyn DecisionSearch>> {
    decisions::open(settings.search.decisions, &settings.data_dir, teaching()?).map_err(|e| report("案例库打不开", &e))
}

fn teaching() -> Result<Arc<[Precedent]>> {
    let all = precedents::teaching();
    all.map(Into::into).map_err(|e| Report::new(Class::Internal, e.code(), "教学案例有误", e.to_string()))
}

/// An error of the store for a person.
pub fn report(title: &str, e: &DecisionError) -> Report {
    let class = if matches!(e, DecisionError::Busy(_)) { Class::Busy } else { Class::Missing };
    Report::new(class, e.code(), title, e.to_string())
}
