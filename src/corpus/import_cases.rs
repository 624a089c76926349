//! Real past decisions: JSON lines of our own shape, and CSV or XLSX in the national 双公示 column set for administrative penalties.

use std::cell::RefCell;
use std::io::BufRead;
use std::path::{Path, PathBuf};

use calamine::{Data, Reader, open_workbook_auto};
use jiff::civil::Date;
use serde::Serialize;

use super::decisions::{self, Change, DecisionError, DecisionSearch};
use super::statutes::RowNote;
use crate::domain::case::{Discretion, Facts, FinalDecision, GainsFacts, Party, ProcedureFacts, Registration};
use crate::domain::money::{ABSURD_FEN, Fen};
use crate::domain::penalty::{PartyKind, PenaltyKind};
use crate::domain::precedent::Precedent;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CaseImport {
    /// Rows taken, whether or not they changed anything.
    pub accepted: usize,
    pub added: usize,
    pub changed: usize,
    /// Already here, word for word.
    pub unchanged: usize,
    pub withdrawn: usize,
    /// Taken, but a column could not be read, or there was nothing to withdraw.
    pub half_parsed: Vec<RowNote>,
    pub refused: Vec<RowNote>,
}

/// Label of decisions that were really made.
pub const REAL_LABEL: &str = "既往案例";

/// Imports files into the store, all of them as one change. Rows with the id (for tables: the 决定书文号) of a decision that
/// is here replace it; a line `{"id": …, "withdrawn": true}` takes it out.
pub fn import(paths: &[PathBuf], store: &dyn DecisionSearch) -> Result<CaseImport, DecisionError> {
    let report = RefCell::new(CaseImport::default());
    let mut rows = paths.iter().flat_map(|path| changes(path, &report)).inspect(|_| report.borrow_mut().accepted += 1);
    let done = store.apply(&mut rows)?;
    drop(rows);
    let mut report = report.into_inner();
    report.accepted -= done.reserved.len();
    (report.added, report.changed) = (done.added, done.changed);
    (report.unchanged, report.withdrawn) = (done.unchanged, done.withdrawn);
    let note = |row, why: &str| RowNote { row, why: why.into() };
    report.refused.extend(done.reserved.into_iter().map(|id| note(id, "编号与教学案例相同")));
    report.half_parsed.extend(done.unknown.into_iter().map(|id| note(id, "要撤回的案例不在库中")));
    Ok(report)
}

fn changes<'a>(path: &'a Path, report: &'a RefCell<CaseImport>) -> Box<dyn Iterator<Item = Change> + 'a> {
    let name = path.display().to_string();
    let put = |rows: Vec<Precedent>| Box::new(rows.into_iter().map(|r| Change::Put(Box::new(r))));
    match path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
        Some("jsonl") => json_lines(path, report),
        Some("csv") => put(table(csv_rows(path), &name, &mut report.borrow_mut())),
        Some("xlsx" | "xls") => put(table(xlsx_rows(path), &name, &mut report.borrow_mut())),
        _ => {
            let why = "只能导入 .jsonl、.csv、.xlsx 文件".into();
            report.borrow_mut().refused.push(RowNote { row: name, why });
            Box::new(std::iter::empty())
        }
    }
}

/// Line by line: files of any length pass through without being held.
fn json_lines<'a>(path: &'a Path, report: &'a RefCell<CaseImport>) -> Box<dyn Iterator<Item = Change> + 'a> {
    let name = path.display().to_string();
    let refuse = move |row: String, why: String| report.borrow_mut().refused.push(RowNote { row, why });
    let file = match std::fs::File::open(path) {
        Ok(file) => std::io::BufReader::with_capacity(1 << 20, file),
        Err(e) => {
            refuse(name, e.to_string());
            return Box::new(std::iter::empty());
        }
    };
    let lines = file.split(b'\n').enumerate().map_while(move |(i, line)| {
        let row = format!("{name}:{}", i + 1);
        match line {
            Ok(line) => Some(json_line(line.trim_ascii(), row, &refuse)),
            Err(e) => {
                refuse(row, e.to_string());
                None
            }
        }
    });
    Box::new(lines.flatten())
}

fn json_line(line: &[u8], row: String, refuse: &dyn Fn(String, String)) -> Option<Change> {
    if line.is_empty() {
        return None;
    }
    if let Some(id) = decisions::withdrawal(line) {
        return Some(Change::Withdraw(id));
    }
    match serde_json::from_slice::<Precedent>(line) {
        Ok(case) if case.id.trim().is_empty() => refuse(row, "缺少 id".into()),
        Ok(case) if case.facts.narrative.as_deref().unwrap_or_default().trim().is_empty() => {
            refuse(row, "缺少 facts.narrative".into())
        }
        Ok(mut case) => {
            if case.label.is_empty() {
                case.label = REAL_LABEL.into();
            }
            return Some(Change::Put(Box::new(case)));
        }
        Err(e) => refuse(row, e.to_string()),
    }
    None
}

type Rows = Result<Vec<Vec<String>>, String>;

