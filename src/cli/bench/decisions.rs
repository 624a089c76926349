//! The store of past decisions at any size: fictitious decisions are generated, imported, indexed, and searched in a process of
//! its own, so that its memory is that of a service and not of the import.

use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Instant;

use jiff::civil::date;
use serde::{Deserialize, Serialize};

use super::{mebibytes, peak_rss, process_status};
use crate::cli::{index, input};
use crate::corpus::decisions::fictitious::Mould;
use crate::corpus::decisions::{
    DecisionError, DecisionQuery, DecisionSearch, DecisionStats, FOLDER, Filter, LocalDecisions, line,
};
use crate::corpus::precedents;
use crate::domain::precedent::Precedent;
use crate::error::{Class, Report, Result};

#[derive(clap::Args, Debug)]
pub struct Args {
    /// 生成多少件虚构案例
    #[arg(long, default_value_t = 10_000)]
    count: u64,
    /// 在这个文件夹下建临时文件夹（测完即删）；不写则用系统临时文件夹
    #[arg(long)]
    dir: Option<std::path::PathBuf>,
    /// 每种检索测多少次
    #[arg(long, default_value_t = 500)]
    queries: u64,
    /// 每次取多少件
    #[arg(long, default_value_t = 200)]
    limit: usize,
    /// 种子：相同的种子生成相同的案例
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// 不生成，只检索 --dir 中已有的案例库
    #[arg(long, hide = true, requires = "dir")]
    existing: bool,
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Figures {
    decisions: u64,
    record_bytes: u64,
    index_bytes: u64,
    index_bytes_per_decision: f64,
    /// The index made from the files.
    rebuild_per_s: f64,
    rebuild_s: f64,
    /// Importing a thousand more: generated, checked, written and indexed.
    thousand_more_s: f64,
    build_peak_rss_bytes: u64,
    searched: Searched,
}

/// What the process that searches measures.
#[derive(Debug, Serialize, Deserialize)]
struct Searched {
    open_ms: f64,
    /// Records that opening had to parse.
    parsed_at_open: u64,
    segments: usize,
    rss_bytes: u64,
    /// The part of it that is not the index file itself, mapped.
    rss_anonymous_bytes: u64,
    /// Of the ten best by every term of a narrative, the share among what the bounded search finds, and among its ten best.
    ten_best_found: f64,
    ten_best_same: f64,
    latency: Vec<Latency>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Latency {
    /// `words` or `narrative`.
    query: String,
    /// `all`, `same_violation` (decided before a day, not revoked), or `both`, as 裁量 asks.
    scope: String,
    n: usize,
    /// Finding alone, then with the records read and parsed.
    find_p50_ms: f64,
    find_p99_ms: f64,
    whole_p50_ms: f64,
    whole_p99_ms: f64,
    whole_max_ms: f64,
    mean_found: f64,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let teaching: Arc<[Precedent]> = precedents::teaching().map_err(|e| broken(&e))?.into();
    if let (true, Some(dir)) = (args.existing, &args.dir) {
        input::print(&search(dir, args, &teaching)?);
        return Ok(ExitCode::SUCCESS);
    }
    let parent = args.dir.clone().unwrap_or_else(std::env::temp_dir);
    let scratch = tempfile::tempdir_in(parent).map_err(|e| broken(&e))?;
    let figures = measure(scratch.path(), args, &teaching)?;
    scratch.close().map_err(|e| broken(&e))?;
    if args.json {
        input::print(&figures);
        return Ok(ExitCode::SUCCESS);
    }
    let f = &figures;
    println!("案例 {} 件（生成的虚构数据）", f.decisions);
    println!(
        "记录 {:.0} MiB，索引 {:.0} MiB（每件 {:.0} 字节）",
        mebibytes(f.record_bytes),
        mebibytes(f.index_bytes),
        f.index_bytes_per_decision
    );
    println!(
        "建立索引 {:.0} 件/秒（{:.1} 秒）；再导入一千件 {:.1} 秒；建立时内存峰值 {:.0} MiB",
        f.rebuild_per_s,
        f.rebuild_s,
        f.thousand_more_s,
        mebibytes(f.build_peak_rss_bytes)
    );
    let s = &f.searched;
    println!(
        "打开 {:.1} 毫秒（解析记录 {} 件）；检索进程内存 {:.0} MiB，其中索引映射以外 {:.0} MiB",
        s.open_ms,
        s.parsed_at_open,
        mebibytes(s.rss_bytes),
        mebibytes(s.rss_anonymous_bytes)
    );
    println!(
        "叙述用全部词检索的前十件，有 {:.1}% 在检索结果中，{:.1}% 仍在前十",
        s.ten_best_found * 100.0,
        s.ten_best_same * 100.0
    );
    for l in &s.latency {
        println!(
            "{} {}：查找 p50 {:.2} p99 {:.2} 毫秒；连同读取记录 p50 {:.2} p99 {:.2} 最长 {:.2} 毫秒；平均 {:.0} 件",
            l.query,
            l.scope,
            l.find_p50_ms,
            l.find_p99_ms,
            l.whole_p50_ms,
            l.whole_p99_ms,
            l.whole_max_ms,
            l.mean_found
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn measure(dir: &Path, args: &Args, teaching: &Arc<[Precedent]>) -> Result<Figures> {
    let mould = Mould::new(teaching, args.seed);
    write(&dir.join(FOLDER), (0..args.count).filter_map(|n| mould.decision(n))).map_err(|e| broken(&e))?;
    let store = LocalDecisions::unopened(dir, teaching.clone());
    let rebuilt = store.rebuild(&|done| eprint!("\r已索引 {done} 件")).map_err(|e| failed(&e))?;
    eprintln!();
    let clock = Instant::now();
    let more = args.count..args.count + 1000;
    store.add(&mut more.filter_map(|n| mould.decision(n))).map_err(|e| failed(&e))?;
    let thousand_more_s = clock.elapsed().as_secs_f64();
    let DecisionStats { decisions, index_bytes, record_bytes, .. } = store.stats().map_err(|e| failed(&e))?;
    Ok(Figures {
        decisions,
        record_bytes,
        index_bytes,
        index_bytes_per_decision: index_bytes as f64 / decisions.max(1) as f64,
        rebuild_per_s: rebuilt.decisions as f64 / rebuilt.seconds,
        rebuild_s: rebuilt.seconds,
        thousand_more_s,
        build_peak_rss_bytes: peak_rss(),
        searched: elsewhere(dir, args)?,
    })
}

/// The file that an import would write.
fn write(folder: &Path, decisions: impl Iterator<Item = Precedent>) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut file = std::io::BufWriter::new(std::fs::File::create(folder.join("imported-000001.jsonl"))?);
    for decision in decisions {
        file.write_all(&line(&decision)?)?;
        file.write_all(b"\n")?;
    }
    file.into_inner()?.sync_all()
}

/// [`search`] in a process of its own.
fn elsewhere(dir: &Path, args: &Args) -> Result<Searched> {
    let mut command = Command::new(std::env::current_exe().map_err(|e| broken(&e))?);
    command.args(["bench", "decisions", "--existing", "--json", "--dir"]).arg(dir);
    for (flag, value) in
        [("--queries", args.queries), ("--limit", args.limit as u64), ("--seed", args.seed), ("--count", args.count)]
    {
        command.arg(flag).arg(value.to_string());
    }
    let output = command.stderr(std::process::Stdio::inherit()).output().map_err(|e| broken(&e))?;
    serde_json::from_slice(&output.stdout).map_err(|e| broken(&e))
}

fn search(dir: &Path, args: &Args, teaching: &Arc<[Precedent]>) -> Result<Searched> {
    let clock = Instant::now();
    let store = LocalDecisions::open(dir, teaching.clone()).map_err(|e| failed(&e))?;
    let open_ms = clock.elapsed().as_secs_f64() * 1000.0;
    let opened = store.stats().map_err(|e| failed(&e))?;
    // Facts that are not in the store, of the same kinds.
    let mould = Mould::new(teaching, args.seed ^ 0xffff_ffff);
    let facts: Vec<Precedent> = (0..args.queries).filter_map(|n| mould.decision(n)).collect();
    let mut latency = Vec::new();
    for kind in ["words", "narrative"] {
        for scope in ["all", "same_violation", "both"] {
            let queries: Vec<Vec<DecisionQuery>> =
                facts.iter().enumerate().map(|(i, f)| queries(f, i, kind, scope, args.limit)).collect();
            for query in queries.iter().take(50) {
                store.near(query).map_err(|e| failed(&e))?;
            }
            let (mut find, mut whole, mut found) = (Vec::new(), Vec::new(), 0);
            for query in &queries {
                let clock = Instant::now();
                store.near(query).map_err(|e| failed(&e))?;
                find.push(clock.elapsed().as_secs_f64() * 1000.0);
            }
            for query in &queries {
                let clock = Instant::now();
                found += store.search(query).map_err(|e| failed(&e))?.len();
                whole.push(clock.elapsed().as_secs_f64() * 1000.0);
            }
            let at = |times: &mut Vec<f64>, share: f64| {
                times.sort_by(f64::total_cmp);
                times.get((times.len().saturating_sub(1) as f64 * share) as usize).copied().unwrap_or_default()
            };
            latency.push(Latency {
                query: kind.into(),
                scope: scope.into(),
                n: queries.len(),
                find_p50_ms: at(&mut find, 0.5),
                find_p99_ms: at(&mut find, 0.99),
                whole_p50_ms: at(&mut whole, 0.5),
                whole_p99_ms: at(&mut whole, 0.99),
                whole_max_ms: at(&mut whole, 1.0),
                mean_found: found as f64 / queries.len().max(1) as f64,
            });
        }
    }
    let sample: Vec<DecisionQuery> =
        facts.iter().enumerate().take(50).flat_map(|(i, f)| queries(f, i, "narrative", "all", args.limit)).collect();
    let (rss_bytes, rss_anonymous_bytes) = (process_status("VmRSS:"), process_status("RssAnon:"));
    let (mut found, mut same) = (0.0, 0.0);
    for query in &sample {
        let shares = store.agreement(query, 10).map_err(|e| failed(&e))?;
        (found, same) = (found + shares.0, same + shares.1);
    }
    let of_all = |sum: f64| sum / sample.len().max(1) as f64;
    Ok(Searched {
        ten_best_found: of_all(found),
        ten_best_same: of_all(same),
        open_ms,
        parsed_at_open: opened.parsed,
        segments: opened.segments,
        rss_bytes,
        rss_anonymous_bytes,
        latency,
    })
}

fn queries(facts: &Precedent, number: usize, kind: &str, scope: &str, limit: usize) -> Vec<DecisionQuery> {
    let narrative = facts.facts.narrative.clone().unwrap_or_default();
    let text = if kind == "words" {
        // A few words out of the middle, as a person would type them.
        let clauses: Vec<&str> = narrative.split(['，', '。', '；']).filter(|c| c.chars().count() >= 4).collect();
        let clause = clauses.get(number % clauses.len().max(1)).copied().unwrap_or_default();
        clause.chars().take(4 + number % 5).collect()
    } else {
        narrative
    };
    let all = DecisionQuery { text, filter: Filter::default(), limit };
    let filter = Filter {
        violation: facts.facts.violation.clone(),
        decided_before: Some(date(2026, 1, 1)),
        ..Filter::default()
    };
    let same = DecisionQuery { filter, ..all.clone() };
    match scope {
        "all" => vec![all],
        "same_violation" => vec![same],
        _ => vec![all, same],
    }
}

fn failed(e: &DecisionError) -> Report {
    index::report("案例库测速没有完成", e)
}

fn broken(e: &dyn std::fmt::Display) -> Report {
    Report::new(Class::Internal, "bench.decisions", "案例库测速没有完成", e.to_string())
}
