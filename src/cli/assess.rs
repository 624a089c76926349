//! `zhicai assess CASE.json|- [--json]`: the facts of a case → articles, range, factors, triggers. Never a final figure.

use std::path::PathBuf;
use std::process::ExitCode;

use super::input;
use crate::corpus::rules;
use crate::domain::assessment::Assessment;
use crate::domain::discretion::range::show;
use crate::domain::discretion::{NoTexts, assess};
use crate::domain::intake;
use crate::domain::rulebook::RuleBook;
use crate::error::Result;
use crate::flow::{report, today};
use crate::settings::Settings;

#[derive(clap::Args, Debug)]
pub struct Args {
    /// 案件 JSON 文件，- 表示标准输入
    pub case: PathBuf,
    /// 以 JSON 输出
    #[arg(long)]
    pub json: bool,
}

pub fn run(args: Args, settings: &Settings) -> Result<ExitCode> {
    let text = input::text(&args.case)?;
    match input::flow(settings, Some("none")) {
        Ok(flow) => {
            let (case, notices) = flow.read_case(&text)?;
            let mut assessment = flow.assess(&case)?;
            assessment.warnings.extend(notices);
            show_result(&assessment, flow.book(), args.json);
        }
        // The rules need no installed text: every validity is then unknown, and the result says so.
        Err(missing) if missing.code == "statutes.not_installed" => {
            eprintln!("{missing}；条文效力一律按“不明”处理");
            let book = rules::load(Some(&settings.data_dir)).map_err(report::rules)?;
            let (case, notices) = intake::accept(&text, &book, today()).map_err(report::rejected)?;
            let mut assessment = assess(&book, &NoTexts, &case, today());
            assessment.warnings.extend(notices);
            show_result(&assessment, &book, args.json);
        }
        Err(other) => return Err(other),
    }
    Ok(ExitCode::SUCCESS)
}

fn show_result(assessment: &Assessment, book: &RuleBook, json: bool) {
    if json {
        input::print(assessment);
    } else {
        print!("{}", plain(assessment, book));
    }
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
    if !a.similar.note.is_empty() {
        out.push(format!("同案参照：{}（不作处罚依据）", a.similar.note));
    }
    for c in &a.similar.cases {
        let differs = if c.differs.is_empty() { String::new() } else { format!("　不同：{}", c.differs) };
        out.push(format!("相似案例：{}〔{}〕{}{differs}", c.title, c.label, c.why));
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
