//! How much guessing ahead by copying from the prompt gains, on prompts made from the teaching cases. Free text, no guide: the
//! same prompts can be put to another engine (`--dump`).

use std::fmt::Write as _;
use std::process::ExitCode;

use serde::Serialize;

use super::{fail, median, open};
use crate::cli::input;
use crate::domain::precedent::Precedent;
use crate::engine::{Engine, Generated, Message, Request};
use crate::error::Result;
use crate::flow::{Flow, ModelUse};
use crate::settings::Settings;

#[derive(clap::Args, Debug)]
pub struct Args {
    #[arg(long, env = "ZHICAI_MODEL")]
    model: Option<String>,
    /// 多少个提示
    #[arg(long, default_value_t = 12)]
    prompts: usize,
    /// 每个提示最多写出多少词元
    #[arg(long = "gen", default_value_t = 200)]
    count: usize,
    /// 只打印提示（每行一个 JSON），供其他引擎对比
    #[arg(long)]
    dump: bool,
    #[arg(long)]
    json: bool,
}

const SYSTEM: &str = "你是行政处罚文书写作助手。只能依据给出的案件材料写作，不得编造材料中没有的人名、时间、金额、证据和法条。用规范的公文书面语。";

const TASKS: [&str; 3] = [
    "请根据上述案件材料，写出行政处罚决定书的“违法事实”部分，写明时间、地点、行为、收费和证据。",
    "请把上述证据逐项列出，每项写明名称和证明内容。",
    "请写出行政处罚决定书的“事实和证据”部分：先写查明的事实，再逐项列出证据。",
];

#[derive(Serialize)]
struct Line {
    id: String,
    messages: Vec<Message>,
}

#[derive(Serialize)]
struct Prompted {
    id: String,
    prompt_tokens: usize,
    generated_tokens: usize,
    decode_tok_s: f64,
    plain_decode_tok_s: f64,
    /// Tokens per pass of the model.
    tokens_per_pass: f64,
    /// Share of the guessed tokens that proved right.
    accepted_share: f64,
    prefill_tok_s: f64,
    text: String,
}

#[derive(Serialize)]
struct Figures {
    model: String,
    decode_tok_s: f64,
    plain_decode_tok_s: f64,
    prompts: Vec<Prompted>,
}

/// A case file as a prompt.
fn line(case: &Precedent, task: &str) -> Line {
    let mut user = String::from("【案件材料】\n");
    let _ = writeln!(user, "当事人：{}。", case.party.name.as_deref().unwrap_or_default());
    user.push_str(case.facts.narrative.as_deref().unwrap_or_default());
    user.push_str("\n【证据】\n");
    for e in &case.evid {
        let (title, proves) = (e.title.as_deref().unwrap_or_default(), e.proves.as_deref().unwrap_or_default());
        let _ = writeln!(user, "证据{}：{title}，证明{proves}。", e.no);
    }
    if let Some(reasoning) = &case.reasoning {
        let _ = writeln!(user, "【处理意见】\n{reasoning}");
    }
    user.push_str(task);
    Line { id: case.id.clone(), messages: vec![Message::new("system", SYSTEM), Message::new("user", user)] }
}

pub fn run(args: &Args, settings: &Settings) -> Result<ExitCode> {
    let flow = Flow::open(settings, ModelUse::default())?;
    let cases: Vec<&Precedent> = flow.teaching().filter(|c| c.facts.narrative.is_some()).collect();
    let stride = (cases.len() / args.prompts.max(1)).max(1);
    let chosen = cases.iter().step_by(stride).take(args.prompts);
    let lines: Vec<Line> = chosen.enumerate().map(|(i, case)| line(case, TASKS[i % TASKS.len()])).collect();
    if args.dump {
        lines.iter().for_each(|l| println!("{}", serde_json::to_string(l).unwrap_or_default()));
        return Ok(ExitCode::SUCCESS);
    }
    let (engine, model, _) = open(settings, args.model.as_deref())?;
    let mut prompts = Vec::new();
    for line in lines {
        let copied = answer(&engine, &line, args.count, true)?;
        let plain = answer(&engine, &line, args.count, false)?;
        let (stats, speed) =
            (&copied.stats, |g: &Generated| (g.stats.generated_tokens as f64) / g.stats.decode_seconds);
        prompts.push(Prompted {
            id: line.id,
            prompt_tokens: stats.prompt_tokens,
            generated_tokens: stats.generated_tokens,
            decode_tok_s: speed(&copied),
            plain_decode_tok_s: speed(&plain),
            tokens_per_pass: stats.generated_tokens as f64 / stats.passes.max(1) as f64,
            accepted_share: stats.accepted_tokens as f64 / stats.guessed_tokens.max(1) as f64,
            prefill_tok_s: (stats.prompt_tokens - stats.reused_tokens) as f64 / stats.prefill_seconds,
            text: copied.text,
        });
    }
    let over = |f: fn(&Prompted) -> f64| median(prompts.iter().map(f).collect());
    let figures = Figures {
        model,
        decode_tok_s: over(|p| p.decode_tok_s),
        plain_decode_tok_s: over(|p| p.plain_decode_tok_s),
        prompts,
    };
    if args.json {
        input::print(&figures);
        return Ok(ExitCode::SUCCESS);
    }
    for p in &figures.prompts {
        println!(
            "{}：读 {} 词元，写 {} 词元，{:.0} 词元/秒（不照抄 {:.0}），每步 {:.1} 词元，猜中 {:.0}%",
            p.id,
            p.prompt_tokens,
            p.generated_tokens,
            p.decode_tok_s,
            p.plain_decode_tok_s,
            p.tokens_per_pass,
            p.accepted_share * 100.0
        );
    }
    println!(
        "{}：写出中位数 {:.0} 词元/秒，不照抄 {:.0}",
        figures.model, figures.decode_tok_s, figures.plain_decode_tok_s
    );
    Ok(ExitCode::SUCCESS)
}

fn answer(engine: &Engine, line: &Line, count: usize, copying: bool) -> Result<Generated> {
    let mut request = Request::new(line.messages.clone());
    request.max_tokens = count;
    request.copying = copying;
    engine.generate(request, |_| {}).map_err(|e| fail(&e))
}
