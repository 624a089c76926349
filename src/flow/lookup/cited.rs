//! 被引用: which rows of the rules rest on an article, which teaching cases stand under them, and which cases of the bureau name it.
//!
//! Cases are found by the act in their file, which the database keeps, and by the words of their documents. No list of citations
//! is kept, so words are looked for in the newest cases in sight only, and the page says in how many.

use serde::Serialize;

use crate::corpus::citation;
use crate::corpus::statutes::Article;
use crate::domain::discretion::table::{RowStatus, Violation};
use crate::domain::dossier::Dossier;
use crate::domain::precedent::TEACHING_LABEL;
use crate::error::Result;
use crate::flow::cases::{Asking, Filter};
use crate::flow::{Flow, report};
use crate::store::cases::{CaseRow, Sight};

/// Newest cases in sight whose documents are read.
pub const NEWEST: u32 = 200;
/// Cases shown.
const MOST: usize = 30;
/// Teaching cases shown.
const LESSONS: usize = 6;
/// Characters around a label that tell whose article it is.
const AROUND: usize = 80;

/// A row of the rules.
#[derive(Clone, Debug, Serialize)]
pub struct ActLine {
    pub id: String,
    pub act: String,
    /// 义务条 or 责任条.
    pub role: &'static str,
    pub usable: bool,
    pub superseded: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct Lesson {
    pub title: String,
    pub label: String,
    pub violation: String,
    pub tier: Option<String>,
    pub fine_fen: Option<i64>,
}

#[derive(Clone, Debug, Serialize)]
pub struct CaseLine {
    pub case_no: String,
    pub party: String,
    pub cause: String,
    pub state: String,
    pub teaching: bool,
    /// Under one of the rows that rest on the article.
    pub by_act: bool,
    /// Titles of documents that name it.
    pub papers: Vec<String>,
}

/// Who rests on an article.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CitedBy {
    pub acts: Vec<ActLine>,
    pub lessons: Vec<Lesson>,
    pub more_lessons: usize,
    pub cases: Vec<CaseLine>,
    pub more_cases: bool,
    /// Cases whose documents were read, and whether there are older ones.
    pub looked: u32,
}

fn line(row: CaseRow) -> CaseLine {
    let CaseRow { case_no, party, cause, state, teaching, .. } = row;
    CaseLine { case_no, party, cause, state, teaching, by_act: false, papers: vec![] }
}

impl Flow {
    pub(super) async fn cited_by(&self, ask: &Asking, title: &str, article: &Article) -> Result<CitedBy> {
        let acts = self.acts_on(title, article);
        let (lessons, more_lessons) = self.lessons(&acts);
        let mut cases: Vec<CaseLine> = vec![];
        let mut more_cases = false;
        for act in &acts {
            let filter = Filter { violation: Some(act.id.clone()), limit: Some(MOST as u32), ..Filter::default() };
            let page = self.list_cases(&ask.actor, &filter).await?;
            more_cases |= page.next_cursor.is_some();
            cases.extend(page.items.into_iter().map(|row| CaseLine { by_act: true, ..line(row) }));
        }
        let short = title.strip_prefix("中华人民共和国").unwrap_or(title);
        let found = self.reader().await?.cases_saying(&Sight::of(&ask.actor), short, &article.label, NEWEST).await;
        for (row, dossier) in found.map_err(report::store)? {
            let papers = self.papers_naming(&dossier, title, article);
            if papers.is_empty() {
                continue;
            }
            match cases.iter_mut().find(|c| c.case_no == row.case_no) {
                Some(known) => known.papers = papers,
                None => cases.push(CaseLine { papers, ..line(row) }),
            }
        }
        more_cases |= cases.len() > MOST;
        cases.truncate(MOST);
        Ok(CitedBy { acts, lessons, more_lessons, cases, more_cases, looked: NEWEST })
    }

    /// Rows whose clause or duty is this article.
    fn acts_on(&self, title: &str, article: &Article) -> Vec<ActLine> {
        if article.number == 0 || article.suffix > 0 {
            return vec![];
        }
        let is = |law: &str, number: u32| number == article.number && self.corpus.laws.title_of(law) == Some(title);
        let line = |v: &Violation| {
            let role = match is(&v.law, v.article) {
                true => "责任条",
                false if v.duty.iter().any(|d| is(&d.law, d.article)) => "义务条",
                false => return None,
            };
            let superseded = v.status == RowStatus::Superseded;
            Some(ActLine { id: v.id.clone(), act: v.act.clone(), role, usable: v.usable(), superseded })
        };
        self.book.violations.iter().filter_map(line).collect()
    }

    fn lessons(&self, acts: &[ActLine]) -> (Vec<Lesson>, usize) {
        let under = |id: Option<&String>| id.is_some_and(|id| acts.iter().any(|a| a.id == *id));
        let all = self.corpus.cases.teaching().iter();
        let mut found = all.filter(|c| c.label == TEACHING_LABEL && under(c.facts.violation.as_ref()));
        let lessons: Vec<Lesson> = found
            .by_ref()
            .take(LESSONS)
            .map(|c| {
                let last = c.disc.final_.as_ref();
                Lesson {
                    title: c.title.clone(),
                    label: c.label.clone(),
                    violation: c.facts.violation.clone().unwrap_or_default(),
                    tier: last.and_then(|f| f.tier).map(|t| t.code().to_string()),
                    fine_fen: last.and_then(|f| f.fine_fen).map(|f| f.0),
                }
            })
            .collect();
        (lessons, found.count())
    }

    /// Titles of the documents of a file that cite the article.
    fn papers_naming(&self, dossier: &Dossier, title: &str, article: &Article) -> Vec<String> {
        let mut out: Vec<String> = vec![];
        for paper in dossier.documents.iter().filter(|p| !p.void) {
            if !out.contains(&paper.title) && self.names(&paper.text, title, article) {
                out.push(paper.title.clone());
            }
        }
        out
    }

    /// Whether a text cites the article: each place of its label is read with the words before it, which name the law.
    fn names(&self, text: &str, title: &str, article: &Article) -> bool {
        text.match_indices(&article.label).any(|(at, label)| {
            let from = text[..at].char_indices().rev().take(AROUND).last().map_or(at, |(i, _)| i);
            let end = at + label.len();
            let to = text[end..].char_indices().nth(4).map_or(text.len(), |(i, _)| end + i);
            let cited = citation::find(&text[from..to], &self.corpus.laws);
            cited.into_iter().any(|c| {
                let number = c.provision.map(|p| (p.article, c.suffix));
                c.title.as_deref() == Some(title) && number == Some((article.number, article.suffix))
            })
        })
    }
}
