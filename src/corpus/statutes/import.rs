//! Rows of a foreign database → our law versions. Whatever cannot be read whole is reported row by row.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::Path;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Article, LawVersion, Status, StatuteError};
use crate::domain::foreign::{ForeignArticle, ForeignLaw, ForeignStatutes};
use crate::domain::law::{LawLevel, version_id};
use crate::domain::numerals;

/// A row that was taken with a doubt, or not at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowNote {
    /// Row or line in the source.
    pub row: String,
    pub why: String,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReport {
    pub laws: usize,
    pub articles: usize,
    /// Taken, but something about the row is not as it should be.
    pub half_parsed: Vec<RowNote>,
    pub refused: Vec<RowNote>,
}

/// File of the installed versions inside the statutes folder.
pub const FILE: &str = "laws.jsonl";

/// Writes the law versions of `rows` into `out` (a folder), replacing an earlier import as a whole.
pub fn import_laws_db(rows: ForeignStatutes, source: &str, out: &Path) -> Result<ImportReport, StatuteError> {
    let (mut laws, report) = convert(rows, source);
    end_superseded(&mut laws);
    write(&laws, &out.join(FILE))?;
    Ok(report)
}

/// One JSON record per line, written beside the target and renamed, so that nothing half-written remains.
pub fn write(laws: &[LawVersion], path: &Path) -> Result<(), StatuteError> {
    let io = |source: std::io::Error| StatuteError::Io { path: path.into(), source };
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(io)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(io)?;
    {
        let mut writer = std::io::BufWriter::new(file.as_file_mut());
        for law in laws {
            serde_json::to_writer(&mut writer, law).map_err(|e| io(e.into()))?;
            writer.write_all(b"\n").map_err(io)?;
        }
        writer.flush().map_err(io)?;
    }
    file.as_file().sync_all().map_err(io)?;
    file.persist(path).map_err(|e| io(e.error))?;
    Ok(())
}

fn convert(rows: ForeignStatutes, source: &str) -> (Vec<LawVersion>, ImportReport) {
    let mut report = ImportReport::default();
    let mut by_law: HashMap<String, Vec<ForeignArticle>> = HashMap::new();
    for article in rows.articles {
        by_law.entry(article.law_id.clone()).or_default().push(article);
    }
    let mut laws = Vec::new();
    let amendments = amendments(&rows.laws);
    for law in rows.laws {
        let rows = by_law.remove(&law.id).unwrap_or_default();
        if rows.is_empty() {
            report
                .refused
                .push(RowNote { row: format!("laws.law_id={}", law.id), why: format!("{}：没有条文", law.title) });
            continue;
        }
        let articles = rows.into_iter().filter_map(|r| article(r, &law.title, &mut report)).collect::<Vec<_>>();
        report.articles += articles.len();
        report.laws += 1;
        laws.push(version(law, articles, source, &amendments, &mut report));
    }
    for (id, rows) in by_law {
        report.refused.push(RowNote {
            row: format!("articles.law_id={id}"),
            why: format!("{} 行条文没有对应的法律", rows.len()),
        });
    }
    (laws, report)
}

fn date(text: Option<&String>, what: &str, law: &ForeignLaw, report: &mut ImportReport) -> Option<Date> {
    let text = text.map(|t| t.trim()).filter(|t| !t.is_empty())?;
    let parsed = text.parse().ok();
    if parsed.is_none() {
        report.half_parsed.push(RowNote {
            row: format!("laws.law_id={}", law.id),
            why: format!("{}：{what}“{text}”不是日期", law.title),
        });
    }
    parsed
}

/// (title, day of the amended text) → the day the amending decision names: `关于修改《某法》的决定` often starts later than it is
/// published.
type Amendments = HashMap<(String, Date), Date>;

fn amendments(laws: &[ForeignLaw]) -> Amendments {
    let day = |t: &Option<String>| t.as_deref().and_then(|t| t.trim().parse::<Date>().ok());
    let mut out = Amendments::new();
    for law in laws {
        let Some((_, rest)) = law.title.split_once("关于修改《") else { continue };
        let Some((title, _)) = rest.split_once("》的决定") else { continue };
        if let (Some(published), Some(from)) = (day(&law.published), day(&law.effective)) {
            out.insert((title.to_string(), published), from);
        }
    }
    out
}

/// First day a law was ever in force, where that is known for certain (`corpus/first_in_force.toml`).
pub(super) fn first_in_force(title: &str) -> Option<Date> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        first: HashMap<String, Date>,
    }
    static LIST: std::sync::LazyLock<HashMap<String, Date>> = std::sync::LazyLock::new(|| {
        let text = crate::corpus::embedded("first_in_force.toml").unwrap_or_default();
        // A damaged list would turn 尚未施行 into 不明, never the other way; a test reads the file.
        toml::from_str::<File>(&text).map(|f| f.first).unwrap_or_default()
    });
    LIST.get(title).copied()
}

