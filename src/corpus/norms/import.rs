//! TXT, Markdown and Word documents → dated records. A document imported again replaces its earlier record; a later version ends
//! an earlier one.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;
use serde::Serialize;

use super::split::{Line, begins, split};
use super::{Norm, NormError, load, store};
use crate::corpus::reading::docx::{self, Block};
use crate::corpus::reading::{self, SourceFile};
use crate::corpus::statutes::RowNote;
use crate::domain::law::version_id;

/// What the person importing states; it comes before what the document says of itself.
#[derive(Clone, Debug, Default)]
pub struct Given {
    pub title: Option<String>,
    pub issuer: Option<String>,
    pub doc_no: Option<String>,
    pub effective_from: Option<Date>,
    pub effective_to: Option<Date>,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NormImport {
    pub documents: usize,
    pub sections: usize,
    /// Records that were replaced.
    pub replaced: usize,
    pub half_parsed: Vec<RowNote>,
    pub refused: Vec<RowNote>,
}

static START: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"自\s*(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日\s*起\s*(?:施行|实施|执行|生效)")
        .expect("the pattern is valid")
});
static DOC_NO: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[\p{Han}]{1,12}〔\d{4}〕\d{1,4}号").expect("the pattern is valid"));

/// Imports `paths` into the data directory.
pub fn import(paths: &[PathBuf], given: &Given, data_dir: &Path) -> Result<NormImport, NormError> {
    let mut report = NormImport::default();
    let mut all = load(data_dir)?;
    for path in paths {
        let name = path.display().to_string();
        let read = reading::file(path).map_err(|e| e.to_string()).and_then(|f| Ok((lines(&f)?, f)));
        match read.and_then(|((lines, doubts), file)| Ok((parse(lines, given, &file)?, doubts))) {
            Ok(((norm, more), doubts)) => {
                let notes = doubts.into_iter().chain(more).map(|why| RowNote { row: name.clone(), why });
                report.half_parsed.extend(notes);
                report.documents += 1;
                report.sections += norm.sections.len();
                let before = all.len();
                // Undated records of a title were the same document before its date was known.
                all.retain(|n| {
                    n.id != norm.id
                        && !(n.title == norm.title
                            && (n.source_sha256 == norm.source_sha256 || n.effective_from.is_none()))
                });
                report.replaced += before - all.len();
                all.push(norm);
            }
            Err(why) => report.refused.push(RowNote { row: name, why }),
        }
    }
    end_superseded(&mut all);
    if report.documents > 0 {
        write(&all, &store(data_dir))?;
    }
    Ok(report)
}

fn end_superseded(all: &mut [Norm]) {
    let starts: Vec<(String, Date)> = all.iter().filter_map(|n| Some((n.title.clone(), n.effective_from?))).collect();
    for norm in all.iter_mut() {
        let later =
            starts.iter().filter(|(t, d)| *t == norm.title && Some(*d) > norm.effective_from).map(|s| s.1).min();
        if let Some(end) = later.filter(|_| norm.effective_from.is_some()).and_then(|d| d.yesterday().ok()) {
            norm.effective_to = Some(norm.effective_to.map_or(end, |t| t.min(end)));
        }
    }
}

fn write(all: &[Norm], path: &Path) -> Result<(), NormError> {
    let io = |source: std::io::Error| NormError::Io { path: path.into(), source };
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(io)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(io)?;
    for norm in all {
        serde_json::to_writer(&mut file, norm).map_err(|e| io(e.into()))?;
        file.write_all(b"\n").map_err(io)?;
    }
    file.as_file().sync_all().map_err(io)?;
    file.persist(path).map_err(|e| io(e.error))?;
    Ok(())
}

/// The lines of a document, and what is doubtful about them.
fn lines(file: &SourceFile) -> Result<(Vec<Line>, Vec<String>), String> {
    let mut doubts = vec![];
    let lines: Vec<Line> = match file.extension.as_str() {
        "txt" | "md" => {
            let text = reading::text(&file.bytes).map_err(|e| e.to_string())?;
            text.lines().map(|l| plain(l, file.extension == "md")).collect()
        }
        "docx" => {
            let mut out = vec![];
            for block in docx::read(&file.bytes).map_err(|e| e.to_string())? {
                match block {
                    Block::Paragraph { text, heading, numbered } => {
                        if numbered && doubts.is_empty() {
                            doubts.push("有的自动编号不认识，编号不在文字中，请改为手写编号后重新导入".to_string());
                        }
                        let lines = text.lines().map(|l| Line { text: l.trim().into(), heading });
                        out.extend(lines);
                    }
                    Block::Table(grid) => {
                        for row in grid.rows {
                            let mut cells: Vec<String> = row.into_iter().map(|c| c.text.replace('\n', " ")).collect();
                            cells.dedup();
                            let text = cells.join(" | ");
                            out.push(Line { text, heading: 0 });
                        }
                    }
                }
            }
            out
        }
        _ => return Err("只能导入 .txt、.md、.docx 文件".into()),
    };
    Ok((lines.into_iter().filter(|l| !l.text.is_empty()).collect(), doubts))
}

