//! 卷内文书 and the archived package.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::attachments::pieces;
use crate::flow::cases::papers::PaperFormat;
use crate::web::App;
use crate::web::asked::Ask;
use crate::web::problem::Problem;

const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

pub async fn list(State(flow): State<App>, Ask(ask): Ask, Path(no): Path<String>) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({ "case_no": no, "papers": flow.case_papers(&ask, &no).await? })))
}

pub async fn docx(
    State(flow): State<App>,
    Ask(ask): Ask,
    Path((no, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let file = flow.paper_document(&ask, &no, &id, PaperFormat::Docx).await?;
    let headers = [(header::CONTENT_TYPE, DOCX.to_string()), (header::CONTENT_DISPOSITION, saved(&file.name, "docx"))];
    Ok((headers, file.bytes).into_response())
}

pub async fn html(
    State(flow): State<App>,
    Ask(ask): Ask,
    Path((no, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let file = flow.paper_document(&ask, &no, &id, PaperFormat::Html).await?;
    Ok(([(header::CONTENT_TYPE, "text/html; charset=utf-8")], file.bytes).into_response())
}

pub async fn text(
    State(flow): State<App>,
    Ask(ask): Ask,
    Path((no, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let file = flow.paper_document(&ask, &no, &id, PaperFormat::Text).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], file.bytes).into_response())
}

pub async fn archive(State(flow): State<App>, Ask(ask): Ask, Path(no): Path<String>) -> Result<Response, Problem> {
    let (name, file) = flow.case_archive(&ask, &no).await?;
    let mut headers = header::HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/zip"));
    if let Ok(value) = header::HeaderValue::try_from(saved(&name, "zip")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    if let Ok(about) = file.metadata() {
        headers.insert(header::CONTENT_LENGTH, about.len().into());
    }
    Ok((headers, Body::from_stream(pieces(tokio::fs::File::from_std(file)))).into_response())
}

/// To be saved under a name that may be Chinese.
fn saved(name: &str, ending: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    let encoded: String =
        name.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect();
    format!("attachment; filename=\"document.{ending}\"; filename*=UTF-8''{encoded}")
}
