//! 裁量规则的装载: rule files (embedded, then the bureau's own in its data directory) → a checked RuleBook.
//!
//! The loader refuses rather than repairs: every error names the file and the entry. The bureau's files are
//! `<data>/rules/discretion/*.toml` (further rows, blocked until verified), `benchmark/*.toml`, `calendar/<year>.toml`,
//! `legal_review.toml`, `hearing.toml` (these three replace ours) and `verified.toml` (written by `zhicai rules verify`). What lies in
//! `proposals/` is not in force.

mod benchmark;
mod check;
mod files;
pub mod proposal;
mod tables;
mod verify;
mod year;

use std::collections::BTreeMap;
use std::path::Path;

use serde::de::DeserializeOwned;
use toml::Value;

use crate::domain::deadline::{Calendar, CalendarYear};
use crate::domain::discretion::table::{EvidenceGrade, LawHead, RowStatus, Violation};
use crate::domain::rulebook::RuleBook;

pub use verify::{NewVerification, append_verification};
pub use year::{ImportedYear, import_calendar};

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
    build(&files(data_dir)?)
}

/// The embedded files, then those of the data directory.
fn files(data_dir: Option<&Path>) -> Result<Vec<RuleFile>, RulesError> {
    let mut all = files::embedded()?;
    if let Some(dir) = data_dir {
        all.extend(files::overlay(&dir.join("rules"))?);
    }
    Ok(all)
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
            ("", "kinds.toml") => tables::kinds(&mut book, file, root)?,
            ("", "factors.toml") => tables::factors(&mut book, file, root)?,
            ("", "elements.toml") => tables::elements(&mut book, file, root)?,
            ("", "deadlines.toml") => tables::deadlines(&mut book, file, root)?,
            ("", "legal_review.toml") => book.review = tables::review(file, root)?,
            ("", "hearing.toml") => book.hearing = tables::hearing(file, root)?,
            ("", "simple_procedure.toml") => book.simple = tables::simple(file, root)?,
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
