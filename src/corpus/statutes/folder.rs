//! A folder (or single file) of regulations in the usual form: title, dates, 第X章, 第X条. State Council regulations and ministry
//! rules come this way. What cannot be read is reported line by line.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;
use serde::Serialize;

use super::book::LOCAL_FILE;
use super::import::{RowNote, end_superseded, first_in_force, parse_label, write};
use super::{Article, LawVersion, Status, StatuteError};
use crate::corpus::reading::docx::{self, Block};
use crate::corpus::reading::{self, ReadError};
use crate::domain::law::{LawLevel, version_id};
use crate::domain::numerals;

/// What a folder import did, per file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FolderReport {
    pub laws: usize,
    pub articles: usize,
    pub half_parsed: Vec<RowNote>,
    pub refused: Vec<RowNote>,
}

static DATE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日").expect("the pattern is valid"));
static START: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"自\s*(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日\s*起\s*(?:施行|实施|生效)")
        .expect("the pattern is valid")
});
static ARTICLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(第[〇零一二三四五六七八九十百千\d]+条(?:之[一二三四五六七八九十])?)[\s　:：]*(.*)$")
        .expect("the pattern is valid")
});
static CHAPTER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^第[〇零一二三四五六七八九十百\d]+[章节编](?:[\s　]|$)").expect("the pattern is valid")
});

/// Imports every `.md`, `.txt` and `.docx` under `paths`; versions held before stay, and end where a later one begins.
pub fn import_folder(paths: &[PathBuf], folder: &Path) -> Result<FolderReport, StatuteError> {
    let mut report = FolderReport::default();
    let mut laws = existing(&folder.join(LOCAL_FILE))?;
    for path in files(paths, &mut report) {
        let name = path.display().to_string();
        match text(&path) {
            Ok(body) => {
                if let Some(law) = parse(&body, &name, &mut report) {
                    report.laws += 1;
                    report.articles += law.articles.len();
                    laws.retain(|l| l.id != law.id);
                    laws.push(law);
                }
            }
            Err(why) => report.refused.push(RowNote { row: name, why }),
        }
    }
    end_superseded(&mut laws);
    write(&laws, &folder.join(LOCAL_FILE))?;
    Ok(report)
}

fn existing(path: &Path) -> Result<Vec<LawVersion>, StatuteError> {
    match std::fs::read_to_string(path) {
        Ok(body) => body
            .lines()
            .enumerate()
            .filter(|(_, l)| !l.trim().is_empty())
            .map(|(i, l)| {
                serde_json::from_str(l).map_err(|e| StatuteError::Damaged {
                    path: path.into(),
                    line: i + 1,
                    why: e.to_string(),
                })
            })
            .collect(),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(vec![]),
        Err(source) => Err(StatuteError::Io { path: path.into(), source }),
    }
}

fn files(paths: &[PathBuf], report: &mut FolderReport) -> Vec<PathBuf> {
    let (mut out, mut open) = (Vec::new(), paths.to_vec());
    while let Some(path) = open.pop() {
        if path.is_dir() {
            match std::fs::read_dir(&path) {
                Ok(entries) => open.extend(entries.flatten().map(|e| e.path())),
                Err(e) => report.refused.push(RowNote { row: path.display().to_string(), why: e.to_string() }),
            }
        } else if path
            .extension()
            .is_some_and(|e| matches!(e.to_ascii_lowercase().to_str(), Some("md" | "txt" | "docx")))
        {
            out.push(path);
        } else {
            report
                .refused
                .push(RowNote {
                    row: path.display().to_string(), why: "只能导入 .md、.txt、.docx 文件".into()
                });
        }
    }
    out.sort();
    out
}

fn text(path: &Path) -> Result<String, String> {
    let file = reading::file(path).map_err(|e| e.to_string())?;
    match file.extension.as_str() {
        "docx" => docx_text(&file.bytes).map_err(|e| e.to_string()),
        _ => reading::text(&file.bytes).map(str::to_string).map_err(|e| e.to_string()),
    }
}

/// The paragraphs of a .docx, and the cells of its tables, one per line.
fn docx_text(bytes: &[u8]) -> Result<String, ReadError> {
    let mut out = String::new();
    for block in docx::read(bytes)? {
        match block {
            Block::Paragraph { text, .. } => out.extend([text.as_str(), "\n"]),
            Block::Table(grid) => {
                for (cell, ..) in grid.firsts() {
                    out.extend([cell.text.as_str(), "\n"]);
                }
            }
        }
    }
    Ok(out)
}

fn day(c: &regex::Captures<'_>) -> Option<Date> {
    Date::new(c[1].parse().ok()?, c[2].parse().ok()?, c[3].parse().ok()?).ok()
}