fn version(
    law: ForeignLaw,
    articles: Vec<Article>,
    source: &str,
    amendments: &Amendments,
    report: &mut ImportReport,
) -> LawVersion {
    let stated = date(law.effective.as_ref(), "施行日期", &law, report);
    let published = date(law.published.as_ref(), "公布日期", &law, report);
    let revised = date(law.version.as_ref(), "版本日期", &law, report);
    // The source gives the 施行日 of the last full revision and the day of this version; the later one starts this text, unless
    // the amending decision is in the source and names its own day.
    let decided = revised.and_then(|day| amendments.get(&(law.title.clone(), day)).copied());
    let effective_from = decided.or(stated.max(revised));
    let law_from = first_in_force(&law.title);
    let status = match law.status.as_str() {
        "现行有效" => Status::Current,
        "历史版本" | "已被修改" => Status::Superseded,
        "已废止" => Status::Repealed,
        other => {
            report.half_parsed.push(RowNote {
                row: format!("laws.law_id={}", law.id),
                why: format!("{}：不认识的效力状态“{other}”", law.title),
            });
            Status::Unknown
        }
    };
    let level = match law.doc_type.as_str() {
        "宪法" => LawLevel::Constitution,
        _ => LawLevel::Statute,
    };
    LawVersion {
        id: version_id(&law.title, effective_from),
        title: law.title,
        level,
        issuer: law.issuer,
        published,
        law_from,
        effective_from,
        effective_to: None,
        status,
        source: source.into(),
        articles,
    }
}

fn article(row: ForeignArticle, law: &str, report: &mut ImportReport) -> Option<Article> {
    let at = format!("articles.id={}", row.row);
    let text = row.text.map(|t| t.trim().replace('\r', "")).filter(|t| !t.is_empty());
    let Some(text) = text else {
        report.refused.push(RowNote { row: at, why: format!("{law}：条文为空") });
        return None;
    };
    let label = row.label.unwrap_or_default().trim().to_string();
    let parsed = parse_label(&label);
    let (number, suffix) = match parsed {
        Some(found) => found,
        None => {
            if label != "全文" {
                report
                    .half_parsed
                    .push(RowNote {
                        row: at.clone(), why: format!("{law}：条号“{label}”无法识别，按无条号收入")
                    });
            }
            (0, 0)
        }
    };
    if parsed.is_some() && row.number.is_some_and(|n| n != i64::from(number)) {
        report.half_parsed.push(RowNote {
            row: at,
            why: format!("{law}{label}：数字条号 {:?} 与汉字条号不一致，以汉字为准", row.number),
        });
    }
    let chapter =
        [row.chapter, row.section].into_iter().flatten().filter(|c| !c.is_empty()).collect::<Vec<_>>().join(" ");
    Some(Article { number, suffix, label, chapter, text })
}

/// `第一百七十七条之一` → (177, 1).
pub fn parse_label(label: &str) -> Option<(u32, u32)> {
    let rest = label.trim().strip_prefix('第')?;
    let (number, after) = rest.split_once('条')?;
    let suffix = match after.trim().strip_prefix('之') {
        Some(n) => numerals::parse(n)?,
        None if after.trim().is_empty() => 0,
        None => return None,
    };
    Some((numerals::parse(number)?, suffix))
}

/// Where several versions of a law are held, the earlier one ends the day before the next begins.
pub fn end_superseded(laws: &mut [LawVersion]) {
    let mut starts: BTreeMap<String, Vec<Date>> = BTreeMap::new();
    for law in laws.iter() {
        starts.entry(law.title.clone()).or_default().extend(law.effective_from);
    }
    for law in laws.iter_mut() {
        let next =
            law.effective_from.and_then(|from| starts.get(&law.title)?.iter().filter(|d| **d > from).min().copied());
        if let Some(next) = next {
            law.effective_to = next.yesterday().ok();
            if law.status == Status::Current {
                law.status = Status::Superseded;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_with_zhi_are_read() {
        assert_eq!(parse_label("第一百七十七条之一"), Some((177, 1)));
        assert_eq!(parse_label("第六十四条"), Some((64, 0)));
        assert_eq!(parse_label("全文"), None);
    }

    #[test]
    fn the_list_of_first_days_is_read() {
        assert_eq!(first_in_force("中华人民共和国学前教育法"), Date::new(2025, 6, 1).ok());
        assert_eq!(first_in_force("没有的法"), None);
    }

    #[test]
    fn doubtful_rows_are_reported_and_none_is_lost() {
        let law = |id: &str, status: &str| ForeignLaw {
            id: id.into(),
            title: format!("法{id}"),
            status: status.into(),
            effective: Some("2020-01-01".into()),
            ..ForeignLaw::default()
        };
        let article = |row: i64, law: &str, label: &str, number: Option<i64>, text: &str| ForeignArticle {
            row,
            law_id: law.into(),
            label: Some(label.into()),
            number,
            text: Some(text.into()),
            ..ForeignArticle::default()
        };
        let rows = ForeignStatutes {
            laws: vec![law("甲", "现行有效"), law("乙", "怪状态"), law("丙", "现行有效")],
            articles: vec![
                article(1, "甲", "第一条", Some(1), "文"),
                article(2, "甲", "第二条", Some(3), "文"),
                article(3, "甲", "附件", None, "文"),
                article(4, "甲", "第四条", Some(4), " "),
                article(5, "乙", "第一条", Some(1), "文"),
                article(6, "丁", "第一条", Some(1), "文"),
            ],
        };
        let (laws, report) = convert(rows, "test");
        assert_eq!((laws.len(), report.laws, report.articles), (2, 2, 4));
        assert_eq!(report.half_parsed.len(), 3, "{:?}", report.half_parsed);
        assert_eq!(report.refused.len(), 3, "{:?}", report.refused);
    }
}
