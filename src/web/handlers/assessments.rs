//! `POST /api/v1/assess`: case JSON → assessment JSON.

use axum::Json;
use axum::extract::State;

use crate::domain::assessment::Assessment;
use crate::web::App;
use crate::web::caller::Caller;
use crate::web::extract::Text;
use crate::web::problem::Problem;

pub async fn assess(
    State(flow): State<App>,
    caller: Option<Caller>,
    Text(body): Text,
) -> Result<Json<Assessment>, Problem> {
    let (case, notes) = flow.read_case(&body)?;
    let mut assessment = flow.assess_for(&case, Caller::actor(&caller))?;
    assessment.warnings.extend(notes);
    Ok(Json(assessment))
}
