//! Liveness, readiness, metrics, the interface description, and answers to wrong addresses.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::error::{Class, Report};
use crate::web::App;
use crate::web::problem::Problem;

pub async fn live() -> &'static str {
    "ok\n"
}

/// 200 when statutes are installed (a model is optional), 503 otherwise; the body says what is there.
pub async fn ready(State(flow): State<App>) -> Response {
    let status = flow.status();
    let code = if status.statutes.is_some() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(status)).into_response()
}

pub async fn metrics(State(flow): State<App>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], flow.metrics())
}

pub async fn openapi() -> Json<Value> {
    Json(document())
}

/// The OpenAPI 3.1 description, kept as a file beside the handlers.
pub fn document() -> Value {
    serde_json::from_str(include_str!("../openapi.json")).unwrap_or_else(|_| json!({}))
}

pub async fn not_found(uri: Uri) -> Problem {
    Report::new(
        Class::NotFound,
        "http.not_found",
        "没有这个地址",
        format!("{}：请检查地址，接口说明见 /api/v1/openapi.json", uri.path()),
    )
    .into()
}

pub async fn method_not_allowed() -> Response {
    let problem =
        Problem(Report::new(Class::Invalid, "http.method", "请求方法不对", "接口说明见 /api/v1/openapi.json"));
    let mut response = problem.into_response();
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response
}
