//! 全过程记录: verify it, take a checkpoint away, prove one event.

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;

use crate::domain::process_record::{ExportedCheckpoint, InclusionProof};
use crate::error::{Class, Report};
use crate::flow::record::{Verified, Wanted};
use crate::web::App;
use crate::web::asked::{Ask, Asked};
use crate::web::problem::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Since {
    /// Size of an earlier checkpoint.
    since: Option<i64>,
}

pub async fn checkpoint(
    State(flow): State<App>,
    Query(since): Query<Since>,
) -> Result<Json<ExportedCheckpoint>, Problem> {
    Ok(Json(flow.record_checkpoint(since.since).await?))
}

pub async fn proof(
    State(flow): State<App>,
    Ask(ask): Ask,
    Path(seq): Path<i64>,
) -> Result<Json<InclusionProof>, Problem> {
    Ok(Json(flow.record_proof(&ask, seq).await?))
}

/// What the caller kept.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Kept {
    key: Option<String>,
    checkpoints: Vec<ExportedCheckpoint>,
}

/// The body may be empty.
pub async fn verify(State(flow): State<App>, asked: Asked) -> Result<Json<Verified>, Problem> {
    let kept: Kept = match asked.body.trim() {
        "" => Kept::default(),
        body => serde_json::from_str(body)
            .map_err(|e| Report::new(Class::Invalid, "input.broken_json", "JSON 格式有误", e.to_string()))?,
    };
    Ok(Json(flow.verify_record(&asked.ask, Wanted { key: kept.key, checkpoints: kept.checkpoints }).await?))
}
