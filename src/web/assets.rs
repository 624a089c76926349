//! Pages and assets, embedded in the binary.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "src/web/assets"]
struct Assets;

#[derive(RustEmbed)]
#[folder = "src/web/pages"]
pub(super) struct Pages;

/// Pictures of the user guide, taken by the browser walk (`tests/browser/guide.mjs`).
#[derive(RustEmbed)]
#[folder = "src/web/guide"]
struct Guide;

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
    shown(&name, Assets::get(&name))
}

pub async fn picture(Path(name): Path<String>) -> Response {
    shown(&name, Guide::get(&name))
}

fn shown(name: &str, file: Option<EmbeddedFile>) -> Response {
    match file {
        Some(file) => {
            let kind = match name.rsplit('.').next() {
                Some("css") => "text/css; charset=utf-8",
                Some("js") => "text/javascript; charset=utf-8",
                Some("svg") => "image/svg+xml",
                Some("jpg") => "image/jpeg",
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
