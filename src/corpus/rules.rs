//! 裁量规则的装载: rule files (embedded, then the bureau's own in its data directory) → a checked RuleBook.
//!
//! The loader refuses rather than repairs: every error names the file and the entry. The bureau's files are
//! `<data>/rules/discretion/*.toml` (further rows, blocked until verified), `benchmark/*.toml`, `calendar/<year>.toml`,
//! `legal_review.toml`, `hearing.toml` (these three replace ours) and `verified.toml` (written by `zhicai rules verify`).

mod benchmark;
mod check;
mod files;
mod verify;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Value;

use crate::domain::deadline::{Calendar, CalendarYear, Rule};
use crate::domain::discretion::table::{EvidenceGrade, LawHead, RowStatus, Violation};
use crate::domain::penalty::PenaltyKind;
use crate::domain::rulebook::{
    FactorRule, HearingRule, HearingThresholds, KindRule, NoPenaltyRule, ReviewScope, RuleBook, SimpleProcedure,
};

pub use verify::{NewVerification, append_verification};

#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    #[error("无法读取规则文件 {file}：{source}")]
    Unreadable { file: String, source: std::io::Error },
    #[error("规则文件 {file} 不是合法的 TOML：{message}")]
    Syntax { file: String, message: String },
    #[error("规则文件 {file} 的条目 {entry} 有误：{message}")]
    Entry { file: String, entry: String, message: String },
    #[error("缺少规则文件 {file}；程序安装不完整，请重新安装")]
    Missing { file: &'static str },
    #[error("核实记录不被接受：{message}")]
    Verification { message: String },
    #[error("无法写入 {file}：{source}；原有记录未改动")]
    Unwritable { file: String, source: std::io::Error },
}

impl RulesError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "rules.unreadable",
            Self::Syntax { .. } => "rules.bad_toml",
            Self::Entry { .. } => "rules.bad_entry",
            Self::Missing { .. } => "rules.missing_file",
            Self::Verification { .. } => "rules.verification_refused",
            Self::Unwritable { .. } => "rules.unwritable",
        }
    }

    fn entry(file: &str, entry: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Entry { file: file.into(), entry: entry.into(), message: message.into() }
    }
}

/// One rule file: its name relative to `rules/` and its text.
#[derive(Clone, Debug)]
pub struct RuleFile {
    pub name: String,
    pub text: String,
    /// From the bureau's data directory rather than our own.
    pub overlay: bool,
}

/// Loads the embedded rules and, when given, the overlays in `<data_dir>/rules/`.
pub fn load(data_dir: Option<&Path>) -> Result<RuleBook, RulesError> {
    let mut all = files::embedded()?;
    if let Some(dir) = data_dir {
        all.extend(files::overlay(&dir.join("rules"))?);
    }
    build(&all)
}

/// Builds a RuleBook from given files; `load` with the sources spelled out. Later files of the same settings replace earlier ones.
pub fn build(all: &[RuleFile]) -> Result<RuleBook, RulesError> {
    let mut book = RuleBook { version: files::version(all), ..RuleBook::default() };
    let mut origin: BTreeMap<String, String> = BTreeMap::new();
    let mut benchmarks = vec![];
    let mut verifications = vec![];
    for file in all {
        let root: toml::Table = toml::from_str(&file.text)
            .map_err(|e| RulesError::Syntax { file: file.name.clone(), message: e.to_string() })?;
        match file.name.split_once('/').unwrap_or(("", file.name.as_str())) {
            ("discretion", _) => discretion(&mut book, file, root, &mut origin)?,
            ("calendar", _) => calendar(&mut book.calendar, file, root)?,
            ("benchmark", _) => benchmarks.push((file, root)),
            ("", "kinds.toml") => kinds(&mut book, file, root)?,
            ("", "factors.toml") => factors(&mut book, file, root)?,
            ("", "deadlines.toml") => deadlines(&mut book, file, root)?,
            ("", "legal_review.toml") => book.review = review(file, root)?,
            ("", "hearing.toml") => book.hearing = hearing(file, root)?,
            ("", "simple_procedure.toml") => book.simple = simple(file, root)?,
            ("", "verified.toml") => verifications.push((file, root)),
            _ => return Err(RulesError::entry(&file.name, "（文件名）", "不认识的规则文件，请核对文件名和所在目录")),
        }
    }
    check::complete(&book)?;
    for (file, root) in verifications {
        verify::apply(&mut book, file, root)?;
    }
    check::cross(&book, &origin)?;
    for (file, root) in benchmarks {
        benchmark::add(&mut book, file, root)?;
    }
    Ok(book)
}

/// Reads one entry strictly; the error carries the entry's own name.
fn typed<T: DeserializeOwned>(file: &RuleFile, entry: &str, value: Value) -> Result<T, RulesError> {
    value.try_into().map_err(|e: toml::de::Error| RulesError::entry(&file.name, entry, explain(&e.to_string())))
}

