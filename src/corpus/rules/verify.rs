//! 核实记录 (`verified.toml`): append-only; two different named people state that a blocked row agrees with the official text.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use sha2::{Digest, Sha256};

use super::{RuleFile, RulesError, list, name_of, nothing_left, typed};
use crate::domain::discretion::table::{EvidenceGrade, RowStatus, Violation};
use crate::domain::rulebook::{RuleBook, Verification, VerificationSource};

/// What a lawyer states about a blocked row. Time comes from the caller's clock.
#[derive(Clone, Debug)]
pub struct NewVerification {
    pub violation: String,
    pub by: Vec<String>,
    pub title: String,
    pub doc_no: String,
    pub published_at: Date,
    pub article: Option<u32>,
    pub paragraph: Option<u32>,
    /// RFC 3339.
    pub verified_at: String,
    pub today: Date,
}

/// The row as data, without what a verification sets: changes when anyone edits the row.
fn fingerprint(row: &Violation) -> String {
    let mut row = row.clone();
    row.evidence = EvidenceGrade::S;
    row.status = RowStatus::Blocked;
    // A verification may supply the number of an unnumbered article.
    let text = serde_json::to_string(&row).unwrap_or_default();
    hex::encode(Sha256::digest(text))
}

fn refuse(message: impl Into<String>) -> RulesError {
    RulesError::Verification { message: message.into() }
}

/// Two different people, by name.
fn two_people(by: &[String]) -> Result<(), RulesError> {
    let mut names: Vec<String> = by.iter().map(|n| n.split_whitespace().collect()).collect();
    names.sort();
    names.dedup();
    if names.iter().any(|n| n.is_empty() || n.chars().any(char::is_control)) || names.len() < 2 {
        return Err(refuse("须由两名不同的人核实，各以 --by 姓名 写明"));
    }
    Ok(())
}

fn unblockable(row: &Violation, article: Option<u32>) -> Result<(), RulesError> {
    if row.status != RowStatus::Blocked {
        return Err(refuse(format!("条目 {} 的状态是“{}”，不是待核实条目", row.id, row.status.zh())));
    }
    if row.outcomes.is_empty() && row.refer_to.is_none() {
        return Err(refuse(format!(
            "条目 {} 没有录入处罚内容，不能解除；请取得官方全文后在 rules/discretion/ 下另录条目再核实",
            row.id
        )));
    }
    if row.article == 0 && article.is_none_or(|a| a == 0) {
        return Err(refuse(format!("条目 {} 的条号未核实，须以 --article 写明", row.id)));
    }
    if row.article != 0 && article.is_some_and(|a| a != row.article) {
        return Err(refuse(format!("条目 {} 录入的条号是第{}条，与核实的条号不同；请先更正条目", row.id, row.article)));
    }
    Ok(())
}

/// Appends one verification to `<data_dir>/rules/verified.toml` and returns the file. `book` must be the rules as loaded now.
pub fn append_verification(book: &RuleBook, data_dir: &Path, new: &NewVerification) -> Result<PathBuf, RulesError> {
    two_people(&new.by)?;
    let row = book.violation(&new.violation).ok_or_else(|| refuse(format!("没有条目“{}”", new.violation)))?;
    unblockable(row, new.article)?;
    if new.title.trim().is_empty() || new.doc_no.trim().is_empty() {
        return Err(refuse("须写明所对照的官方文本名称（--source）和文号（--doc-no）"));
    }
    if new.published_at > new.today {
        return Err(refuse(format!("公布日期 {} 晚于今天", new.published_at)));
    }
    let mut text = String::from("\n[[verification]]\n");
    let quote = |s: &str| toml::Value::String(s.trim().to_string()).to_string();
    let by: Vec<String> = new.by.iter().map(|n| quote(n)).collect();
    let _ = writeln!(text, "violation = {}", quote(&new.violation));
    let _ = writeln!(text, "by = [{}]", by.join(", "));
    let _ = writeln!(
        text,
        "source = {{ title = {}, doc_no = {}, published_at = \"{}\" }}",
        quote(&new.title),
        quote(&new.doc_no),
        new.published_at
    );
    for (name, value) in [("article", new.article), ("paragraph", new.paragraph)] {
        if let Some(value) = value {
            let _ = writeln!(text, "{name} = {value}");
        }
    }
    let _ = writeln!(text, "verified_at = {}", quote(&new.verified_at));
    let _ = writeln!(text, "row_sha256 = \"{}\"", fingerprint(row));
    let dir = data_dir.join("rules");
    let path = dir.join("verified.toml");
    let unwritable = |source| RulesError::Unwritable { file: path.display().to_string(), source };
    std::fs::create_dir_all(&dir).map_err(unwritable)?;
    // One write in append mode: earlier records are never touched.
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&path).map_err(unwritable)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(unwritable)?;
    Ok(path)
}

/// Applies the records of a loaded `verified.toml`. A row that changed after its verification stays blocked.
pub(super) fn apply(book: &mut RuleBook, file: &RuleFile, mut root: toml::Table) -> Result<(), RulesError> {
    for (i, value) in list(file, &mut root, "verification")?.into_iter().enumerate() {
        let id = name_of(&value, "violation", i);
        let record: Verification = typed(file, &id, value)?;
        let fail = |e: RulesError| match e {
            RulesError::Verification { message } => RulesError::entry(&file.name, &id, message),
            other => other,
        };
        two_people(&record.by).map_err(fail)?;
        let VerificationSource { title, doc_no, .. } = &record.source;
        if title.trim().is_empty() || doc_no.trim().is_empty() {
            return Err(RulesError::entry(&file.name, &id, "核实记录没有写明官方文本的名称和文号"));
        }
        let Some(row) = book.violations.iter_mut().find(|v| v.id == record.violation) else {
            return Err(RulesError::entry(&file.name, &id, "核实的条目不存在"));
        };
        // Already applied by an earlier record, or edited since: the record is kept as history and changes nothing.
        if row.status == RowStatus::Blocked && fingerprint(row) == record.row_sha256 {
            unblockable(row, record.article).map_err(fail)?;
            if row.article == 0 {
                row.article = record.article.unwrap_or(0);
                row.paragraph = record.paragraph.unwrap_or(row.paragraph);
            }
            row.evidence = EvidenceGrade::A;
            row.status = RowStatus::Active;
        }
        book.verifications.push(record);
    }
    nothing_left(file, &root)
}
