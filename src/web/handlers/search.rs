//! `POST /api/v1/search/{statutes|cases|norms}` and `POST /api/v1/cite-check`.

use axum::Json;
use axum::extract::{Path, State};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{Class, Report};
use crate::flow::retrieve::SearchRequest;
use crate::web::App;
use crate::web::caller::Caller;
use crate::web::extract::Json as Body;
use crate::web::problem::Problem;

pub async fn search(
    State(flow): State<App>,
    caller: Option<Caller>,
    Path(kind): Path<String>,
    Body(request): Body<SearchRequest>,
) -> Result<Json<Value>, Problem> {
    let hits = match kind.as_str() {
        "statutes" => json!(flow.search_statutes(&request)?),
        "cases" => json!(flow.search_cases(&request, Caller::actor(&caller))?),
        "norms" => json!(flow.search_norms(&request)?),
        other => {
            return Err(Report::new(
                Class::NotFound,
                "search.unknown_kind",
                "没有这种检索",
                format!("{other}：可用 statutes、cases、norms"),
            )
            .into());
        }
    };
    Ok(Json(json!({ "hits": hits })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CiteCheck {
    text: String,
    as_of: Option<Date>,
}

pub async fn cite_check(State(flow): State<App>, Body(request): Body<CiteCheck>) -> Result<Json<Value>, Problem> {
    let findings = flow.cite_check(&request.text, request.as_of)?;
    Ok(Json(json!({ "ok": findings.iter().all(|f| f.passes()), "citations": findings })))
}
