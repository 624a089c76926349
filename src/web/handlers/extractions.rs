//! `POST /api/v1/extract`: narrative → case JSON, each value with its span.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use crate::flow::extract::Extraction;
use crate::web::App;
use crate::web::caller::Caller;
use crate::web::extract::Json as Body;
use crate::web::problem::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Narrative {
    text: String,
}

pub async fn extract(
    State(flow): State<App>,
    caller: Option<Caller>,
    Body(body): Body<Narrative>,
) -> Result<Json<Extraction>, Problem> {
    Ok(Json(flow.extract(body.text, Caller::actor(&caller)).await?))
}
