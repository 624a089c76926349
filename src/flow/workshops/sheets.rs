//! Results as files for spreadsheets.

use super::Results;
use crate::error::{Class, Report, Result};
use crate::export::table::{Cell, Sheet, csv, xlsx};
use crate::flow::Flow;
use crate::flow::cases::Asking;

/// A file to be taken away.
pub struct ResultsFile {
    pub name: String,
    pub kind: &'static str,
    pub bytes: Vec<u8>,
}

impl Flow {
    /// Every answer, one a line.
    pub async fn class_csv(&self, ask: &Asking, id: &str) -> Result<ResultsFile> {
        let results = self.class_results(ask, id, "csv").await?;
        let name = format!("研讨{}.csv", results.code);
        Ok(ResultsFile { name, kind: "text/csv; charset=utf-8", bytes: csv(&answers(&results)) })
    }

    /// Points, answers and what was noted, a sheet each.
    pub async fn class_xlsx(&self, ask: &Asking, id: &str) -> Result<ResultsFile> {
        let results = self.class_results(ask, id, "xlsx").await?;
        let made = xlsx(&[points(&results), answers(&results), notes(&results)]);
        let bytes = made.map_err(|e| Report::new(Class::Internal, "workshop.export", "不能导出", e.to_string()))?;
        let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        Ok(ResultsFile { name: format!("研讨{}.xlsx", results.code), kind, bytes })
    }
}

fn number(n: usize) -> Cell {
    Cell::Number(i64::try_from(n).unwrap_or_default(), 0)
}

fn tenths(n: u32) -> Cell {
    Cell::Number(i64::from(n), 1)
}

fn points(results: &Results) -> Sheet {
    let row = |(i, s): (usize, &super::Standing)| {
        vec![number(i + 1), Cell::text(&s.name), tenths(s.got), tenths(s.of), number(s.answered)]
    };
    Sheet {
        name: "成绩",
        header: vec!["名次", "姓名", "得分", "满分", "作答题数"],
        rows: results.standings.iter().enumerate().map(row).collect(),
    }
}

fn answers(results: &Results) -> Sheet {
    let header = vec![
        "姓名",
        "题号",
        "题型",
        "题目",
        "选择",
        "条款",
        "阶次",
        "处罚种类",
        "罚款（元）",
        "因素",
        "理由",
        "得分",
        "满分",
        "评分说明",
        "作答时间",
    ];
    let row = |r: &super::ResultRow| {
        vec![
            Cell::text(&r.name),
            number(r.question),
            Cell::text(r.kind_zh),
            Cell::text(&r.label),
            Cell::text(&r.choices),
            Cell::text(&r.articles),
            Cell::text(r.tier_zh),
            Cell::text(&r.kinds),
            r.fine_fen.map_or(Cell::Empty, |f| Cell::Number(f.0, 2)),
            Cell::text(&r.factors),
            Cell::text(&r.reason),
            tenths(r.got),
            tenths(r.of),
            Cell::text(&r.explained),
            Cell::text(&r.answered_at),
        ]
    };
    Sheet { name: "作答", header, rows: results.rows.iter().map(row).collect() }
}

fn notes(results: &Results) -> Sheet {
    let row =
        |(question, at, text): &(usize, String, String)| vec![number(*question), Cell::text(at), Cell::text(text)];
    Sheet { name: "讨论", header: vec!["题号", "时间", "内容"], rows: results.notes.iter().map(row).collect() }
}
