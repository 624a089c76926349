//! Pages and assets, embedded in the binary.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "src/web/assets"]
struct Assets;

#[derive(RustEmbed)]
#[folder = "src/web/pages"]
pub(super) struct Pages;

pub async fn sign_in() -> Response {
    page("sign-in.html", StatusCode::OK)
}

pub async fn welcome() -> Response {
    page("welcome.html", StatusCode::OK)
}

/// Where somebody lands who has just signed in elsewhere.
pub async fn signed_in() -> Response {
    page("signed-in.html", StatusCode::OK)
}

pub async fn asset(Path(name): Path<String>) -> Response {
    match Assets::get(&name) {
        Some(file) => {
            let kind = match name.rsplit('.').next() {
                Some("css") => "text/css; charset=utf-8",
                Some("js") => "text/javascript; charset=utf-8",
                Some("svg") => "image/svg+xml",
                _ => "application/octet-stream",
            };
            ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], file.data.into_owned())
                .into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn page(name: &str, status: StatusCode) -> Response {
    match Pages::get(name) {
        Some(file) => {
            (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], file.data.into_owned()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
