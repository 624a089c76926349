//! Managing people, for administrators.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::domain::people::Person;
use crate::flow::people::invite::Link;
use crate::flow::people::manage::{NewPerson, PersonChange};
use crate::web::App;
use crate::web::caller::{Caller, Origin};
use crate::web::extract::Json as Body;
use crate::web::problem::Problem;

pub async fn list(State(flow): State<App>) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({ "people": flow.people().await? })))
}

pub async fn add(
    State(flow): State<App>,
    Caller(by): Caller,
    Origin(origin): Origin,
    Body(new): Body<NewPerson>,
) -> Result<Response, Problem> {
    let person = flow.add_person((&by).into(), new, &origin, Timestamp::now()).await?;
    let at = HeaderValue::try_from(format!("/api/v1/people/{}", person.id)).ok();
    let mut response = (StatusCode::CREATED, Json(person)).into_response();
    if let Some(at) = at {
        response.headers_mut().insert(header::LOCATION, at);
    }
    Ok(response)
}

pub async fn change(
    State(flow): State<App>,
    Caller(by): Caller,
    Origin(origin): Origin,
    Path(id): Path<String>,
    Body(change): Body<PersonChange>,
) -> Result<Json<Person>, Problem> {
    Ok(Json(flow.change_person((&by).into(), &id, change, &origin, Timestamp::now()).await?))
}

pub async fn invite(
    State(flow): State<App>,
    Caller(by): Caller,
    Origin(origin): Origin,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Link>), Problem> {
    Ok((StatusCode::CREATED, Json(flow.invite((&by).into(), &id, &origin, Timestamp::now()).await?)))
}
