//! 题库表: rows → questions, each row accepted or refused with its reason. What the columns mean: `corpus/README.md`, “研讨题库”.

use serde::Serialize;

use super::{LONGEST_OPTION, LONGEST_STEM, MOST_POINTS, MOST_QUESTIONS, Question, QuestionKind, clean};

/// Columns by their headings; 题型, 题干 and 答案 must be there.
pub const COLUMNS: &[&str] =
    &["题型", "题干", "选项A", "选项B", "选项C", "选项D", "选项E", "选项F", "答案", "分值", "解析", "依据"];
/// Points where a row names none.
pub const USUAL_POINTS: u32 = 10;
/// The header may stand below a title.
const HEADER_WITHIN: usize = 5;

/// A row that did not become a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// Line of the table, from 1.
    pub row: usize,
    pub why: String,
}

/// What a row asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Row {
    Ready(Question),
    /// A teaching case by its id; the rest of it is made from the corpus.
    Case {
        id: String,
        points: u32,
    },
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Read {
    pub rows: Vec<(usize, Row)>,
    pub refused: Vec<Refused>,
}

/// Reads a table with its header.
pub fn read(table: &[Vec<String>]) -> Result<Read, String> {
    let is_header = |r: &Vec<String>| ["题型", "题干", "答案"].iter().all(|h| r.iter().any(|c| heading(c) == *h));
    let Some(header) = table.iter().take(HEADER_WITHIN).position(is_header) else {
        return Err(format!("没有找到表头；应有的列：{}", COLUMNS.join("、")));
    };
    let places: Vec<Option<usize>> =
        COLUMNS.iter().map(|name| table[header].iter().position(|c| heading(c) == *name)).collect();
    let mut out = Read::default();
    for (i, cells) in table.iter().enumerate().skip(header + 1) {
        if cells.iter().all(|c| c.trim().is_empty()) {
            continue;
        }
        let get = |name: &str| {
            let place = COLUMNS.iter().position(|c| *c == name).and_then(|p| places[p]);
            place.and_then(|p| cells.get(p)).map(|c| clean(c)).unwrap_or_default()
        };
        let read = if out.rows.len() >= MOST_QUESTIONS {
            Err(format!("一套题最多{MOST_QUESTIONS}题"))
        } else {
            row(&get)
        };
        match read {
            Ok(row) => out.rows.push((i + 1, row)),
            Err(why) => out.refused.push(Refused { row: i + 1, why }),
        }
    }
    Ok(out)
}

/// A heading without blanks; full-width letters count as their narrow forms.
fn heading(cell: &str) -> String {
    let narrow = |c: char| match c {
        'Ａ'..='Ｚ' => char::from_u32(c as u32 - 'Ａ' as u32 + 'A' as u32).unwrap_or(c),
        c => c,
    };
    clean(cell).chars().filter(|c| !c.is_whitespace()).map(narrow).collect()
}

fn row(get: &dyn Fn(&str) -> String) -> Result<Row, String> {
    let named = get("题型");
    let kind = QuestionKind::ALL.iter().copied().find(|k| named == k.zh() || named == format!("{}题", k.zh()));
    let kind = kind.ok_or_else(|| format!("题型“{}”应为单选、多选、判断或者案例", short(&named)))?;
    let points = match get("分值").as_str() {
        "" => USUAL_POINTS,
        text => text
            .parse()
            .ok()
            .filter(|p| (1..=MOST_POINTS).contains(p))
            .ok_or_else(|| format!("分值“{}”应为1至{MOST_POINTS}的整数", short(text)))?,
    };
    if kind == QuestionKind::Case {
        let id = get("答案");
        return match id.is_empty() {
            true => Err("案例题的“答案”应填教学案例的编号，如 tc-mb64-01".into()),
            false => Ok(Row::Case { id, points }),
        };
    }
    let stem = get("题干");
    bounded("题干", &stem, 1, LONGEST_STEM)?;
    let (explanation, basis) = (get("解析"), get("依据"));
    bounded("解析", &explanation, 0, LONGEST_STEM)?;
    bounded("依据", &basis, 0, LONGEST_OPTION)?;
    let options = if kind == QuestionKind::Judgement { vec!["对".into(), "错".into()] } else { options(get)? };
    let answer = answer(kind, &get("答案"), options.len())?;
    Ok(Row::Ready(Question { kind, stem, options, answer, points, explanation, basis, case: None }))
}

