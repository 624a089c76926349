//! The vocabularies a form needs, and the teaching cases to try.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::Value;

use crate::domain::case::Case;
use crate::web::App;
use crate::web::problem::Problem;

pub async fn catalog(State(flow): State<App>) -> Json<Value> {
    Json(flow.catalog())
}

pub async fn teaching_case(State(flow): State<App>, Path(id): Path<String>) -> Result<Json<Case>, Problem> {
    Ok(Json(flow.teaching_case(&id)?))
}
