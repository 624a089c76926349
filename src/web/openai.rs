//! Errors under `/v1` in the shape that clients of that interface read: `{"error": {message, type, param, code}}`.

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::error::{Class, Report};

/// The error as clients read it.
pub fn error(report: &Report, status: StatusCode) -> Value {
    let kind = match status {
        StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
        s if s.is_server_error() => "server_error",
        _ => "invalid_request_error",
    };
    let param = report.errors.first().map(|e| e.path.clone());
    json!({ "error": { "message": report.to_string(), "type": kind, "param": param, "code": report.code } })
}

/// Turns whatever went wrong on the way to an address under `/v1`, there or in a layer before it, into that shape.
pub async fn errors(request: Request, next: Next) -> Response {
    let ours = request.uri().path().starts_with("/v1/");
    let mut response = next.run(request).await;
    let Some(report) = response.extensions_mut().remove::<Report>().filter(|_| ours) else { return response };
    let status = match report.class {
        // These clients know no 422 for a wrong value.
        Class::Invalid if response.status() == StatusCode::UNPROCESSABLE_ENTITY => StatusCode::BAD_REQUEST,
        _ => response.status(),
    };
    let mut told = (status, axum::Json(error(&report, status))).into_response();
    if report.class == Class::Busy {
        told.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    // What the layers inside have set stays.
    for (name, value) in response.headers() {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            told.headers_mut().entry(name).or_insert(value.clone());
        }
    }
    told
}