fn csv_rows(path: &Path) -> Rows {
    let bytes = std::fs::read(path).map_err(|e| e.to_string())?;
    let text = String::from_utf8(bytes).map_err(|_| "不是 UTF-8 编码，请在表格软件中另存为“CSV UTF-8”".to_string())?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    reader.records().map(|r| r.map(|r| r.iter().map(str::to_string).collect()).map_err(|e| e.to_string())).collect()
}

fn xlsx_rows(path: &Path) -> Rows {
    let mut book = open_workbook_auto(path).map_err(|e| format!("无法打开表格：{e}"))?;
    let sheet = book.sheet_names().first().cloned().ok_or("表格没有工作表")?;
    let range = book.worksheet_range(&sheet).map_err(|e| format!("无法读取工作表：{e}"))?;
    let cell = |c: &Data| match c {
        Data::DateTime(d) => {
            let (y, m, day, ..) = d.to_ymd_hms_milli();
            format!("{y}-{m:02}-{day:02}")
        }
        Data::Float(f) if f.fract() == 0.0 => format!("{f:.0}"),
        other => other.to_string(),
    };
    Ok(range.rows().map(|r| r.iter().map(cell).collect()).collect())
}

/// Columns of the 双公示 set that are used, by their usual headings.
const COLUMNS: &[(&str, &[&str])] = &[
    ("name", &["行政相对人名称"]),
    ("kind", &["行政相对人类别"]),
    ("uscc", &["行政相对人代码_1(统一社会信用代码)", "行政相对人代码_1（统一社会信用代码）", "统一社会信用代码"]),
    ("representative", &["法定代表人", "法定代表人姓名"]),
    ("doc_no", &["行政处罚决定书文号"]),
    ("violation", &["违法行为类型"]),
    ("facts", &["违法事实"]),
    ("basis", &["处罚依据"]),
    ("kinds", &["处罚类别"]),
    ("content", &["处罚内容"]),
    ("fine", &["罚款金额（万元）", "罚款金额(万元)"]),
    ("confiscated", &["没收违法所得、没收非法财物的金额（万元）", "没收违法所得、没收非法财物的金额(万元)"]),
    ("decided", &["处罚决定日期"]),
    ("agency", &["处罚机关"]),
];

fn table(rows: Rows, name: &str, report: &mut CaseImport) -> Vec<Precedent> {
    let rows = match rows {
        Ok(rows) => rows,
        Err(why) => {
            report.refused.push(RowNote { row: name.into(), why });
            return vec![];
        }
    };
    let Some(header) = rows.iter().position(|r| r.iter().any(|c| c.trim() == "行政处罚决定书文号")) else {
        report
            .refused
            .push(RowNote { row: name.into(), why: "没有找到表头“行政处罚决定书文号”".into() });
        return vec![];
    };
    let find = |names: &[&str]| rows[header].iter().position(|c| names.contains(&c.trim()));
    let columns: Vec<(&str, Option<usize>)> = COLUMNS.iter().map(|(key, names)| (*key, find(names))).collect();
    let mut out = Vec::new();
    for (i, row) in rows.iter().enumerate().skip(header + 1).filter(|(_, r)| r.iter().any(|c| !c.trim().is_empty())) {
        let at = format!("{name}:{}", i + 1);
        let get = |key: &str| {
            let column = columns.iter().find(|(k, _)| *k == key).and_then(|(_, c)| *c)?;
            row.get(column).map(|c| c.trim()).filter(|c| !c.is_empty())
        };
        let (Some(doc_no), Some(facts)) = (get("doc_no"), get("facts")) else {
            report.refused.push(RowNote { row: at, why: "缺少行政处罚决定书文号或违法事实".into() });
            continue;
        };
        let mut doubts = Vec::new();
        let sum = |key: &str, doubts: &mut Vec<String>| {
            let text = get(key)?;
            let fen = wan_to_fen(text);
            if fen.is_none() {
                doubts.push(format!("金额“{text}”无法识别"));
            }
            fen
        };
        let fine = sum("fine", &mut doubts).filter(|f| f.0 > 0);
        let confiscated = sum("confiscated", &mut doubts).filter(|f| f.0 > 0);
        let decided = get("decided").and_then(|t| {
            let day = parse_day(t);
            if day.is_none() {
                doubts.push(format!("处罚决定日期“{t}”无法识别"));
            }
            day
        });
        let kinds = kinds(get("kinds").unwrap_or_default(), get("content").unwrap_or_default(), fine.is_some());
        if !doubts.is_empty() {
            report.half_parsed.push(RowNote { row: at, why: doubts.join("；") });
        }
        let party_kind = match get("kind") {
            Some(k) if k.contains("自然人") => Some(PartyKind::Citizen),
            Some(k) if k.contains("个体") => Some(PartyKind::SoleTrader),
            Some(k) if k.contains("法人") => Some(PartyKind::LegalPerson),
            Some(_) => Some(PartyKind::OtherOrg),
            None => None,
        };
        let text = |key: &str| get(key).map(str::to_string);
        out.push(Precedent {
            id: format!("imp-{doc_no}"),
            label: REAL_LABEL.into(),
            title: format!("{}{}案", get("name").unwrap_or("某当事人"), get("violation").unwrap_or("行政处罚")),
            reasoning: text("content"),
            doc_no: Some(doc_no.into()),
            case: Registration { cause: text("violation"), region: text("agency"), ..Registration::default() },
            party: Party {
                kind: party_kind,
                name: text("name"),
                uscc: text("uscc"),
                legal_representative: text("representative"),
                ..Party::default()
            },
            facts: Facts {
                narrative: Some(facts.into()),
                gains: confiscated.map(|c| GainsFacts {
                    gross_receipts_fen: Some(c),
                    rule_citation: Some("决定书认定的没收金额".into()),
                    ..GainsFacts::default()
                }),
                ..Facts::default()
            },
            procedure: ProcedureFacts { decided_at: decided, ..ProcedureFacts::default() },
            disc: Discretion {
                final_: Some(FinalDecision {
                    fine_fen: fine,
                    confiscate_fen: confiscated,
                    kinds,
                    reason: text("basis"),
                    ..FinalDecision::default()
                }),
            },
            ..Precedent::default()
        });
    }
    out
}

