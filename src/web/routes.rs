//! Every URL in one list.

use axum::Router;
use axum::routing::{get, post};

use super::handlers::{assessments, catalog, completions, drafts, extractions, health, search};
use super::{App, assets};

/// Method and path of every route; the OpenAPI document must name each `/api` and `/v1` one (tested).
pub const ROUTES: &[(&str, &str)] = &[
    ("GET", "/"),
    ("GET", "/assets/{name}"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/api/v1/openapi.json"),
    ("GET", "/api/v1/catalog"),
    ("GET", "/api/v1/teaching-cases/{id}"),
    ("POST", "/api/v1/search/{kind}"),
    ("POST", "/api/v1/extract"),
    ("POST", "/api/v1/assess"),
    ("POST", "/api/v1/cite-check"),
    ("POST", "/api/v1/drafts"),
    ("GET", "/api/v1/drafts/{id}"),
    ("DELETE", "/api/v1/drafts/{id}"),
    ("GET", "/api/v1/drafts/{id}/events"),
    ("GET", "/api/v1/drafts/{id}/document.docx"),
    ("GET", "/api/v1/drafts/{id}/document.html"),
    ("GET", "/api/v1/drafts/{id}/document.txt"),
    ("GET", "/v1/models"),
    ("GET", "/v1/models/{id}"),
    ("POST", "/v1/chat/completions"),
];

pub fn router() -> Router<App> {
    Router::new()
        .route("/", get(assets::index))
        .route("/assets/{name}", get(assets::asset))
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/api/v1/openapi.json", get(health::openapi))
        .route("/api/v1/catalog", get(catalog::catalog))
        .route("/api/v1/teaching-cases/{id}", get(catalog::teaching_case))
        .route("/api/v1/search/{kind}", post(search::search))
        .route("/api/v1/extract", post(extractions::extract))
        .route("/api/v1/assess", post(assessments::assess))
        .route("/api/v1/cite-check", post(search::cite_check))
        .route("/api/v1/drafts", post(drafts::create))
        .route("/api/v1/drafts/{id}", get(drafts::show).delete(drafts::cancel))
        .route("/api/v1/drafts/{id}/events", get(drafts::events))
        .route("/api/v1/drafts/{id}/document.docx", get(drafts::docx))
        .route("/api/v1/drafts/{id}/document.html", get(drafts::html))
        .route("/api/v1/drafts/{id}/document.txt", get(drafts::text))
        .route("/v1/models", get(completions::models))
        .route("/v1/models/{id}", get(completions::show_model))
        .route("/v1/chat/completions", post(completions::create))
        .fallback(health::not_found)
        .method_not_allowed_fallback(health::method_not_allowed)
}
