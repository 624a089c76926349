//! `zhicai bench model` and `zhicai bench drafts`: measured on this machine, with this model.

use std::process::ExitCode;
use std::time::Instant;

use serde::Serialize;

use super::input;
use crate::domain::assessment::ResultCode;
use crate::domain::document::draft::DraftStats;
use crate::engine;
use crate::error::{Class, Report, Result};
use crate::flow::draft::DEFAULT_KIND;
use crate::flow::today;
use crate::settings::Settings;

#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// 模型读写速度、装载时间与内存峰值
    Model {
        #[arg(long, env = "ZHICAI_MODEL")]
        model: Option<String>,
        /// 读入多少词元
        #[arg(long, default_value_t = 512)]
        prompt: usize,
        /// 写出多少词元
        #[arg(long = "gen", default_value_t = 64)]
        count: usize,
        #[arg(long)]
        json: bool,
    },
    /// 连续起草教学案例：首次通过率、模型写成率、无出处的值
    Drafts {
        #[arg(long, env = "ZHICAI_MODEL")]
        model: Option<String>,
        /// 起草多少件
        #[arg(long, default_value_t = 50)]
        cases: usize,
        #[arg(long)]
        json: bool,
    },
}

#[derive(Serialize)]
struct ModelFigures {
    model: String,
    implementation: &'static str,
    prefill_tok_s: f64,
    decode_tok_s: f64,
    load_s: f64,
    peak_rss_bytes: u64,
}

#[derive(Default, Serialize)]
struct DraftFigures {
    cases: usize,
    skipped: usize,
    seconds: f64,
    slowest_seconds: f64,
    fields: u32,
    model_fields: u32,
    model_field_share: f64,
    sentences: u32,
    first_attempt_share: f64,
    accepted_share: f64,
    unsupported: Vec<String>,
    elements_missing: Vec<String>,
    peak_rss_bytes: u64,
}

pub fn run(args: Args, settings: &Settings) -> Result<ExitCode> {
    match args.what {
        What::Model { model, prompt, count, json } => bench_model(settings, model.as_deref(), prompt, count, json),
        What::Drafts { model, cases, json } => bench_drafts(settings, model.as_deref(), cases, json),
    }
}

