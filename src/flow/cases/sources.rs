//! 检索 and 裁量 in the case: what was found and computed is put on record with its versions; the case itself does not change.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Asking, bad_field, parse, wrong};
use crate::corpus::cases::Shelf;
use crate::error::{Class, Report, Result};
use crate::flow::Flow;
use crate::flow::assess::Leave;
use crate::flow::report;
use crate::flow::retrieve::SearchRequest;
use crate::store::cases::Stored;

/// Hits of each kind.
const SHOWN: usize = 10;

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    /// Instead of the act and the facts.
    query: Option<String>,
}

impl Flow {
    /// Articles as of the day of the act and as of today, norms, similar cases. What was shown is on record.
    pub async fn case_sources(&self, ask: &Asking, case_no: &str, body: &str) -> Result<Value> {
        let Stored { dossier, version } = self.stored(&ask.actor, case_no).await?;
        let wanted: Wanted = match body.trim() {
            "" => Wanted::default(),
            body => serde_path_to_error::deserialize(&parse(body)?).map_err(bad_field)?,
        };
        let case = dossier.as_case();
        let assessment = self.assess_for(&case, Some(&ask.actor))?;
        let query = wanted.query.or_else(|| case.facts.narrative.clone()).unwrap_or_else(|| assessment.act.clone());
        if query.trim().is_empty() {
            return Err(wrong("query", "案件还没有事实，请先登记事实或者填写检索词"));
        }
        let request = |as_of| SearchRequest { query: query.clone(), as_of, limit: Some(SHOWN), ..Default::default() };
        let on_act_day = case.facts.act_end().map(|day| self.search_statutes(&request(Some(day)))).transpose()?;
        let now = self.search_statutes(&request(Some(ask.today())))?;
        let norms = self.search_norms(&request(None))?;
        let ids = |hits: &[crate::corpus::search::StatuteHit]| hits.iter().map(|h| h.id.clone()).collect::<Vec<_>>();
        let event = ask.event("sources.found", case_no).version(version).detail(json!({
            "clauses": assessment.clauses, "statutes": ids(&now), "statutes_on_act_day": on_act_day.as_deref().map(ids),
            "norms": norms.iter().map(|n| &n.id).collect::<Vec<_>>(),
            "similar": assessment.similar.cases.iter().map(|c| &c.id).collect::<Vec<_>>(),
        }));
        self.writer().await?.commit(event, ()).await.map_err(report::store)?;
        Ok(json!({
            "case_no": case_no, "clauses": assessment.clauses, "statutes": now, "statutes_on_act_day": on_act_day,
            "norms": norms, "similar": assessment.similar,
        }))
    }

    /// The assessment of the case as it stands; its result, rules and trace are on record.
    pub async fn assess_case(&self, ask: &Asking, case_no: &str) -> Result<Value> {
        let Stored { dossier, version } = self.stored(&ask.actor, case_no).await?;
        let assessment =
            self.assessed(&dossier.as_case(), ask.today(), Leave::of(&dossier), Shelf::of(Some(&ask.actor)))?;
        let value = serde_json::to_value(&assessment)
            .map_err(|e| Report::new(Class::Internal, "assess.answer", "裁量结论不能输出", e.to_string()))?;
        let event = ask.event("case.assessed", case_no).version(version).detail(json!({
            "result": assessment.result, "tier": assessment.tier, "suggested_fen": assessment.suggested_fen,
            "clauses": assessment.clauses, "rules": self.book.version,
            "sha256": crate::domain::digest(&value.to_string()),
        }));
        self.writer().await?.commit(event, ()).await.map_err(report::store)?;
        Ok(value)
    }
}
