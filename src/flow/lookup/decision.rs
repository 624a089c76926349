//! One past decision whole: what its file says, never more. It is there to compare with (同案同罚), not to rest on.

use jiff::civil::Date;
use serde::Serialize;

use crate::corpus::cases::Shelf;
use crate::domain::money::Fen;
use crate::domain::precedent::Precedent;
use crate::domain::rulebook::RuleBook;
use crate::error::{Class, Report, Result};
use crate::flow::Flow;
use crate::flow::cases::Asking;
use crate::flow::report;

/// A fact or a measure by its name.
#[derive(Clone, Debug, Serialize)]
pub struct Named {
    pub zh: String,
    pub text: String,
}

/// Everything the page shows.
#[derive(Clone, Debug, Serialize)]
pub struct DecisionPage {
    pub id: String,
    pub title: String,
    pub label: String,
    pub outlier: Option<String>,
    pub doc_no: Option<String>,
    pub revoked_at: Option<Date>,
    pub decided_at: Option<Date>,
    pub region: Option<String>,
    pub act: String,
    /// Title and number of the penalty article; none where the table has no row for the act.
    pub article: Option<(String, u32)>,
    pub narrative: String,
    pub facts: Vec<Named>,
    pub factors: Vec<Named>,
    pub evidence: Vec<Named>,
    pub tier: Option<String>,
    pub kinds: Vec<&'static str>,
    pub fine_fen: Option<i64>,
    pub confiscate_fen: Option<i64>,
    /// The person's own reason for the figure.
    pub reason: Option<String>,
    pub reasoning: Option<String>,
}

fn facts(case: &Precedent) -> Vec<Named> {
    let facts = &case.facts;
    let mut out = vec![];
    let mut told = |zh: &str, text: Option<String>| {
        let text = text.filter(|t| !t.trim().is_empty());
        out.extend(text.map(|text| Named { zh: zh.to_string(), text }));
    };
    let days = [facts.act_from, facts.act_to].into_iter().flatten().map(|d| d.to_string()).collect::<Vec<_>>();
    told("行为时间", (!days.is_empty()).then(|| days.join(" 至 ")));
    told("发现时间", facts.discovered_at.map(|d| d.to_string()));
    told("地点", facts.place.clone());
    let sum = |fen: Fen| format!("{} 元", fen.grouped());
    if let Some(gains) = &facts.gains {
        told("收取", gains.gross_receipts_fen.map(sum));
        let refunded = Fen(gains.refunded_before_filing_fen.0.saturating_add(gains.refunded_after_filing_fen.0));
        told("退还", (refunded.0 > 0).then(|| sum(refunded)));
    }
    told("实际损失", facts.actual_loss_fen.map(sum));
    out
}

fn factors(case: &Precedent, book: &RuleBook) -> Vec<Named> {
    let named = |f: &crate::domain::case::FactorFact| Named {
        zh: book.factor_zh(&f.code).to_string(),
        text: f.text.clone().unwrap_or_default(),
    };
    case.facts.factors.iter().map(named).collect()
}

impl Flow {
    /// A past decision by its id, as far as the caller may see past decisions: others are not found.
    pub fn decision_page(&self, ask: &Asking, id: &str) -> Result<DecisionPage> {
        let shelf = self.corpus.cases.on(Shelf::of(Some(&ask.actor))).map_err(|e| report::corpus(e.into()))?;
        let found = shelf.get(id).map_err(|e| report::corpus(e.into()))?;
        let Some(case) = found else {
            let detail = "地址中的编号不对，或者您只能查看教学案例".to_string();
            return Err(Report::new(Class::NotFound, "decision.unknown", "没有这件案例", detail));
        };
        let id_of_act = case.facts.violation.clone().unwrap_or_default();
        let row = self.book.violation(&id_of_act);
        let last = case.disc.final_.clone().unwrap_or_default();
        Ok(DecisionPage {
            act: row.map_or(id_of_act, |v| v.act.clone()),
            article: row.filter(|v| v.article > 0).map(|v| (v.law.clone(), v.article)),
            narrative: case.facts.narrative.clone().unwrap_or_default(),
            facts: facts(&case),
            factors: factors(&case, &self.book),
            evidence: case
                .evid
                .iter()
                .map(|e| Named { zh: e.title.clone().unwrap_or_default(), text: e.proves.clone().unwrap_or_default() })
                .collect(),
            tier: last.tier.map(|t| t.code().to_string()),
            kinds: last.kinds.iter().map(|k| k.zh()).collect(),
            fine_fen: last.fine_fen.map(|f| f.0),
            confiscate_fen: last.confiscate_fen.map(|f| f.0),
            reason: last.reason,
            decided_at: case.procedure.decided_at,
            region: case.case.region.clone(),
            id: case.id,
            title: case.title,
            label: case.label,
            outlier: case.outlier,
            doc_no: case.doc_no,
            revoked_at: case.revoked_at,
            reasoning: case.reasoning,
        })
    }
}