/// 万元 as text → 分, exactly, without floating point.
pub fn wan_to_fen(text: &str) -> Option<Fen> {
    let clean: String = text.chars().filter(|c| !matches!(c, ',' | '，' | ' ')).collect();
    let (whole, part) = clean.split_once('.').unwrap_or((&clean, ""));
    let part = part.trim_end_matches('0');
    if part.len() > 6 || !whole.chars().chain(part.chars()).all(|c| c.is_ascii_digit()) || whole.is_empty() {
        return None;
    }
    format!("{whole}{part}{}", "0".repeat(6 - part.len())).parse().ok().filter(|v| *v <= ABSURD_FEN).map(Fen)
}

fn parse_day(text: &str) -> Option<Date> {
    let parts: Vec<i16> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|p| !p.is_empty())
        .take(3)
        .filter_map(|p| p.parse().ok())
        .collect();
    match parts[..] {
        [y, m, d] => Date::new(y, i8::try_from(m).ok()?, i8::try_from(d).ok()?).ok(),
        _ => None,
    }
}

fn kinds(category: &str, content: &str, fined: bool) -> Vec<PenaltyKind> {
    let mut out: Vec<PenaltyKind> = Vec::new();
    let text = format!("{category}{content}");
    for (word, kind) in [
        ("警告", PenaltyKind::Warning),
        ("通报批评", PenaltyKind::PublicCriticism),
        ("罚款", PenaltyKind::Fine),
        ("没收违法所得", PenaltyKind::ConfiscateGains),
        ("没收非法财物", PenaltyKind::ConfiscateProperty),
        ("吊销", PenaltyKind::RevokeLicense),
        ("停止招生", PenaltyKind::StopEnrolment),
        ("停业整顿", PenaltyKind::SuspendBusiness),
        ("责令关闭", PenaltyKind::CloseDown),
    ] {
        if text.contains(word) {
            out.push(kind);
        }
    }
    if fined && !out.contains(&PenaltyKind::Fine) {
        out.push(PenaltyKind::Fine);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousands_are_exact() {
        assert_eq!(wan_to_fen("4.658"), Some(Fen(4_658_000)));
        assert_eq!(wan_to_fen("0.02"), Some(Fen(20_000)));
        assert_eq!(wan_to_fen("1,000"), Some(Fen(1_000_000_000)));
        assert_eq!(wan_to_fen("0.0000001"), None);
        assert_eq!(wan_to_fen("三万"), None);
    }

    #[test]
    fn a_published_table_is_taken_row_by_row() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("公示.csv");
        std::fs::write(
            &file,
            "\u{feff}行政处罚信息,,,,,,\n行政相对人名称,行政相对人类别,行政处罚决定书文号,违法事实,处罚类别,罚款金额（万元）,处罚决定日期\n甲培训公司,法人及非法人组织,甲教罚〔2024〕1号,无证办学,罚款,4.658,2024/03/05\n乙,自然人,乙教罚〔2024〕2号,擅自招生,警告,多,2024年5月6日\n丙,,,没有文号,警告,,\n",
        )
        .unwrap();
        let store = decisions::LocalDecisions::open(dir.path(), [].into()).unwrap();
        let report = import(std::slice::from_ref(&file), &store).unwrap();
        assert_eq!((report.accepted, report.half_parsed.len(), report.refused.len()), (2, 1, 1), "{report:?}");
        assert_eq!((report.added, report.unchanged), (2, 0));
        let again = import(&[file], &store).unwrap();
        assert_eq!((again.accepted, again.added, again.unchanged), (2, 0, 2));
        assert_eq!(store.count().unwrap(), 2);
        let first = store.get("imp-甲教罚〔2024〕1号").unwrap().unwrap();
        let last = first.disc.final_.unwrap();
        assert_eq!((last.fine_fen, last.kinds), (Some(Fen(4_658_000)), vec![PenaltyKind::Fine]));
    }
}
