//! `POST /api/v1/assess`: case JSON → assessment JSON.

use axum::Json;
use axum::extract::State;

use crate::domain::assessment::Assessment;
use crate::web::App;
use crate::web::extract::Text;
use crate::web::problem::Problem;

pub async fn assess(State(flow): State<App>, Text(body): Text) -> Result<Json<Assessment>, Problem> {
    let (case, notes) = flow.read_case(&body)?;
    let mut assessment = flow.assess(&case)?;
    assessment.warnings.extend(notes);
    Ok(Json(assessment))
}
