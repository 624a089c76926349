//! `zhicai import statutes|cases|norms|benchmarks PATH…`: the bureau's own data; reports accepted and refused rows with reasons.

use std::path::PathBuf;
use std::process::ExitCode;

use jiff::civil::Date;

use super::{index, input, proposals, rules as rules_cli};
use crate::corpus::norms::{self, Given};
use crate::corpus::rules::proposal::{self, Published};
use crate::corpus::statutes::{RowNote, import_folder};
use crate::corpus::{build_index, import_cases, rules, statutes_folder};
use crate::error::{Class, Report, Result};
use crate::settings::Settings;

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum Kind {
    Statutes,
    Cases,
    Norms,
    Benchmarks,
    Calendar,
}

#[derive(clap::Args, Debug)]
pub struct Args {
    /// 导入什么：statutes 法规文件夹（.md .txt .docx），cases 既往案例（.jsonl，或双公示列的 .csv .xlsx），norms 办案规范（.txt .md
    /// .docx），benchmarks 裁量基准表（.xlsx .docx；导入后须逐格核对，见 rules confirm），calendar 国务院放假安排
    /// （一年一个 .toml，写法同 corpus/rules/calendar）
    kind: Kind,
    /// 文件或文件夹
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// 以 JSON 输出
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    document: Document,
}

/// What is stated about one document; for norms and benchmarks.
#[derive(clap::Args, Debug, Default)]
struct Document {
    /// 规范或基准的名称
    #[arg(long)]
    title: Option<String>,
    /// 制定机关
    #[arg(long)]
    issuer: Option<String>,
    /// 文号
    #[arg(long)]
    doc_no: Option<String>,
    /// 公布日期 YYYY-MM-DD（基准必填，可在采用前补）
    #[arg(long)]
    published_at: Option<Date>,
    /// 施行日期 YYYY-MM-DD
    #[arg(long)]
    effective_from: Option<Date>,
    /// 失效日期 YYYY-MM-DD（规范）
    #[arg(long)]
    effective_to: Option<Date>,
    /// 公布的网址（基准）
    #[arg(long)]
    url: Option<String>,
}

impl Document {
    fn stated(&self) -> bool {
        let texts = [&self.title, &self.issuer, &self.doc_no, &self.url];
        let days = [self.published_at, self.effective_from, self.effective_to];
        texts.iter().any(|t| t.is_some()) || days.iter().any(Option::is_some)
    }
}

