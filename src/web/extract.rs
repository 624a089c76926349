//! What callers send: JSON with our own rejection, case JSON with paths in its errors.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, JsonRejection};
use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::error::{Class, Report};

/// JSON body whose errors are problem+json in Chinese.
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(JsonRejection::BytesRejection(_)) => {
                Err(Report::new(Class::TooLarge, "http.too_large", "内容过长", "请求体超过上限，请缩短后重试").into())
            }
            Err(JsonRejection::JsonSyntaxError(e)) => {
                Err(Report::new(Class::Invalid, "input.broken_json", "JSON 格式有误", e.body_text()).into())
            }
            Err(JsonRejection::JsonDataError(e)) => {
                Err(Report::new(Class::Invalid, "input.wrong_type", "字段类型有误", e.body_text()).into())
            }
            Err(other) => Err(other.into()),
        }
    }
}

/// The body as text.
pub struct Text(pub String);

impl<S: Send + Sync> FromRequest<S> for Text {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, state).await.map_err(|e: BytesRejection| Problem::from(e))?;
        String::from_utf8(bytes.to_vec())
            .map(Self)
            .map_err(|_| Report::new(Class::Invalid, "input.not_utf8", "文字编码有误", "请用 UTF-8 编码发送").into())
    }
}

/// Fields of a body that may be left out whole.
pub fn fields<T: DeserializeOwned>(body: &str) -> Result<T, Problem> {
    let body = if body.trim().is_empty() { "{}" } else { body };
    serde_json::from_str(body).map_err(|e| {
        let report = match e.classify() {
            serde_json::error::Category::Data => {
                Report::new(Class::Invalid, "input.wrong_type", "字段类型有误", e.to_string())
            }
            _ => {
                let detail = format!("第{}行第{}列不符合 JSON 语法", e.line(), e.column());
                Report::new(Class::Invalid, "input.broken_json", "JSON 格式有误", detail)
            }
        };
        report.into()
    })
}