fn parse(body: &str, name: &str, report: &mut FolderReport) -> Option<LawVersion> {
    let clean =
        |line: &str| line.trim().trim_start_matches('#').trim_matches('*').trim().trim_matches('　').to_string();
    let mut lines = body.lines().map(clean).enumerate().filter(|(_, l)| !l.is_empty());
    let note = |line: usize, why: String| RowNote { row: format!("{name}:{}", line + 1), why };
    let (first, title) = lines.next()?;
    if ARTICLE.is_match(&title) || title.chars().count() > 60 {
        report.refused.push(note(first, "第一行应当是标题".into()));
        return None;
    }
    let title = title.trim_matches(['《', '》']).to_string();
    let (mut articles, mut chapter, mut preface): (Vec<Article>, String, String) =
        (vec![], String::new(), String::new());
    for (at, line) in lines {
        if CHAPTER.is_match(&line) {
            chapter = line;
        } else if let Some(found) = ARTICLE.captures(&line) {
            let Some((number, suffix)) = parse_label(&found[1]) else {
                report.half_parsed.push(note(at, format!("条号“{}”无法识别", &found[1])));
                continue;
            };
            let previous = articles.last().map_or(0, |a| a.number);
            if number != previous + 1 && !(number == previous && suffix > 0) && previous > 0 {
                report
                    .half_parsed
                    .push(note(at, format!("第{}条之后是{}，条号不连续", numerals::to_han(previous), &found[1])));
            }
            articles.push(Article {
                number,
                suffix,
                label: found[1].to_string(),
                chapter: chapter.clone(),
                text: found[2].trim().to_string(),
            });
        } else if let Some(last) = articles.last_mut() {
            if !last.text.is_empty() {
                last.text.push('\n');
            }
            last.text.push_str(&line);
        } else {
            preface.push_str(&line);
            preface.push('\n');
        }
    }
    if articles.is_empty() {
        report.refused.push(note(first, "没有找到“第X条”".into()));
        return None;
    }
    for article in articles.iter().filter(|a| a.text.trim().is_empty()) {
        report.half_parsed.push(RowNote { row: name.into(), why: format!("{}没有内容", article.label) });
    }
    let published = DATE.captures_iter(&preface).filter_map(|c| day(&c)).max();
    let last = articles.last().map(|a| a.text.clone()).unwrap_or_default();
    let start = START.captures(&last).or_else(|| START.captures(&preface)).and_then(|c| day(&c));
    // A revision usually takes effect the day it is published; the closing article keeps the day of the first version.
    let effective_from = start.max(published);
    if effective_from.is_none() {
        report.half_parsed.push(note(first, "没有找到公布或施行日期，效力按不明处理".into()));
    }
    let level = if title.ends_with("条例") && !preface.contains("省") {
        LawLevel::AdminRegulation
    } else if preface.contains("省人民") || preface.contains("市人民") || preface.contains("自治区人民") {
        LawLevel::LocalRegulation
    } else if title.ends_with("办法") || title.ends_with("规定") || title.ends_with("细则") {
        LawLevel::MinistryRule
    } else if title.ends_with('法') {
        LawLevel::Statute
    } else {
        LawLevel::NormativeDoc
    };
    Some(LawVersion {
        id: version_id(&title, effective_from),
        level,
        issuer: None,
        published,
        law_from: first_in_force(&title),
        title,
        effective_from,
        effective_to: None,
        status: Status::Current,
        source: name.into(),
        articles,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const TEXT: &str = "# 某某管理条例\n（2010年3月1日国务院令第1号公布　2020年5月6日修订）\n\n第一章 总则\n第一条 为了管理。\n第二条　分两款：\n（一）甲；\n（二）乙。\n第二款。\n第五条 自2010年5月1日起施行。\n";

    #[test]
    fn the_usual_form_is_read_and_gaps_are_reported() {
        let mut report = FolderReport::default();
        let law = parse(TEXT, "x.md", &mut report).unwrap();
        assert_eq!((law.title.as_str(), law.level, law.articles.len()), ("某某管理条例", LawLevel::AdminRegulation, 3));
        assert_eq!((law.law_from, law.effective_from), (None, Some(date(2020, 5, 6))));
        assert_eq!(law.articles[1].part(1, &[2]).unwrap(), "分两款：\n（二）乙。");
        assert_eq!(law.articles[0].chapter, "第一章 总则");
        assert_eq!(report.half_parsed.len(), 1, "{:?}", report.half_parsed);
        assert!(parse("第一条 没有标题", "y.md", &mut report).is_none());
        assert_eq!(report.refused.len(), 1);
    }

    #[test]
    fn a_new_version_ends_the_old_one() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.txt");
        std::fs::write(&file, TEXT).unwrap();
        import_folder(std::slice::from_ref(&file), dir.path()).unwrap();
        std::fs::write(&file, TEXT.replace("2020年5月6日", "2024年1月1日")).unwrap();
        import_folder(&[file], dir.path()).unwrap();
        let laws = existing(&dir.path().join(LOCAL_FILE)).unwrap();
        assert_eq!(laws.len(), 2);
        assert_eq!(laws.iter().filter_map(|l| l.effective_to).collect::<Vec<_>>(), vec![date(2023, 12, 31)]);
    }
}