pub fn run(args: Args, settings: &Settings) -> Result<ExitCode> {
    let fail = |code: &str, e: &dyn std::fmt::Display| Report::new(Class::Missing, code, "导入失败", e.to_string());
    if let Some(path) = args.paths.iter().find(|p| !p.exists()) {
        return Err(Report::new(Class::Invalid, "import.not_found", "找不到要导入的文件", path.display().to_string()));
    }
    let stated = args.document.stated();
    if stated && (args.paths.len() > 1 || matches!(args.kind, Kind::Statutes | Kind::Cases | Kind::Calendar)) {
        let detail = "--title、--doc-no 等只用于一次导入一份规范或者基准";
        return Err(Report::new(Class::Invalid, "import.stated", "参数有误", detail));
    }
    let (accepted, half, refused) = match args.kind {
        Kind::Norms => {
            let Document { title, issuer, doc_no, effective_from, effective_to, .. } = args.document;
            let given = Given { title, issuer, doc_no, effective_from, effective_to };
            let report = norms::import(&args.paths, &given, &settings.data_dir).map_err(|e| fail(e.code(), &e))?;
            if args.json {
                input::print(&report);
            }
            (format!("{} 份 {} 节", report.documents, report.sections), report.half_parsed, report.refused)
        }
        Kind::Benchmarks => return benchmarks(&args, settings),
        Kind::Calendar => return calendars(&args, settings),
        Kind::Statutes => {
            let report =
                import_folder(&args.paths, &statutes_folder(&settings.data_dir)).map_err(|e| fail(e.code(), &e))?;
            build_index(&settings.data_dir).map_err(|e| fail(e.code(), &e))?;
            if args.json {
                input::print(&report);
            }
            (format!("{} 部 {} 条", report.laws, report.articles), report.half_parsed, report.refused)
        }
        Kind::Cases => {
            let store = index::open(settings)?;
            let report =
                import_cases::import(&args.paths, store.as_ref()).map_err(|e| index::report("导入失败", &e))?;
            if args.json {
                input::print(&report);
            }
            let r = &report;
            let done = format!(
                "{} 件（新增 {}，更新 {}，未变 {}，撤回 {}）",
                r.accepted, r.added, r.changed, r.unchanged, r.withdrawn
            );
            (done, report.half_parsed, report.refused)
        }
    };
    if !args.json {
        println!("已导入 {accepted}");
        show("存疑", &half);
        show("未导入", &refused);
    }
    Ok(if refused.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// A year each; a year that is refused does not keep the others out.
fn calendars(args: &Args, settings: &Settings) -> Result<ExitCode> {
    let (mut done, mut refused) = (vec![], vec![]);
    for path in &args.paths {
        match rules::import_calendar(path, &settings.data_dir) {
            Ok(year) => done.push(year),
            Err(e @ rules::RulesError::Unwritable { .. }) => {
                return Err(Report::new(Class::Missing, e.code(), "导入失败", e.to_string()));
            }
            Err(e) => refused.push(RowNote { row: path.display().to_string(), why: e.to_string() }),
        }
    }
    if args.json {
        input::print(&serde_json::json!({ "years": done, "refused": refused }));
    } else {
        for y in &done {
            let again = if y.replaced { "（替换原有安排）" } else { "" };
            println!(
                "已导入 {} 年工作日历{again}：{}（{}），放假 {} 段，调休上班 {} 天",
                y.year, y.source, y.doc_no, y.holidays, y.workdays
            );
        }
        show("未导入", &refused);
    }
    Ok(if refused.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Each file becomes a proposal of its own; nothing is in force before people have confirmed it.
fn benchmarks(args: &Args, settings: &Settings) -> Result<ExitCode> {
    let book = rules::load(Some(&settings.data_dir))
        .map_err(|e| Report::new(Class::Missing, e.code(), "裁量规则有误", e.to_string()))?;
    let d = &args.document;
    let published = Published {
        title: d.title.clone(),
        doc_no: d.doc_no.clone(),
        issuer: d.issuer.clone(),
        published_at: d.published_at,
        effective_at: d.effective_from,
        url: d.url.clone(),
    };
    let (mut done, mut refused) = (vec![], vec![]);
    for path in &args.paths {
        match proposal::import(path, &published, &book, &settings.data_dir, &rules_cli::now()) {
            Ok(imported) => done.push(imported),
            Err(e @ (proposal::ProposalError::Io(..) | proposal::ProposalError::Damaged(..))) => {
                return Err(proposals::report(&e));
            }
            Err(e) => refused.push(RowNote { row: path.display().to_string(), why: e.to_string() }),
        }
    }
    if args.json {
        input::print(&serde_json::json!({ "proposals": done, "refused": refused }));
    } else {
        for one in &done {
            let again = if one.again { "（同一文件以前导入过，已核对的保留）" } else { "" };
            println!(
                "导入建议 {}{again}：{}行{}格待核对（{}格没有识别），{}行依法不由基准规定",
                one.proposal, one.rows, one.cells, one.unread, one.excluded
            );
            show("存疑", &one.half_parsed);
            show("未导入", &one.refused);
            proposals::print_findings(&one.findings);
            println!(
                "尚未生效。逐格核对：zhicai rules proposals {0}；zhicai rules confirm {0} --cell … --by 姓名",
                one.proposal
            );
        }
        show("未导入", &refused);
    }
    let clean = refused.is_empty() && done.iter().all(|d| d.refused.is_empty() && d.findings.is_empty());
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn show(what: &str, notes: &[RowNote]) {
    for note in notes {
        println!("{what}　{}：{}", note.row, note.why);
    }
}
