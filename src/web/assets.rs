//! Pages and assets, embedded in the binary.
//!
//! Pages name their assets below a version, `/assets/{version}/…`, made from the contents of all of them: a browser keeps what it
//! has fetched for as long as it likes, and asks for everything anew after an update. Modules import one another by relative
//! address, so they stay within the version of their page.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest, Sha256};

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

/// Twelve hexadecimal digits over the contents of all assets.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut names: Vec<_> = Assets::iter().collect();
    names.sort();
    let mut all = Sha256::new();
    for file in names.iter().filter_map(|name| Assets::get(name)) {
        all.update(file.metadata.sha256_hash());
    }
    hex::encode(&all.finalize()[..6])
});

/// A page whose assets are those of this version.
pub(super) fn versioned(html: &str) -> String {
    html.replace("\"/assets/", &format!("\"/assets/{}/", *VERSION))
}

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

/// An asset of another version is answered with today's, which the browser does not keep.
pub async fn asset(Path((version, name)): Path<(String, String)>) -> Response {
    let keep = if version == *VERSION { "public, max-age=31536000, immutable" } else { "no-cache" };
    shown(&name, Assets::get(&name), keep)
}

pub async fn picture(Path(name): Path<String>) -> Response {
    shown(&name, Guide::get(&name), "no-cache")
}

fn shown(name: &str, file: Option<EmbeddedFile>, keep: &'static str) -> Response {
    match file {
        Some(file) => {
            let kind = match name.rsplit('.').next() {
                Some("css") => "text/css; charset=utf-8",
                Some("js") => "text/javascript; charset=utf-8",
                Some("svg") => "image/svg+xml",
                Some("jpg") => "image/jpeg",
                _ => "application/octet-stream",
            };
            ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, keep)], file.data.into_owned()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn page(name: &str, status: StatusCode) -> Response {
    match Pages::get(name) {
        Some(file) => {
            let html = versioned(&String::from_utf8_lossy(&file.data));
            (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
