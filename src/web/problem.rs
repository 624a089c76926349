//! [`Report`] → status + `application/problem+json` (RFC 9457).

use axum::extract::rejection::{BytesRejection, JsonRejection, PathRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::error::{Class, Report};

/// An error on its way out.
#[derive(Debug)]
pub struct Problem(pub Report);

#[derive(Serialize)]
struct Body<'a> {
    /// Stable and dereferenceable within this service.
    #[serde(rename = "type")]
    kind: String,
    status: u16,
    #[serde(flatten)]
    report: &'a Report,
}

impl Problem {
    pub fn status(&self) -> StatusCode {
        match self.0.class {
            Class::Invalid if self.0.errors.is_empty() => StatusCode::BAD_REQUEST,
            Class::Invalid | Class::Refused => StatusCode::UNPROCESSABLE_ENTITY,
            Class::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Class::Unauthenticated => StatusCode::UNAUTHORIZED,
            Class::Forbidden => StatusCode::FORBIDDEN,
            Class::NotFound => StatusCode::NOT_FOUND,
            Class::Conflict => StatusCode::CONFLICT,
            Class::Busy => StatusCode::TOO_MANY_REQUESTS,
            Class::Missing => StatusCode::SERVICE_UNAVAILABLE,
            Class::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<Report> for Problem {
    fn from(report: Report) -> Self {
        Self(report)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        if status.is_server_error() {
            tracing::error!(code = %self.0.code, "{}", self.0);
        }
        let body = Body { kind: format!("/problems/{}", self.0.code), status: status.as_u16(), report: &self.0 };
        let json = serde_json::to_vec(&body).unwrap_or_else(|_| b"{}".to_vec());
        let mut response = (status, json).into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json; charset=utf-8"));
        // For clients whose interface has another shape of errors.
        response.extensions_mut().insert(self.0.clone());
        if self.0.class == Class::Busy {
            response.headers_mut().insert(header::RETRY_AFTER, self.0.retry_after.unwrap_or(5).into());
        }
        if self.0.class == Class::Unauthenticated {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

fn rejected(status: StatusCode, text: String) -> Problem {
    let (class, code, title) = match status {
        StatusCode::PAYLOAD_TOO_LARGE => (Class::TooLarge, "http.too_large", "内容过长"),
        _ => (Class::Invalid, "http.bad_request", "请求无法读取"),
    };
    Problem(Report::new(class, code, title, text))
}

impl From<JsonRejection> for Problem {
    fn from(r: JsonRejection) -> Self {
        let detail = match &r {
            JsonRejection::MissingJsonContentType(_) => "请用 content-type: application/json 发送".to_string(),
            _ => r.body_text(),
        };
        rejected(r.status(), detail)
    }
}

impl From<BytesRejection> for Problem {
    fn from(r: BytesRejection) -> Self {
        rejected(r.status(), "请求体超过上限".into())
    }
}

impl From<QueryRejection> for Problem {
    fn from(r: QueryRejection) -> Self {
        rejected(r.status(), r.body_text())
    }
}

impl From<PathRejection> for Problem {
    fn from(r: PathRejection) -> Self {
        rejected(r.status(), r.body_text())
    }
}
