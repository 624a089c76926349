//! A year of 工作日历 from outside: the notice of the State Council, written as `calendar/<year>.toml` is.

use std::path::Path;

use serde::Serialize;

use super::{RuleFile, RulesError, build, typed};
use crate::domain::deadline::CalendarYear;

/// Largest file that is read.
const LARGEST: u64 = 64 << 10;

/// A year that was taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportedYear {
    pub year: i16,
    pub source: String,
    pub doc_no: String,
    /// Periods off, and working days moved to weekends.
    pub holidays: usize,
    pub workdays: usize,
    /// A calendar of that year was there before.
    pub replaced: bool,
}

/// Checks the file and puts it into `<data>/rules/calendar/`; what was there stays when it is refused.
pub fn import_calendar(path: &Path, data_dir: &Path) -> Result<ImportedYear, RulesError> {
    let name = path.display().to_string();
    let unreadable = |source| RulesError::Unreadable { file: name.clone(), source };
    if std::fs::metadata(path).map_err(unreadable)?.len() > LARGEST {
        return Err(RulesError::entry(&name, "（文件）", "文件过大，不是工作日历"));
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    let root: toml::Table =
        toml::from_str(&text).map_err(|e| RulesError::Syntax { file: name.clone(), message: e.to_string() })?;
    let given = RuleFile { name: name.clone(), text: text.clone(), overlay: true };
    let year: CalendarYear = typed(&given, "calendar", toml::Value::Table(root))?;
    for (what, value) in [("source", &year.source), ("doc_no", &year.doc_no)] {
        if value.trim().is_empty() {
            return Err(RulesError::entry(&name, what, "须写明国务院放假安排通知的名称和文号"));
        }
    }
    let file = RuleFile { name: format!("calendar/{}.toml", year.year), text: text.clone(), overlay: true };
    let mut all = super::files(Some(data_dir))?;
    let replaced = all.iter().any(|f| f.name == file.name);
    all.push(file);
    // The whole book must load with it.
    build(&all)?;
    let folder = data_dir.join("rules").join("calendar");
    let target = folder.join(format!("{}.toml", year.year));
    let unwritable = |source| RulesError::Unwritable { file: target.display().to_string(), source };
    std::fs::create_dir_all(&folder).map_err(unwritable)?;
    let mut new = tempfile::NamedTempFile::new_in(&folder).map_err(unwritable)?;
    std::io::Write::write_all(&mut new, text.as_bytes()).map_err(unwritable)?;
    new.as_file().sync_all().map_err(unwritable)?;
    new.persist(&target).map_err(|e| unwritable(e.error))?;
    Ok(ImportedYear {
        year: year.year,
        holidays: year.holidays.len(),
        workdays: year.workdays.len(),
        source: year.source,
        doc_no: year.doc_no,
        replaced,
    })
}
