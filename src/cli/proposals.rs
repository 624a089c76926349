//! `zhicai rules proposals|confirm|adopt`: a published table of benchmarks, checked cell by cell by people and then put into force.

use std::path::Path;
use std::process::ExitCode;

use super::input;
use crate::corpus::rules::proposal::{self, Adopter, Proposal, ProposalError, Target};
use crate::domain::discretion::tiers::{self, Finding};
use crate::domain::rulebook::RuleBook;
use crate::error::{Class, Report, Result};
use crate::flow::today;

/// 核对一格、一行，或者写明一行不采用
#[derive(clap::Args, Debug)]
pub struct Confirm {
    /// 导入建议的名称
    pub proposal: String,
    /// 一格，如 r5.tier（violation 违法行为、basis 依据、tier 阶次、condition 适用条件、range 裁量幅度）
    #[arg(long, conflicts_with_all = ["row", "exclude"], required_unless_present_any = ["row", "exclude"])]
    pub cell: Option<String>,
    /// 一行中尚未核对的各格，如 r5
    #[arg(long, conflicts_with = "exclude")]
    pub row: Option<String>,
    /// 不采用的一行，如 r5，须写 --reason
    #[arg(long, requires = "reason")]
    pub exclude: Option<String>,
    /// 不采用的理由
    #[arg(long)]
    pub reason: Option<String>,
    /// 更正为：条目代码、阶次（从重@情节严重）、幅度（1万元以上不满3万元）、条件（gains_fen < 5000000；…，或者“无”）
    #[arg(long, requires = "cell")]
    pub set: Option<String>,
    /// 核对人姓名
    #[arg(long)]
    pub by: String,
}

/// 采用
#[derive(clap::Args, Debug)]
pub struct Adopt {
    /// 导入建议的名称
    pub proposal: String,
    /// 复核人姓名，不得是核对人
    #[arg(long)]
    pub by: String,
    /// 阶次有重叠、空档而公布的原文确系如此时，采用的理由
    #[arg(long)]
    pub despite: Option<String>,
    /// 以 JSON 输出
    #[arg(long)]
    pub json: bool,
}

/// The room's error with its exit code.
pub fn report(e: &ProposalError) -> Report {
    let (class, title) = match e {
        ProposalError::NotFound(_) => (Class::NotFound, "没有这个导入建议"),
        ProposalError::Io(..) => (Class::Missing, "导入建议不可用"),
        ProposalError::Missing(_) | ProposalError::Findings(_) => (Class::Refused, "不能采用"),
        ProposalError::Rules(_) => (Class::Invalid, "规则有误"),
        _ => (Class::Invalid, "不能接受"),
    };
    Report::new(class, e.code(), title, e.to_string())
}

/// Lists all, or shows one cell by cell.
pub fn show(name: Option<&str>, json: bool, book: &RuleBook, data_dir: &Path) -> Result<ExitCode> {
    let Some(name) = name else {
        let names = proposal::list(data_dir);
        let mut lines = vec![];
        for name in &names {
            let held = proposal::open(data_dir, name).map_err(|e| report(&e))?;
            lines.push((name.clone(), summary(&held), held));
        }
        if json {
            let all: Vec<_> = lines
                .iter()
                .map(|(name, _, p)| {
                    let (open, all) = open(p);
                    serde_json::json!({ "name": name, "file": p.file, "cells": all, "unconfirmed": open, "adopted": p.adoption })
                })
                .collect();
            input::print(&all);
        } else {
            for (name, summary, _) in &lines {
                println!("{name}　{summary}");
            }
            println!("共{}份。逐格查看：zhicai rules proposals 名称", names.len());
        }
        return Ok(ExitCode::SUCCESS);
    };
    let held = proposal::open(data_dir, name).map_err(|e| report(&e))?;
    let findings = proposal::findings(&held, book);
    if json {
        input::print(&serde_json::json!({ "proposal": held, "findings": findings }));
        return Ok(ExitCode::SUCCESS);
    }
    println!("{name}　{}", summary(&held));
    for row in &held.rows {
        let excluded = row.excluded.as_ref().map(|e| {
            let by = e.by.as_ref().map(|b| format!("（{b}）")).unwrap_or_default();
            format!("　不采用：{}{by}", e.reason)
        });
        println!("{}{}", row.id, excluded.unwrap_or_default());
        for cell in &row.cells {
            let merged = cell.merged_from.as_ref().map(|m| format!("，合并格 {m}")).unwrap_or_default();
            let read = cell.value.as_ref().map_or_else(|| "没有识别".into(), words);
            let who = cell.confirmations.last().map(|c| format!("　{}", c.by)).unwrap_or_default();
            println!(
                "  {:<9} {}{merged}　“{}” → {read}　{}{who}",
                cell.role.code(),
                cell.place,
                cell.original,
                cell.state.zh()
            );
            if let Some(doubt) = &cell.doubt {
                println!("            存疑：{doubt}");
            }
        }
    }
    for note in &held.left_out {
        println!("未导入　{}：{}", note.row, note.why);
    }
    print_findings(&findings);
    Ok(ExitCode::SUCCESS)
}