fn bench_model(settings: &Settings, model: Option<&str>, prompt: usize, count: usize, json: bool) -> Result<ExitCode> {
    let wanted = input::model_use(settings, model)?;
    let (Some(path), Some(id)) = (wanted.path, wanted.id) else {
        return Err(Report::new(Class::Invalid, "bench.no_model", "没有可测的模型", "请用 --model 指定模型"));
    };
    let fail = |e: engine::EngineError| Report::new(Class::Missing, e.code(), "模型不可用", e.to_string());
    let clock = Instant::now();
    let engine = engine::open(&path).map_err(fail)?;
    let load_s = clock.elapsed().as_secs_f64();
    engine.bench(32, 4).map_err(fail)?;
    let (prefill, decode) = engine.bench(prompt.clamp(1, 4096), count.clamp(1, 1024)).map_err(fail)?;
    let figures = ModelFigures {
        model: id,
        implementation: engine.implementation(),
        prefill_tok_s: prompt as f64 / prefill,
        decode_tok_s: count as f64 / decode,
        load_s,
        peak_rss_bytes: peak_rss(),
    };
    if json {
        input::print(&figures);
    } else {
        println!(
            "{}（{}）：读入 {:.0} 词元/秒，写出 {:.0} 词元/秒，装载 {:.1} 秒，内存峰值 {:.0} MiB",
            figures.model,
            figures.implementation,
            figures.prefill_tok_s,
            figures.decode_tok_s,
            figures.load_s,
            figures.peak_rss_bytes as f64 / 1048576.0
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn bench_drafts(settings: &Settings, model: Option<&str>, wanted: usize, json: bool) -> Result<ExitCode> {
    let flow = input::flow(settings, model)?;
    let mut figures = DraftFigures::default();
    let mut total = DraftStats::default();
    let all: Vec<_> =
        flow.teaching().filter(|c| c.disc.final_.as_ref().is_some_and(|f| !f.kinds.is_empty())).cloned().collect();
    // Spread over the corpus instead of taking one law after the other.
    let stride = (all.len() / wanted.max(1)).max(1);
    for precedent in all.iter().step_by(stride).chain(all.iter().skip(1).step_by(stride)) {
        if figures.cases >= wanted {
            break;
        }
        let case = precedent.as_case();
        let assessment = flow.assess_on(&case, today(), Some(&precedent.id))?;
        if !matches!(assessment.result, ResultCode::Range | ResultCode::NotFineable) {
            figures.skipped += 1;
            continue;
        }
        let draft = match flow.draft_with(&case, &assessment, DEFAULT_KIND, today(), &|| false, &|_| {}) {
            Ok(draft) => draft,
            Err(report) => {
                eprintln!("{}：{report}", precedent.id);
                figures.skipped += 1;
                continue;
            }
        };
        figures.cases += 1;
        figures.seconds += draft.seconds;
        figures.slowest_seconds = figures.slowest_seconds.max(draft.seconds);
        figures.unsupported.extend(draft.unsupported.iter().map(|u| format!("{}：{u}", precedent.id)));
        let lacking = draft.warnings.iter().filter(|w| w.code == "document.element_missing");
        figures.elements_missing.extend(lacking.map(|w| format!("{}：{}", precedent.id, w.text)));
        total.fields += draft.stats.fields;
        total.model_fields += draft.stats.model_fields;
        total.sentences += draft.stats.sentences;
        total.first_attempt_accepted += draft.stats.first_attempt_accepted;
        total.accepted += draft.stats.accepted;
        eprintln!(
            "{} {:.1} 秒，模型写成 {}/{} 段",
            precedent.id, draft.seconds, draft.stats.model_fields, draft.stats.fields
        );
    }
    let share = |part: u32, whole: u32| if whole == 0 { 0.0 } else { f64::from(part) / f64::from(whole) };
    figures.fields = total.fields;
    figures.model_fields = total.model_fields;
    figures.model_field_share = share(total.model_fields, total.fields);
    figures.sentences = total.sentences;
    figures.first_attempt_share = share(total.first_attempt_accepted, total.sentences);
    figures.accepted_share = share(total.accepted, total.sentences);
    figures.peak_rss_bytes = peak_rss();
    if json {
        input::print(&figures);
    } else {
        println!(
            "起草 {} 件（跳过 {} 件），共 {:.1} 秒，最慢 {:.1} 秒；起草段落 {} 个，模型写成 {} 个（{:.1}%）；句子 {} 句，首次通过 {:.1}%，最终通过 {:.1}%；无出处的值 {} 处；缺法定要素 {} 处；内存峰值 {:.0} MiB",
            figures.cases,
            figures.skipped,
            figures.seconds,
            figures.slowest_seconds,
            figures.fields,
            figures.model_fields,
            figures.model_field_share * 100.0,
            figures.sentences,
            figures.first_attempt_share * 100.0,
            figures.accepted_share * 100.0,
            figures.unsupported.len(),
            figures.elements_missing.len(),
            figures.peak_rss_bytes as f64 / 1048576.0
        );
        for lack in figures.unsupported.iter().chain(&figures.elements_missing) {
            println!("  {lack}");
        }
    }
    Ok(if figures.unsupported.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Peak resident memory of this process in bytes; 0 where the system does not tell.
fn peak_rss() -> u64 {
    std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|s| {
            s.lines()
                .find_map(|l| l.strip_prefix("VmHWM:"))
                .and_then(|v| v.trim().trim_end_matches(" kB").trim().parse::<u64>().ok())
        })
        .map_or(0, |kib| kib * 1024)
}
