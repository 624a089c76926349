//! `zhicai workshop …`: a whole set unattended through the engine, against what was decided and what a class thought.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;

use super::input;
use crate::corpus::question_sets::MOST_BYTES;
use crate::domain::discretion::range::show;
use crate::domain::workshop::Question;
use crate::domain::workshop::score::Score;
use crate::error::{Class, Report, Result};
use crate::flow::Flow;
use crate::flow::workshops::{Compared, Compares, Wanted};
use crate::settings::Settings;

#[derive(clap::Subcommand, Debug)]
pub enum Command {
    /// 一套题逐题推算，与实际决定和一场研讨的作答比较；实际决定不在法定幅度内的，退出码为1
    Run(Run),
    /// 列出可以组题的教学案例
    Cases(Cases),
    /// 核对题库表，逐行报告；有不能导入的行，退出码为1
    Check {
        /// 题库表（CSV）
        table: PathBuf,
        #[arg(long)]
        json: bool,
    },
}

#[derive(clap::Args, Debug, Default)]
pub struct Filter {
    /// 违法行为代码
    #[arg(long, default_value = "")]
    violation: String,
    /// 阶次代码
    #[arg(long, default_value = "")]
    tier: String,
    /// 难度：basic、medium、hard
    #[arg(long, default_value = "")]
    difficulty: String,
}

impl Filter {
    fn wanted(self) -> Wanted {
        Wanted { violation: self.violation, tier: self.tier, difficulty: self.difficulty }
    }
}

#[derive(clap::Args, Debug)]
pub struct Run {
    /// 题库表（CSV）；不给时用教学案例
    set: Option<PathBuf>,
    #[command(flatten)]
    filter: Filter,
    /// 一场研讨的编号（课堂页地址的最后一段）：比较其作答；没有给题目时就用它的题目
    #[arg(long)]
    session: Option<String>,
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args, Debug)]
pub struct Cases {
    #[command(flatten)]
    filter: Filter,
    #[arg(long)]
    json: bool,
}

pub fn run(command: Command, settings: &Settings) -> Result<ExitCode> {
    let flow = input::flow(settings, Some("none"))?;
    match command {
        Command::Run(args) => compare(args, &flow),
        Command::Cases(args) => cases(args, &flow),
        Command::Check { table, json } => check(&table, json, &flow),
    }
}

fn bytes(path: &PathBuf) -> Result<Vec<u8>> {
    let unreadable = |e: std::io::Error| {
        Report::new(Class::Invalid, "input.unreadable", "无法读取输入", format!("{}：{e}", path.display()))
    };
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > MOST_BYTES as u64 {
        return Err(Report::new(Class::TooLarge, "input.too_large", "输入过大", "题库表最大 1 MB"));
    }
    std::fs::read(path).map_err(unreadable)
}

fn class(flow: &Flow, id: &str) -> Result<(Vec<Question>, Vec<Vec<crate::domain::workshop::Answer>>)> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Report::new(Class::Internal, "workshop.runtime", "无法启动", e.to_string()))?;
    runtime.block_on(async {
        let found = flow.class_for_machine(id).await;
        let closed = flow.close_store().await;
        found.and_then(|f| closed.map(|()| f))
    })
}

fn compare(args: Run, flow: &Flow) -> Result<ExitCode> {
    let class = args.session.as_deref().map(|id| class(flow, id)).transpose()?;
    let wanted = args.filter.wanted();
    let mut refused = vec![];
    let questions = match (&args.set, &class) {
        (Some(path), _) => {
            let (questions, wrong) = flow.read_questions(&bytes(path)?)?;
            refused = wrong;
            questions.into_iter().map(|(_, q)| q).collect()
        }
        (None, Some((questions, _))) if wanted == Wanted::default() => questions.clone(),
        (None, _) => flow.workshop_questions(&wanted)?,
    };
    for row in &refused {
        eprintln!("第{}行没有导入：{}", row.row, row.why);
    }
    if questions.is_empty() {
        return Err(Report::new(
            Class::Invalid,
            "workshop.empty",
            "没有题目",
            "题库表没有可用的行，或者没有符合条件的教学案例",
        ));
    }
    let out = flow.run_set(&questions, class.as_ref());
    if args.json {
        input::print(&json!({ "result": out, "refused": refused }));
    } else {
        print!("{}", plain(&out));
    }
    Ok(ExitCode::from(u8::from(out.cases.iter().any(|c| c.unlawful))))
}

fn plain(out: &Compares) -> String {
    let mut lines: Vec<String> = out.cases.iter().flat_map(case_lines).collect();
    let n = out.cases.len();
    lines.push(format!(
        "共{n}个案例：阶次与机器一致{}个；有罚款{}个，在法定幅度内{}个，在建议幅度内{}个；规则版本 {}",
        out.same_tier, out.fined, out.in_range, out.in_suggested, out.rules_version
    ));
    if out.others > 0 {
        lines.push(format!("另有{}题不是案例，不作推算", out.others));
    }
    lines.join("\n") + "\n"
}

fn case_lines(c: &Compared) -> Vec<String> {
    let none = "—".to_string();
    let machine = &c.machine;
    let ranges: Vec<String> = machine.ranges.iter().map(show).collect();
    let mut lines = vec![
        format!("{}. {}　{}（{}）", c.question, c.case_id, c.title, c.difficulty_zh),
        format!("   条款：{}", machine.articles.join("、")),
        format!(
            "   机器：{}；阶次{}；法定幅度{}；建议幅度{}",
            machine.result_zh,
            machine.tier_zh.unwrap_or("由人择定"),
            if ranges.is_empty() { none.clone() } else { ranges.join("或者") },
            machine.suggested_fen.as_ref().map_or(none.clone(), show),
        ),
        format!(
            "   实际：阶次{}；{}；罚款{}",
            c.actual.tier_zh.unwrap_or("—"),
            if c.actual.kinds.is_empty() { "不处罚".into() } else { c.actual.kinds.join("、") },
            c.actual.fine_fen.map_or(none.clone(), |f| f.to_string()),
        ),
    ];
    if let Some(class) = &c.class {
        let tiers: Vec<String> = class.tiers.iter().map(|(zh, n)| format!("{zh}{n}人")).collect();
        lines.push(format!(
            "   班级：{}人作答；{}；罚款中位数{}；平均{}分（满分{}）",
            class.answered,
            tiers.join("、"),
            class.median_fen.map_or(none, |f| f.to_string()),
            Score::shown(class.mean),
            Score::shown(class.of),
        ));
    }
    lines.extend(c.differs.iter().map(|d| format!("   差异：{d}")));
    lines
}

fn cases(args: Cases, flow: &Flow) -> Result<ExitCode> {
    let found = flow.workshop_candidates(&args.filter.wanted())?;
    if args.json {
        input::print(&found);
    } else {
        for c in &found {
            println!("{}　{}　{}　{}　{}", c.case_id, c.difficulty_zh, c.tier_zh, c.act, c.title);
        }
        println!("共{}个", found.len());
    }
    Ok(ExitCode::SUCCESS)
}

fn check(table: &PathBuf, as_json: bool, flow: &Flow) -> Result<ExitCode> {
    let (questions, refused) = flow.read_questions(&bytes(table)?)?;
    if as_json {
        let rows: Vec<usize> = questions.iter().map(|(row, _)| *row).collect();
        input::print(&json!({ "accepted": rows, "refused": refused }));
    } else {
        println!("可以导入{}题", questions.len());
        for row in &refused {
            println!("第{}行不能导入：{}", row.row, row.why);
        }
    }
    Ok(ExitCode::from(u8::from(!refused.is_empty())))
}
