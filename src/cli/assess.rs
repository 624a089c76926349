//! `zhicai assess CASE.json|- [--json]`: the facts of a case → articles, range, factors, triggers. Never a final figure.

use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use jiff::civil::Date;

use crate::corpus::rules;
use crate::domain::assessment::Assessment;
use crate::domain::discretion::range::show;
use crate::domain::discretion::{NoTexts, ProvisionTexts, assess};
use crate::domain::intake::{self, InputProblem};
use crate::domain::rulebook::RuleBook;
use crate::settings::Settings;

/// Larger inputs are refused before they are parsed.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

#[derive(clap::Args, Debug)]
pub struct Args {
    /// 案件 JSON 文件，- 表示标准输入
    pub case: PathBuf,
    /// 以 JSON 输出
    #[arg(long)]
    pub json: bool,
}

/// Without installed statutes: every validity is unknown, and the result says so.
pub fn run(args: Args, settings: &Settings) -> anyhow::Result<ExitCode> {
    run_with(args, settings, &NoTexts)
}

/// With the installed statutes as `texts`.
pub fn run_with(args: Args, settings: &Settings, texts: &dyn ProvisionTexts) -> anyhow::Result<ExitCode> {
    let book = match rules::load(Some(&settings.data_dir)) {
        Ok(book) => book,
        Err(e) => {
            eprintln!("{e}");
            return Ok(ExitCode::from(3));
        }
    };
    let bytes = match read(&args.case) {
        Ok(bytes) => bytes,
        Err(e) => return reject(args.json, &[problem("", format!("{e:#}"), "input.unreadable")]),
    };
    let Ok(text) = String::from_utf8(bytes) else {
        return reject(args.json, &[problem("", "案件文件不是 UTF-8 编码，请另存为 UTF-8".into(), "input.not_utf8")]);
    };
    let today = today();
    let (case, notices) = match intake::accept(&text, &book, today) {
        Ok(accepted) => accepted,
        Err(rejected) => return reject(args.json, &rejected.problems()),
    };
    let mut assessment = assess(&book, texts, &case, today);
    assessment.warnings.extend(notices);
    if args.json {
        println!("{}", serde_json::to_string_pretty(&assessment)?);
    } else {
        print!("{}", plain(&assessment, &book));
    }
    Ok(ExitCode::SUCCESS)
}

/// Today in the legal time of the country, wherever the machine stands.
pub fn today() -> Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(8))).date()
}

fn read(path: &PathBuf) -> anyhow::Result<Vec<u8>> {
    let mut bytes = vec![];
    if path.as_os_str() == "-" {
        std::io::stdin().lock().take(MAX_BYTES + 1).read_to_end(&mut bytes).context("无法读取标准输入")?;
    } else {
        let file = std::fs::File::open(path).with_context(|| format!("无法打开案件文件 {}", path.display()))?;
        file.take(MAX_BYTES + 1)
            .read_to_end(&mut bytes)
            .with_context(|| format!("无法读取案件文件 {}", path.display()))?;
    }
    anyhow::ensure!(bytes.len() as u64 <= MAX_BYTES, "案件文件超过16MB，请删减");
    Ok(bytes)
}

fn problem(path: &str, message: String, code: &'static str) -> InputProblem {
    InputProblem { path: path.into(), message, code, fatal: true }
}

/// Bad input: every problem with its place, exit code 2.
fn reject(json: bool, problems: &[InputProblem]) -> anyhow::Result<ExitCode> {
    for problem in problems.iter().filter(|p| p.fatal) {
        if problem.path.is_empty() {
            eprintln!("输入有误：{}（{}）", problem.message, problem.code);
        } else {
            eprintln!("输入有误：{}：{}（{}）", problem.path, problem.message, problem.code);
        }
    }
    if json {
        println!("{}", serde_json::to_string_pretty(&serde_json::json!({ "errors": problems }))?);
    }
    Ok(ExitCode::from(2))
}

/// The assessment for a person to read.
pub fn plain(a: &Assessment, book: &RuleBook) -> String {
    let mut out = vec![format!("违法行为：{}　{}", a.violation, a.act), format!("结论：{}", a.result.zh())];
    for clause in &a.clauses {
        let provision = crate::domain::law::Provision {
            law: clause.law.clone(),
            article: clause.article,
            paragraph: clause.paragraph,
            items: clause.items.clone(),
        };
        out.push(format!("{}：{provision}（{}）", clause.role.zh(), clause.validity.zh()));
    }
    if let Some(gains) = a.gains_fen {
        out.push(format!("违法所得：{gains}"));
    }
    if let Some(sum) = a.confiscate_fen {
        out.push(format!("没收违法所得（扣除已退还）：{sum}"));
    }
    for option in &a.penalties {
        let mut line = format!("处罚：{}（{}）", book.kind_zh(option.kind), option.mode.zh());
        if let Some(range) = &option.range_fen {
            line.push_str(&format!("，法定幅度{}", show(range)));
        }
        if let Some(d) = option.duration {
            let years = match (d.min_years, d.max_years) {
                (Some(a), Some(b)) if a == b => format!("，{a}年"),
                (Some(a), Some(b)) => format!("，{a}年至{b}年"),
                (Some(a), None) => format!("，{a}年以上"),
                (None, Some(b)) => format!("，{b}年以下"),
                (None, None) => String::new(),
            };
            line.push_str(&years);
            if d.permanent || d.permanent_allowed {
                line.push_str(if d.permanent { "，终身" } else { "，可至终身" });
            }
        }
        if option.hearing {
            line.push_str("，须告知听证权");
        }
        out.push(line);
    }
    for order in &a.orders {
        out.push(format!("行政命令：{}", book.orders.get(order).map_or(order.as_str(), String::as_str)));
    }
    for factor in &a.factors {
        let effect = crate::domain::rulebook::Effect::from_code(&factor.effect).map_or("", |e| e.zh());
        out.push(format!("情节：{}——{effect}　{}", factor.zh, factor.basis));
    }
    if let Some(tier) = a.tier {
        out.push(format!("阶次：{}", tier.zh()));
    }
    if let Some(range) = &a.suggested_fen {
        out.push(format!("建议幅度：{}（最终数额由人确定）", show(range)));
    }
    out.push(format!(
        "听证：{}　{}",
        if a.hearing.required { "须告知听证权" } else { "不属于听证范围" },
        a.hearing.basis
    ));
    out.push(format!(
        "法制审核：{}　{}",
        if a.legal_review.required { "必经" } else { "未命中" },
        a.legal_review.rules.join("；")
    ));
    for due in &a.deadlines {
        out.push(format!("期限：{} {}　{}", due.zh, due.due, due.basis));
    }
    for path in &a.missing {
        out.push(format!("缺少：{path}"));
    }
    for warning in &a.warnings {
        out.push(format!("提示：{}（{}）{}", warning.text, warning.code, warning.basis));
    }
    out.join("\n") + "\n"
}