fn plain(line: &str, markdown: bool) -> Line {
    let text = line.trim().trim_matches('　');
    let marks = text.chars().take_while(|c| *c == '#').count();
    if !markdown || marks == 0 || marks > 6 {
        return Line { text: text.trim_matches('*').trim().into(), heading: 0 };
    }
    Line { text: text[marks..].trim().trim_matches('*').trim().into(), heading: u8::try_from(marks).unwrap_or(6) }
}

/// The head of a document: `键：值` lines, or between two lines of `---`.
#[derive(Default)]
struct Head {
    title: Option<String>,
    issuer: Option<String>,
    doc_no: Option<String>,
    from: Option<Date>,
    to: Option<Date>,
}

impl Head {
    /// Takes a line that states something; the error says what is wrong with it.
    fn take(&mut self, line: &str) -> Result<bool, String> {
        let Some((key, value)) = line.split_once([':', '：']) else { return Ok(false) };
        let value = value.trim().trim_matches(['"', '\'']).to_string();
        let date = || parse_day(&value).ok_or_else(|| format!("“{line}”中的日期应写成 YYYY-MM-DD"));
        match key.trim() {
            "title" | "标题" | "名称" => self.title = Some(value),
            "issuer" | "发文机关" | "制定机关" | "发布机关" => self.issuer = Some(value),
            "doc_no" | "文号" | "发文字号" => self.doc_no = Some(value),
            "effective_from" | "施行日期" | "生效日期" => self.from = Some(date()?),
            "effective_to" | "失效日期" | "有效期至" => self.to = Some(date()?),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn parse_day(text: &str) -> Option<Date> {
    let parts: Vec<i16> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|p| !p.is_empty())
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    let [y, m, d] = parts[..] else { return None };
    Date::new(y, i8::try_from(m).ok()?, i8::try_from(d).ok()?).ok()
}

fn parse(mut lines: Vec<Line>, given: &Given, file: &SourceFile) -> Result<(Norm, Vec<String>), String> {
    let mut doubts = vec![];
    let mut head = Head::default();
    if lines.first().is_some_and(|l| l.text == "---") {
        let end = lines.iter().skip(1).position(|l| l.text == "---").ok_or("开头的“---”没有结束")?;
        for line in lines.drain(..end + 2).filter(|l| l.text != "---") {
            if !head.take(&line.text)? {
                return Err(format!("开头的说明中有不认识的一行“{}”", line.text));
            }
        }
    }
    let stated = given.title.clone().or(head.title.take());
    // The first line is the title, unless one was stated and the text goes on at once.
    let first = lines.first().map(|l| l.text.trim_matches(['《', '》']).to_string()).ok_or("没有内容")?;
    let title = stated.unwrap_or_else(|| first.clone());
    if title == first || lines.first().is_some_and(|l| l.heading == 1) {
        lines.remove(0);
    }
    if title.trim().is_empty() || title.chars().count() > 80 || begins(&[Line { text: title.clone(), heading: 0 }]) > 0
    {
        return Err("第一行应当是标题，或者以 --title 写明".into());
    }
    let start = begins(&lines);
    let preface: Vec<Line> = lines.drain(..start).collect();
    let mut rest = vec![];
    for line in preface {
        if !head.take(&line.text)? {
            rest.push(line);
        }
    }
    let preface: Vec<&str> = rest.iter().map(|l| l.text.as_str()).collect();
    let preface = preface.join("\n");
    let (mut sections, odd) = split(&lines);
    doubts.extend(odd);
    let empty = sections.iter().filter(|s| s.text.trim().is_empty()).count();
    if empty > 0 {
        doubts.push(format!("{empty} 个编号之下没有内容，已略去"));
    }
    sections.retain(|s| !s.text.trim().is_empty());
    if sections.is_empty() {
        return Err("除标题外没有内容".into());
    }
    let closing = sections.last().map(|s| s.text.clone()).unwrap_or_default();
    let said = START.captures(&closing).or_else(|| START.captures(&preface));
    let said = said.and_then(|c| Date::new(c[1].parse().ok()?, c[2].parse().ok()?, c[3].parse().ok()?).ok());
    let effective_from = given.effective_from.or(head.from).or(said);
    let effective_to = given.effective_to.or(head.to);
    if effective_from.is_none() {
        doubts.push("没有施行日期，效力按不明处理；可用 --effective-from 写明".into());
    }
    if effective_from.zip(effective_to).is_some_and(|(from, to)| from > to) {
        return Err("失效日期早于施行日期".into());
    }
    if title.ends_with('法') && !title.ends_with("办法") || title.ends_with("条例") {
        doubts.push("名称像法律法规；作为规范导入的不能作处罚依据，法律法规请用 import statutes".into());
    }
    let doc_no = given.doc_no.clone().or(head.doc_no).or_else(|| DOC_NO.find(&preface).map(|m| m.as_str().to_string()));
    let norm = Norm {
        id: version_id(&title, effective_from),
        issuer: given.issuer.clone().or(head.issuer),
        doc_no,
        title,
        effective_from,
        effective_to,
        source: file.name.clone(),
        source_sha256: file.sha256.clone(),
        sections,
    };
    Ok((norm, doubts))
}
