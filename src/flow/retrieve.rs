//! 检索条文、案例、规范.

use jiff::civil::Date;
use serde::Deserialize;

use super::{Flow, report, today};
use crate::corpus::cases::{CaseHit, CaseQuery, Shelf};
use crate::corpus::norms::{NormHit, NormQuery};
use crate::corpus::search::{StatuteHit, StatuteQuery};
use crate::domain::people::Actor;
use crate::error::{Class, Report, Result};

/// Longest query that is searched whole; facts may be pasted.
const LONGEST: usize = 20_000;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SearchRequest {
    pub query: String,
    pub as_of: Option<Date>,
    pub law: Option<String>,
    pub limit: Option<usize>,
    pub explain: bool,
    /// For cases: only this 违法行为 counts as the same.
    pub violation: Option<String>,
}

impl SearchRequest {
    fn checked(&self) -> Result<&str> {
        let query = self.query.trim();
        let wrong = |code: &str, detail: &str| Err(Report::new(Class::Invalid, code, "检索词有误", detail));
        if query.is_empty() {
            return wrong("search.empty", "请输入检索词");
        }
        if query.chars().count() > LONGEST {
            return wrong("search.too_long", "检索词过长，请缩短到两万字以内");
        }
        Ok(query)
    }

    fn limit(&self) -> usize {
        self.limit.unwrap_or(10).clamp(1, 100)
    }
}

impl Flow {
    pub fn search_statutes(&self, request: &SearchRequest) -> Result<Vec<StatuteHit>> {
        let query = StatuteQuery {
            text: request.checked()?.to_string(),
            as_of: request.as_of,
            law: request.law.clone(),
            limit: request.limit(),
            explain: request.explain,
            similar: None,
        };
        if let Some(law) = &query.law
            && self.corpus.laws.title_of(law).is_none()
        {
            return Err(Report::new(
                Class::NotFound,
                "search.unknown_law",
                "没有安装这部法律",
                format!("“{law}”：可用全称、去掉“中华人民共和国”的名称或通行简称"),
            ));
        }
        let similar = self.meaning().and_then(|m| m.similarities(&query.text));
        let query = StatuteQuery { similar, ..query };
        self.corpus.search_statutes(&query, today()).map_err(report::corpus)
    }

    /// Past decisions, of those that `who` may see.
    pub fn search_cases(&self, request: &SearchRequest, who: Option<&Actor>) -> Result<Vec<CaseHit>> {
        let query = CaseQuery {
            text: request.checked()?.to_string(),
            violation: request.violation.clone(),
            as_of: Some(request.as_of.unwrap_or_else(today)),
            shelf: Shelf::of(who),
            diverse: true,
            limit: request.limit(),
            ..CaseQuery::default()
        };
        self.corpus.cases.search(&query, &self.book).map_err(report::corpus)
    }

    /// Sections of the bureau's 办案规范; an empty answer where none are imported. Never a legal basis: the engine does not see them.
    pub fn search_norms(&self, request: &SearchRequest) -> Result<Vec<NormHit>> {
        let query = NormQuery {
            text: request.checked()?.to_string(),
            as_of: request.as_of,
            title: request.law.clone(),
            limit: request.limit(),
        };
        self.corpus.norms.search(&query, today()).map_err(|e| report::corpus(e.into()))
    }
}