fn options(get: &dyn Fn(&str) -> String) -> Result<Vec<String>, String> {
    let mut all: Vec<String> = ["选项A", "选项B", "选项C", "选项D", "选项E", "选项F"].iter().map(|n| get(n)).collect();
    while all.last().is_some_and(String::is_empty) {
        all.pop();
    }
    if all.len() < 2 {
        return Err("至少要有选项A和选项B".into());
    }
    for (i, option) in all.iter().enumerate() {
        let name = format!("选项{}", char::from(b'A' + u8::try_from(i).unwrap_or(0)));
        bounded(&name, option, 1, LONGEST_OPTION)?;
        if all[..i].contains(option) {
            return Err(format!("{name}与前面的选项相同"));
        }
    }
    Ok(all)
}

fn answer(kind: QuestionKind, text: &str, options: usize) -> Result<Vec<usize>, String> {
    if kind == QuestionKind::Judgement {
        return match text {
            "对" | "正确" | "√" | "是" | "T" | "t" => Ok(vec![0]),
            "错" | "错误" | "×" | "否" | "F" | "f" => Ok(vec![1]),
            other => Err(format!("判断题的答案“{}”应为对或者错", short(other))),
        };
    }
    let letters = heading(text).to_uppercase();
    let mut places: Vec<usize> = vec![];
    for c in letters.chars().filter(|c| !",，、;；/ ".contains(*c)) {
        let place = u32::from(c).checked_sub(u32::from('A')).and_then(|p| usize::try_from(p).ok());
        match place.filter(|p| *p < options) {
            Some(place) if !places.contains(&place) => places.push(place),
            Some(_) => return Err(format!("答案“{}”中有重复", short(text))),
            None => return Err(format!("答案“{}”不在选项之内", short(text))),
        }
    }
    places.sort_unstable();
    match (kind, places.len()) {
        (_, 0) => Err("没有答案".into()),
        (QuestionKind::Single, 2..) => Err("单选题只能有一个答案".into()),
        _ => Ok(places),
    }
}

fn bounded(name: &str, text: &str, least: usize, most: usize) -> Result<(), String> {
    match text.chars().count() {
        n if n < least => Err(format!("{name}为空")),
        n if n > most => Err(format!("{name}超过{most}字")),
        _ => Ok(()),
    }
}

fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(20).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(lines: &[&str]) -> Vec<Vec<String>> {
        lines.iter().map(|l| l.split('|').map(str::to_string).collect()).collect()
    }

    #[test]
    fn rows_are_accepted_or_refused_with_a_reason() {
        let read = read(&table(&[
            "教体系统练习",
            "题 型|题干|选项Ａ|选项B|选项C|答案|分值|解析|依据",
            "单选|谁可以处罚|县级|乡级||A|5|看级别|行政处罚法23",
            "多选题|哪些要告知|事实|理由|依据|ＡＢ、C||",
            "判断|当场处罚须一名执法人员|||| 错 |2|两名|行政处罚法51",
            "案例|||||tc-mb64-01|20",
            "",
            "单选|两个答案|甲|乙||AB|5",
            "单选|没有这一项|甲|乙||D|5",
            "多选|重复|甲|甲||A|5",
            "判断|不明|||| 也许|5",
            "填空|谁|甲|乙||A|5",
            "单选||甲|乙||A|5",
            "单选|分值|甲|乙||A|0",
            "案例||||||5",
            "单选|只有一项|甲|||A|5",
        ]))
        .unwrap();
        let kinds: Vec<usize> = read.rows.iter().map(|(row, _)| *row).collect();
        assert_eq!(kinds, [3, 4, 5, 6]);
        let Row::Ready(multiple) = &read.rows[1].1 else { panic!() };
        assert_eq!((multiple.answer.as_slice(), multiple.points), ([0, 1, 2].as_slice(), 10));
        let Row::Ready(judgement) = &read.rows[2].1 else { panic!() };
        assert_eq!((judgement.answer.as_slice(), judgement.options.len()), ([1].as_slice(), 2));
        assert_eq!(read.rows[3].1, Row::Case { id: "tc-mb64-01".into(), points: 20 });
        let why: Vec<(usize, &str)> = read.refused.iter().map(|r| (r.row, r.why.as_str())).collect();
        assert_eq!(
            why,
            [
                (8, "单选题只能有一个答案"),
                (9, "答案“D”不在选项之内"),
                (10, "选项B与前面的选项相同"),
                (11, "判断题的答案“也许”应为对或者错"),
                (12, "题型“填空”应为单选、多选、判断或者案例"),
                (13, "题干为空"),
                (14, "分值“0”应为1至100的整数"),
                (15, "案例题的“答案”应填教学案例的编号，如 tc-mb64-01"),
                (16, "至少要有选项A和选项B"),
            ]
        );
    }

    #[test]
    fn a_table_without_its_header_is_refused_whole() {
        assert!(read(&table(&["a|b", "c|d"])).unwrap_err().contains("题型"));
        assert!(read(&[]).is_err());
    }
}