fn words(value: &proposal::Value) -> String {
    use proposal::Value;
    match value {
        Value::Violation { id } => id.clone(),
        Value::Basis { citation } if citation.is_empty() => "（无表内条款）".into(),
        Value::Basis { citation } => citation.clone(),
        Value::Tier { tier, when } => {
            format!("{}{}", tier.zh(), when.map(|w| format!("，{}", w.zh())).unwrap_or_default())
        }
        Value::Range { base, amount } => format!("{}{amount}", base.map(|b| b.zh()).unwrap_or("基数不明")),
        Value::Conditions { all } if all.is_empty() => "（无条件式）".into(),
        Value::Conditions { all } => all.join("；"),
        Value::Text => "（备注）".into(),
    }
}

/// Needed cells that are not confirmed, and all needed ones.
fn open(held: &Proposal) -> (usize, usize) {
    let needed = || held.rows.iter().filter(|r| r.excluded.is_none()).flat_map(|r| &r.cells).filter(|c| c.needed());
    (needed().filter(|c| c.state != proposal::State::Confirmed).count(), needed().count())
}

fn summary(held: &Proposal) -> String {
    let (open, all) = open(held);
    match &held.adoption {
        Some(a) => format!("{}，{}行，{} 于 {} 采用", held.file, held.rows.len(), a.by, a.at),
        None => format!("{}，{}行，{all}格中未核对{open}格", held.file, held.rows.len()),
    }
}

pub fn confirm(args: &Confirm, book: &RuleBook, data_dir: &Path, at: &str) -> Result<ExitCode> {
    let mut held = proposal::open(data_dir, &args.proposal).map_err(|e| report(&e))?;
    let target = match (&args.cell, &args.row, &args.exclude) {
        (Some(cell), ..) => Target::Cell(cell.clone()),
        (_, Some(row), _) => Target::Row(row.clone()),
        (.., Some(row)) => Target::Exclude(row.clone(), args.reason.clone().unwrap_or_default()),
        _ => {
            return Err(Report::new(
                Class::Invalid,
                "proposal.no_target",
                "不能接受",
                "须写明 --cell、--row 或者 --exclude",
            ));
        }
    };
    let done =
        proposal::confirm(&mut held, book, &target, args.set.as_deref(), &args.by, at).map_err(|e| report(&e))?;
    proposal::save(data_dir, &held).map_err(|e| report(&e))?;
    println!("已记录：{}（{}）。{}", done.join("、"), args.by.trim(), summary(&held));
    print_findings(&proposal::findings(&held, book));
    Ok(ExitCode::SUCCESS)
}

pub fn adopt(args: &Adopt, data_dir: &Path, at: &str) -> Result<ExitCode> {
    let adopter = Adopter { by: args.by.clone(), at: at.into(), today: today(), despite: args.despite.clone() };
    let outcome = proposal::open(data_dir, &args.proposal)
        .and_then(|mut held| proposal::adopt(&mut held, data_dir, &adopter).map(|book| (held, book)));
    let (held, book) = match outcome {
        Ok(done) => done,
        Err(e) => {
            let report = report(&e);
            if args.json {
                return Ok(input::fail(&report, true));
            }
            return Err(report);
        }
    };
    let findings = tiers::of_book(&book);
    let adoption = held.adoption.clone();
    if args.json {
        input::print(&serde_json::json!({
            "ok": true, "adoption": adoption, "version": book.version, "benchmarks": book.benchmarks.len(), "findings": findings,
        }));
    } else {
        let file = adoption.map(|a| a.file).unwrap_or_default();
        println!("已采用：rules/{file}。规则版本 {}，裁量基准{}条。", book.version, book.benchmarks.len());
        print_findings(&findings);
    }
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// One line each, for people.
pub fn print_findings(findings: &[Finding]) {
    for finding in findings {
        println!("阶次核对　{}", finding.text);
    }
}