/// The deserializer's English, put so that an officer sees what to change.
fn explain(message: &str) -> String {
    let message = message.trim();
    let quoted = |n: usize| message.split('`').nth(n).unwrap_or("");
    if message.contains("unknown field") {
        format!("不认识的字段“{}”（{message}）", quoted(1))
    } else if message.contains("unknown variant") {
        format!("不允许的取值“{}”（{message}）", quoted(1))
    } else if message.contains("missing field") {
        format!("缺少字段“{}”", quoted(1))
    } else {
        format!("取值不对（{message}）")
    }
}

/// Takes a list of tables out of a file and leaves what is not understood.
fn list(file: &RuleFile, root: &mut toml::Table, key: &str) -> Result<Vec<Value>, RulesError> {
    match root.remove(key) {
        None => Ok(vec![]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(RulesError::entry(&file.name, key, format!("应写成 [[{key}]] 列表"))),
    }
}

fn name_of(value: &Value, key: &str, i: usize) -> String {
    value.get(key).and_then(Value::as_str).map_or_else(|| format!("第{}条", i + 1), str::to_string)
}

fn nothing_left(file: &RuleFile, root: &toml::Table) -> Result<(), RulesError> {
    match root.keys().find(|k| *k != "schema") {
        Some(key) => Err(RulesError::entry(&file.name, key, "不认识的字段")),
        None => Ok(()),
    }
}

fn discretion(
    book: &mut RuleBook,
    file: &RuleFile,
    mut root: toml::Table,
    origin: &mut BTreeMap<String, String>,
) -> Result<(), RulesError> {
    let head = root.remove("law").ok_or_else(|| RulesError::entry(&file.name, "law", "缺少 [law] 一节"))?;
    let head: LawHead = typed(file, "law", head)?;
    for (i, value) in list(file, &mut root, "violation")?.into_iter().enumerate() {
        let id = name_of(&value, "id", i);
        let mut row: Violation = typed(file, &id, value)?;
        if row.law != head.title {
            return Err(RulesError::entry(&file.name, id, format!("法名应与 [law] 一致：{}", head.title)));
        }
        if file.overlay {
            // A bureau's own row counts only after two people have verified it, whatever it says of itself.
            row.evidence = EvidenceGrade::S;
            row.status = RowStatus::Blocked;
        }
        if let Some(first) = origin.insert(id.clone(), file.name.clone()) {
            return Err(RulesError::entry(&file.name, id, format!("id 重复，已见于 {first}")));
        }
        check::row(file, &row)?;
        book.violations.push(row);
    }
    if !file.overlay || !book.laws.contains_key(&head.title) {
        book.laws.insert(head.title.clone(), head);
    }
    nothing_left(file, &root)
}

fn calendar(calendar: &mut Calendar, file: &RuleFile, root: toml::Table) -> Result<(), RulesError> {
    let year: CalendarYear = typed(file, "calendar", Value::Table(root))?;
    if file.name != format!("calendar/{}.toml", year.year) {
        return Err(RulesError::entry(&file.name, "year", format!("文件名应为 {}.toml", year.year)));
    }
    match year.defect() {
        Some(defect) => Err(RulesError::entry(&file.name, year.year.to_string(), defect)),
        None => {
            calendar.add(&year);
            Ok(())
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KindRow {
    zh: String,
    cpl9: u8,
    hearing: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Meta {
    text_base: String,
    allowed_evidence_for_formal_docs: Vec<EvidenceGrade>,
}

fn kinds(book: &mut RuleBook, file: &RuleFile, mut root: toml::Table) -> Result<(), RulesError> {
    let table = |root: &mut toml::Table, key: &str| match root.remove(key) {
        Some(Value::Table(table)) => Ok(table),
        _ => Err(RulesError::entry(&file.name, key, format!("缺少 [{key}] 一节"))),
    };
    let meta: Meta = typed(file, "meta", Value::Table(table(&mut root, "meta")?))?;
    if meta.allowed_evidence_for_formal_docs != [EvidenceGrade::A] {
        return Err(RulesError::entry(&file.name, "meta", "正式文书只允许核实等级 A"));
    }
    book.text_base = meta.text_base;
    for (code, value) in table(&mut root, "penalty_kind")? {
        let kind = PenaltyKind::from_code(&code)
            .ok_or_else(|| RulesError::entry(&file.name, &code, "程序不认识的处罚种类"))?;
        let row: KindRow = typed(file, &code, value)?;
        let hearing = match &row.hearing {
            Value::Boolean(true) => HearingRule::Always,
            Value::Boolean(false) => HearingRule::Never,
            Value::String(text) if text == "by_threshold" => HearingRule::ByThreshold,
            _ => return Err(RulesError::entry(&file.name, code, "hearing 只能是 true、false 或者 \"by_threshold\"")),
        };
        if row.cpl9 > 6 {
            return Err(RulesError::entry(&file.name, code, "cpl9 是行政处罚法第九条的项次，应为 0 至 6"));
        }
        book.kinds.insert(kind, KindRule { zh: row.zh, cpl9: row.cpl9, hearing });
    }
    for (code, value) in table(&mut root, "order_kind")? {
        let zh: String = typed(file, &code, value)?;
        book.orders.insert(code, zh);
    }
    nothing_left(file, &root)
}

fn factors(book: &mut RuleBook, file: &RuleFile, mut root: toml::Table) -> Result<(), RulesError> {
    for (i, value) in list(file, &mut root, "factor")?.into_iter().enumerate() {
        let code = name_of(&value, "code", i);
        let row: FactorRule = typed(file, &code, value)?;
        if book.factor(&row.code).is_some() {
            return Err(RulesError::entry(&file.name, code, "代码重复"));
        }
        book.factors.push(row);
    }
    for (i, value) in list(file, &mut root, "no_penalty")?.into_iter().enumerate() {
        let id = name_of(&value, "id", i);
        let row: NoPenaltyRule = typed(file, &id, value)?;
        if let Some(element) = row.elements.iter().find(|e| book.factor(e).is_none()) {
            return Err(RulesError::entry(&file.name, id, format!("要件“{element}”不在因素表中")));
        }
        if row.elements.is_empty() {
            return Err(RulesError::entry(&file.name, id, "至少要有一个要件"));
        }
        book.no_penalty.push(row);
    }
    nothing_left(file, &root)
}

fn deadlines(book: &mut RuleBook, file: &RuleFile, mut root: toml::Table) -> Result<(), RulesError> {
    for (i, value) in list(file, &mut root, "deadline")?.into_iter().enumerate() {
        let id = name_of(&value, "id", i);
        let row: Rule = typed(file, &id, value)?;
        if book.deadline(&row.id).is_some() {
            return Err(RulesError::entry(&file.name, id, "id 重复"));
        }
        let counted = row.trigger.is_some() && (row.len.is_some() || row.rate_per_day_bp.is_some());
        if !counted && row.fixed_mmdd.is_none() {
            return Err(RulesError::entry(&file.name, id, "须写明起算点和长度，或者固定的月日"));
        }
        book.deadlines.push(row);
    }
    nothing_left(file, &root)
}

/// −1 means not configured.
fn threshold(file: &RuleFile, name: &str, value: i64) -> Result<Option<i64>, RulesError> {
    match value {
        -1 => Ok(None),
        0.. => Ok(Some(value)),
        _ => Err(RulesError::entry(&file.name, name, "应为 -1（未配置）或者不小于 0 的元数")),
    }
}

fn review(file: &RuleFile, mut root: toml::Table) -> Result<ReviewScope, RulesError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Row {
        kinds: Vec<PenaltyKind>,
        fine_citizen_yuan_ge: i64,
        fine_org_yuan_ge: i64,
        gains_yuan_ge: i64,
        always_when: Vec<String>,
        licence_kinds: Vec<String>,
        coercive: bool,
    }
    let scope = root.remove("scope").ok_or_else(|| RulesError::entry(&file.name, "scope", "缺少 [scope] 一节"))?;
    let row: Row = typed(file, "scope", scope)?;
    const KNOWN: &[&str] = &[
        "hearing_held",
        "mitigated",
        "first_offence_no_penalty",
        "transfer_crime",
        "suspected_minor_involved",
        "benchmark_deviation",
    ];
    if let Some(word) = row.always_when.iter().find(|w| !KNOWN.contains(&w.as_str())) {
        return Err(RulesError::entry(&file.name, "always_when", format!("不认识的情形“{word}”")));
    }
    nothing_left(file, &root)?;
    Ok(ReviewScope {
        kinds: row.kinds,
        fine_citizen_yuan_ge: threshold(file, "fine_citizen_yuan_ge", row.fine_citizen_yuan_ge)?,
        fine_org_yuan_ge: threshold(file, "fine_org_yuan_ge", row.fine_org_yuan_ge)?,
        gains_yuan_ge: threshold(file, "gains_yuan_ge", row.gains_yuan_ge)?,
        always_when: row.always_when,
        licence_kinds: row.licence_kinds,
        coercive: row.coercive,
    })
}

fn hearing(file: &RuleFile, root: toml::Table) -> Result<HearingThresholds, RulesError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Row {
        threshold_citizen_yuan: i64,
        threshold_org_yuan: i64,
        basis: String,
    }
    let row: Row = typed(file, "hearing", Value::Table(root))?;
    Ok(HearingThresholds {
        citizen_yuan: threshold(file, "threshold_citizen_yuan", row.threshold_citizen_yuan)?,
        org_yuan: threshold(file, "threshold_org_yuan", row.threshold_org_yuan)?,
        basis: row.basis,
    })
}

fn simple(file: &RuleFile, root: toml::Table) -> Result<SimpleProcedure, RulesError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Row {
        kinds: Vec<PenaltyKind>,
        citizen_yuan_le: i64,
        org_yuan_le: i64,
        basis: String,
    }
    let row: Row = typed(file, "simple_procedure", Value::Table(root))?;
    Ok(SimpleProcedure {
        kinds: row.kinds,
        citizen_yuan_le: row.citizen_yuan_le,
        org_yuan_le: row.org_yuan_le,
        basis: row.basis,
    })
}
