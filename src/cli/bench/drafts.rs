//! Whole drafts of teaching cases: how long, how often the model's sentences pass, and whether any value lacks a source.

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use serde::Serialize;

use super::{mebibytes, median, peak_rss};
use crate::cli::input;
use crate::domain::assessment::{Assessment, ResultCode};
use crate::domain::document::draft::{Draft, DraftStats};
use crate::domain::precedent::Precedent;
use crate::error::{Class, Report, Result};
use crate::flow::draft::DEFAULT_KIND;
use crate::flow::{Flow, today};
use crate::settings::Settings;

#[derive(clap::Args, Debug)]
pub struct Args {
    #[arg(long, env = "ZHICAI_MODEL")]
    model: Option<String>,
    /// 起草多少件
    #[arg(long, default_value_t = 50)]
    cases: usize,
    /// 同时起草几件
    #[arg(long, default_value_t = 1)]
    together: usize,
    /// 每件接着再起草一次（读入可复用）
    #[arg(long)]
    twice: bool,
    /// 只打印案件（每行一个 JSON），供经 HTTP 测量
    #[arg(long)]
    dump: bool,
    #[arg(long)]
    json: bool,
}

#[derive(Default, Serialize)]
struct Figures {
    cases: usize,
    skipped: usize,
    together: usize,
    /// From the first request to the last draft, the loading of the model left out.
    wall_seconds: f64,
    /// Sum over drafts.
    seconds: f64,
    median_seconds: f64,
    slowest_seconds: f64,
    /// Median of second drafts of the same case.
    #[serde(skip_serializing_if = "Option::is_none")]
    second_median_seconds: Option<f64>,
    model_field_share: f64,
    first_attempt_share: f64,
    accepted_share: f64,
    /// Share of prompt tokens found in the cache.
    reused_share: f64,
    tokens_per_pass: f64,
    /// Share of the writing time spent on what may be written.
    mask_share: f64,
    #[serde(flatten)]
    stats: DraftStats,
    unsupported: Vec<String>,
    elements_missing: Vec<String>,
    peak_rss_bytes: u64,
    #[serde(skip)]
    times: Vec<f64>,
    #[serde(skip)]
    second: Vec<f64>,
}

impl Figures {
    fn take(&mut self, id: &str, draft: &Draft) {
        self.cases += 1;
        self.times.push(draft.seconds);
        self.stats.add(&draft.stats);
        self.unsupported.extend(draft.unsupported.iter().map(|u| format!("{id}：{u}")));
        let lacking = draft.warnings.iter().filter(|w| w.code == "document.element_missing");
        self.elements_missing.extend(lacking.map(|w| format!("{id}：{}", w.text)));
        eprintln!("{id} {:.1} 秒，模型写成 {}/{} 段", draft.seconds, draft.stats.model_fields, draft.stats.fields);
    }

    fn finish(&mut self) {
        let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        let (s, e) = (&self.stats, &self.stats.engine);
        self.seconds = self.times.iter().sum();
        self.median_seconds = median(self.times.clone());
        self.slowest_seconds = self.times.iter().copied().fold(0.0, f64::max);
        self.second_median_seconds = (!self.second.is_empty()).then(|| median(self.second.clone()));
        self.model_field_share = share(s.model_fields.into(), s.fields.into());
        self.first_attempt_share = share(s.first_attempt_accepted.into(), s.sentences.into());
        self.accepted_share = share(s.accepted.into(), s.sentences.into());
        self.reused_share = share(e.reused_tokens as f64, e.prompt_tokens as f64);
        self.tokens_per_pass = share(e.generated_tokens as f64, e.passes as f64);
        self.mask_share = share(e.mask_seconds, e.decode_seconds);
        self.peak_rss_bytes = peak_rss();
    }
}

