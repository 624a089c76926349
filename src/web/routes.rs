//! Every URL in one list.

use axum::Router;
use axum::routing::{delete, get, patch, post};

use super::access::Access::{Local, Public, Roles, SignedIn};
use super::access::{Access, Route};
use super::handlers::{
    assessments, catalog, completions, drafts, extractions, health, me, oidc, people, search, sessions,
};
use super::{App, assets};
use crate::domain::people::Role::Admin;
use crate::domain::people::Scope::{self, Draft, Read, Write};

/// A route that a page and a token of that scope may call.
const fn route(method: &'static str, path: &'static str, access: Access, scope: Scope) -> Route {
    Route { method, path, access, scope: Some(scope) }
}

/// A route for pages only.
const fn page(method: &'static str, path: &'static str, access: Access) -> Route {
    Route { method, path, access, scope: None }
}

/// Method, path and access of every route: the check is made from it, and what is missing here is not served. The OpenAPI
/// document must name each `/api` and `/v1` one (tested).
pub const ROUTES: &[Route] = &[
    page("GET", "/", Local),
    page("GET", "/sign-in", Public),
    page("GET", "/welcome", Public),
    page("GET", "/assets/{name}", Public),
    page("GET", "/healthz", Public),
    page("GET", "/readyz", Public),
    route("GET", "/metrics", Local, Read),
    page("GET", "/api/v1/openapi.json", Public),
    route("GET", "/api/v1/catalog", Local, Read),
    route("GET", "/api/v1/teaching-cases/{id}", Local, Read),
    route("POST", "/api/v1/search/{kind}", Local, Read),
    route("POST", "/api/v1/extract", Local, Read),
    route("POST", "/api/v1/assess", Local, Read),
    route("POST", "/api/v1/cite-check", Local, Read),
    route("POST", "/api/v1/drafts", Local, Draft),
    route("GET", "/api/v1/drafts/{id}", Local, Draft),
    route("DELETE", "/api/v1/drafts/{id}", Local, Draft),
    route("GET", "/api/v1/drafts/{id}/events", Local, Draft),
    route("GET", "/api/v1/drafts/{id}/document.docx", Local, Draft),
    route("GET", "/api/v1/drafts/{id}/document.html", Local, Draft),
    route("GET", "/api/v1/drafts/{id}/document.txt", Local, Draft),
    route("GET", "/v1/models", Local, Read),
    route("GET", "/v1/models/{id}", Local, Read),
    route("POST", "/v1/chat/completions", Local, Draft),
    page("POST", "/api/v1/sessions", Public),
    page("DELETE", "/api/v1/sessions/current", SignedIn),
    page("GET", "/api/v1/oidc/start", Public),
    page("GET", "/api/v1/oidc/callback", Public),
    page("POST", "/api/v1/invitations/show", Public),
    page("POST", "/api/v1/invitations/accept", Public),
    route("GET", "/api/v1/me", SignedIn, Read),
    page("POST", "/api/v1/me/password", SignedIn),
    page("GET", "/api/v1/me/tokens", SignedIn),
    page("POST", "/api/v1/me/tokens", SignedIn),
    page("DELETE", "/api/v1/me/tokens/{id}", SignedIn),
    route("GET", "/api/v1/people", Roles(&[Admin]), Read),
    route("POST", "/api/v1/people", Roles(&[Admin]), Write),
    route("PATCH", "/api/v1/people/{id}", Roles(&[Admin]), Write),
    page("POST", "/api/v1/people/{id}/invitation", Roles(&[Admin])),
];

pub fn router() -> Router<App> {
    Router::new()
        .route("/", get(assets::index))
        .route("/sign-in", get(assets::sign_in))
        .route("/welcome", get(assets::welcome))
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
        .route("/api/v1/sessions", post(sessions::open))
        .route("/api/v1/sessions/current", delete(sessions::close))
        .route("/api/v1/oidc/start", get(oidc::start))
        .route("/api/v1/oidc/callback", get(oidc::callback))
        .route("/api/v1/invitations/show", post(sessions::show_invitation))
        .route("/api/v1/invitations/accept", post(sessions::accept_invitation))
        .route("/api/v1/me", get(me::show))
        .route("/api/v1/me/password", post(me::change_password))
        .route("/api/v1/me/tokens", get(me::tokens).post(me::add_token))
        .route("/api/v1/me/tokens/{id}", delete(me::revoke_token))
        .route("/api/v1/people", get(people::list).post(people::add))
        .route("/api/v1/people/{id}", patch(people::change))
        .route("/api/v1/people/{id}/invitation", post(people::invite))
        .fallback(health::not_found)
        .method_not_allowed_fallback(health::method_not_allowed)
}