pub fn run(args: &Args, settings: &Settings) -> Result<ExitCode> {
    let flow = input::flow(settings, args.model.as_deref())?;
    let mut all: Vec<Precedent> =
        flow.teaching().filter(|c| c.disc.final_.as_ref().is_some_and(|f| !f.kinds.is_empty())).cloned().collect();
    // Spread over the corpus instead of taking one law after the other.
    let stride = (all.len() / args.cases.max(1)).max(1);
    let order: Vec<usize> =
        (0..all.len()).step_by(stride).chain((0..all.len()).filter(|i| !i.is_multiple_of(stride))).collect();
    let all: Vec<Precedent> = order.into_iter().map(|i| std::mem::take(&mut all[i])).collect();
    if args.dump {
        let offered = all.iter().filter(|case| assess(&flow, case).is_ok()).take(args.cases);
        offered.for_each(|case| println!("{}", serde_json::to_string(&case.as_case()).unwrap_or_default()));
        return Ok(ExitCode::SUCCESS);
    }
    flow.engine()?;
    let figures = Mutex::new(Figures { together: args.together.max(1), ..Figures::default() });
    let (next, clock) = (AtomicUsize::new(0), Instant::now());
    let lock = || figures.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    // Cases handed out and not skipped never exceed the number wanted.
    let (wanted, handed) = (args.cases, AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..args.together.max(1) {
            scope.spawn(|| {
                while handed.fetch_add(1, Ordering::Relaxed) < wanted {
                    let drafted = loop {
                        let Some(case) = all.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
                        match draft(&flow, case) {
                            Ok(draft) => break (case, draft),
                            Err(report) => {
                                eprintln!("{}：{report}", case.id);
                                lock().skipped += 1;
                            }
                        }
                    };
                    let second = args.twice.then(|| draft(&flow, drafted.0)).and_then(Result::ok);
                    let mut figures = lock();
                    figures.take(&drafted.0.id, &drafted.1);
                    figures.second.extend(second.map(|d| d.seconds));
                }
            });
        }
    });
    let mut figures = figures.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    figures.wall_seconds = clock.elapsed().as_secs_f64();
    figures.finish();
    if args.json {
        input::print(&figures);
    } else {
        print(&figures);
    }
    Ok(if figures.unsupported.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// The assessment of a case, the case itself left out of its comparison, if it can be drafted.
fn assess(flow: &Flow, precedent: &Precedent) -> Result<Assessment> {
    let assessment = flow.assess_on(&precedent.as_case(), today(), Some(&precedent.id))?;
    if !matches!(assessment.result, ResultCode::Range | ResultCode::NotFineable) {
        return Err(Report::new(Class::Refused, "bench.no_range", "没有裁量幅度，不起草", ""));
    }
    Ok(assessment)
}

fn draft(flow: &Flow, precedent: &Precedent) -> Result<Draft> {
    let (case, assessment) = (precedent.as_case(), assess(flow, precedent)?);
    flow.draft_with(&case, &assessment, DEFAULT_KIND, today(), &|| false, &|_| {})
}

fn print(f: &Figures) {
    println!(
        "起草 {} 件（跳过 {} 件，同时 {} 件），共 {:.1} 秒；每件中位数 {:.1} 秒，最慢 {:.1} 秒；起草段落 {} 个，模型写成 {} 个（{:.1}%）；句子 {} 句，首次通过 {:.1}%，最终通过 {:.1}%；无出处的值 {} 处；缺法定要素 {} 处；内存峰值 {:.0} MiB",
        f.cases,
        f.skipped,
        f.together,
        f.wall_seconds,
        f.median_seconds,
        f.slowest_seconds,
        f.stats.fields,
        f.stats.model_fields,
        f.model_field_share * 100.0,
        f.stats.sentences,
        f.first_attempt_share * 100.0,
        f.accepted_share * 100.0,
        f.unsupported.len(),
        f.elements_missing.len(),
        mebibytes(f.peak_rss_bytes)
    );
    println!(
        "读入复用 {:.1}%；每步写出 {:.1} 词元；可写范围的计算占写出时间 {:.1}%",
        f.reused_share * 100.0,
        f.tokens_per_pass,
        f.mask_share * 100.0
    );
    if let Some(second) = f.second_median_seconds {
        println!("同案再起草一次：中位数 {second:.1} 秒");
    }
    for lack in f.unsupported.iter().chain(&f.elements_missing) {
        println!("  {lack}");
    }
}
