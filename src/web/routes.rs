//! Every URL in one list.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{delete, get, patch, post, put};

use super::access::Access::{Local, Public, Roles, SignedIn};
use super::access::{Access, Route};
use super::handlers::{
    assessments, attachments, case_drafts, cases, catalog, completions, drafts, dues, extractions, health, join,
    lookup, me, oidc, pages, papers, people, record, reviews, search, sessions, workshops,
};
use super::{App, assets};
use crate::domain::people::Role::{self, Admin, Head, Officer, Publisher, Reviewer, Trainer};
use crate::domain::people::Scope::{self, Draft, Read, Write};

/// A route that a page and a token of that scope may call.
const fn route(method: &'static str, path: &'static str, access: Access, scope: Scope) -> Route {
    Route { method, path, access, scope: Some(scope) }
}

/// A route for pages only.
const fn page(method: &'static str, path: &'static str, access: Access) -> Route {
    Route { method, path, access, scope: None }
}

/// Whoever may take a step at all; which step, the procedure decides.
const ACTING: &[Role] = &[Officer, Reviewer, Head, Publisher];

/// Whoever answers for the record.
const OVERSEEING: &[Role] = &[Head, Role::Supervisor, Admin];

/// Method, path and access of every route: the check is made from it, and what is missing here is not served. The OpenAPI
/// document must name each `/api` and `/v1` one (tested).
pub const ROUTES: &[Route] = &[
    page("GET", "/", Local),
    page("GET", "/try", Local),
    page("GET", "/cases", SignedIn),
    page("GET", "/cases/{no}", SignedIn),
    page("GET", "/register", Roles(&[Officer, Trainer])),
    page("GET", "/reviews", Roles(&[Reviewer, Head, Officer, Role::Supervisor])),
    page("GET", "/reviews/{id}", SignedIn),
    page("GET", "/overview", Roles(&[Head, Role::Supervisor])),
    page("GET", "/search", SignedIn),
    page("GET", "/articles/{law}/{article}", SignedIn),
    page("GET", "/decisions/{id}", SignedIn),
    page("GET", "/cite-check", SignedIn),
    page("GET", "/help", SignedIn),
    page("GET", "/workshops", Roles(&[Trainer])),
    page("GET", "/workshops/{id}", Roles(&[Trainer])),
    page("GET", "/join", Public),
    page("GET", "/join/{code}", Public),
    page("GET", "/sign-in", Public),
    page("GET", "/welcome", Public),
    page("GET", "/assets/{version}/{name}", Public),
    page("GET", "/guide/{name}", Public),
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
    route("GET", "/api/v1/cases", SignedIn, Read),
    route("POST", "/api/v1/cases", Roles(&[Officer, Trainer]), Write),
    route("GET", "/api/v1/cases/{no}", SignedIn, Read),
    route("POST", "/api/v1/cases/{no}/steps", Roles(ACTING), Write),
    route("POST", "/api/v1/cases/{no}/facts", Roles(ACTING), Write),
    route("POST", "/api/v1/facts/{id}/confirm", Roles(ACTING), Write),
    route("POST", "/api/v1/cases/{no}/sources", Roles(&[Officer, Reviewer, Head]), Read),
    route("POST", "/api/v1/cases/{no}/assessments", Roles(&[Officer, Reviewer, Head]), Read),
    route("PUT", "/api/v1/cases/{no}/amount", Roles(ACTING), Write),
    route("POST", "/api/v1/cases/{no}/reviews", Roles(ACTING), Write),
    route("POST", "/api/v1/cases/{no}/publicity", Roles(ACTING), Write),
    route("POST", "/api/v1/cases/{no}/publicity/approve", Roles(ACTING), Write),
    route("POST", "/api/v1/cases/{no}/publicity/withdraw", Roles(ACTING), Write),
    route("GET", "/api/v1/cases/{no}/audit", SignedIn, Read),
    route("GET", "/api/v1/cases/{no}/precheck", SignedIn, Read),
    route("GET", "/api/v1/cases/{no}/record", SignedIn, Read),
    route("GET", "/api/v1/cases/{no}/conflicts", SignedIn, Read),
    route("GET", "/api/v1/reviews", Roles(&[Reviewer, Head, Officer, Role::Supervisor]), Read),
    route("GET", "/api/v1/reviews/{id}", SignedIn, Read),
    route("POST", "/api/v1/reviews/{id}/accept", Roles(&[Reviewer]), Write),
    route("POST", "/api/v1/reviews/{id}/return", Roles(&[Reviewer]), Write),
    route("POST", "/api/v1/reviews/{id}/conclusion", Roles(&[Reviewer]), Write),
    route("POST", "/api/v1/reviews/{id}/reassign", Roles(&[Reviewer, Head]), Write),
    route("POST", "/api/v1/reviews/{id}/suspend", Roles(&[Reviewer]), Write),
    route("POST", "/api/v1/reviews/{id}/comments", Roles(&[Reviewer]), Write),
    route("POST", "/api/v1/reviews/{id}/comments/{comment}/settle", Roles(&[Reviewer]), Write),
    route("POST", "/api/v1/reviews/{id}/exclusions", Roles(&[Reviewer]), Write),
    route("POST", "/api/v1/reviews/{id}/exclusions/revoke", Roles(&[Reviewer]), Write),
    route("GET", "/api/v1/dues", SignedIn, Read),
    route("GET", "/api/v1/dues.ics", SignedIn, Read),
    route("POST", "/api/v1/cases/{no}/attachments", SignedIn, Write),
    route("GET", "/api/v1/cases/{no}/attachments", SignedIn, Read),
    route("GET", "/api/v1/cases/{no}/attachments/{id}", SignedIn, Read),
    route("GET", "/api/v1/record/checkpoint", Roles(OVERSEEING), Read),
    route("GET", "/api/v1/record/events/{seq}/proof", Roles(OVERSEEING), Read),
    route("POST", "/api/v1/record/verify", Roles(OVERSEEING), Read),
    route("POST", "/api/v1/cases/{no}/drafts", Roles(&[Officer]), Draft),
    route("GET", "/api/v1/cases/{no}/drafts", SignedIn, Draft),
    route("GET", "/api/v1/drafts/{id}/passages/{field}", SignedIn, Draft),
    route("PUT", "/api/v1/drafts/{id}/passages/{field}", Roles(&[Officer]), Draft),
    route("POST", "/api/v1/drafts/{id}/passages/{field}/rewrite", Roles(&[Officer]), Draft),
    route("POST", "/api/v1/drafts/{id}/file", Roles(&[Officer]), Write),
    route("GET", "/api/v1/cases/{no}/papers", SignedIn, Read),
    route("GET", "/api/v1/cases/{no}/papers/{id}/document.docx", SignedIn, Read),
    route("GET", "/api/v1/cases/{no}/papers/{id}/document.html", SignedIn, Read),
    route("GET", "/api/v1/cases/{no}/papers/{id}/document.txt", SignedIn, Read),
    route("GET", "/api/v1/cases/{no}/archive.zip", SignedIn, Read),
    route("GET", "/api/v1/workshops", Roles(&[Trainer]), Read),
    route("POST", "/api/v1/workshops", Roles(&[Trainer]), Write),
    route("GET", "/api/v1/workshops/candidates", Roles(&[Trainer]), Read),
    route("POST", "/api/v1/workshops/sets", Roles(&[Trainer]), Write),
    route("POST", "/api/v1/workshops/sets/import", Roles(&[Trainer]), Write),
    route("GET", "/api/v1/workshops/sets/{id}", Roles(&[Trainer]), Read),
    route("GET", "/api/v1/workshops/{id}", Roles(&[Trainer]), Read),
    route("POST", "/api/v1/workshops/{id}/moves", Roles(&[Trainer]), Write),
    route("POST", "/api/v1/workshops/{id}/notes", Roles(&[Trainer]), Write),
    route("GET", "/api/v1/workshops/{id}/events", Roles(&[Trainer]), Read),
    route("GET", "/api/v1/workshops/{id}/results.csv", Roles(&[Trainer]), Read),
    route("GET", "/api/v1/workshops/{id}/results.xlsx", Roles(&[Trainer]), Read),
    // Who takes part has no account; a cookie of the class and its proof are looked at in `seat.rs`.
    page("POST", "/api/v1/join", Public),
    page("GET", "/api/v1/join/{code}", Public),
    page("PUT", "/api/v1/join/{code}/answers/{question}", Public),
    page("GET", "/api/v1/join/{code}/events", Public),
];

pub fn router() -> Router<App> {
    Router::new()
        .route("/", get(pages::home))
        .route("/try", get(pages::try_out))
        .route("/cases", get(pages::cases))
        .route("/cases/{no}", get(pages::case))
        .route("/register", get(pages::register))
        .route("/reviews", get(pages::reviews))
        .route("/reviews/{id}", get(pages::desk))
        .route("/overview", get(pages::overview))
        .route("/search", get(lookup::search))
        .route("/articles/{law}/{article}", get(lookup::article))
        .route("/decisions/{id}", get(lookup::decision))
        .route("/cite-check", get(lookup::cite_check))
        .route("/help", get(pages::help))
        .route("/workshops", get(pages::workshops))
        .route("/workshops/{id}", get(pages::workshop))
        .route("/join", get(join::door))
        .route("/join/{code}", get(join::page))
        .route("/sign-in", get(assets::sign_in))
        .route("/welcome", get(assets::welcome))
        .route("/assets/{version}/{name}", get(assets::asset))
        .route("/guide/{name}", get(assets::picture))
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
        .route("/api/v1/cases", get(cases::list).post(cases::open))
        .route("/api/v1/cases/{no}", get(cases::show))
        .route("/api/v1/cases/{no}/steps", post(cases::step))
        .route("/api/v1/cases/{no}/facts", post(cases::facts))
        .route("/api/v1/facts/{id}/confirm", post(cases::confirm_facts))
        .route("/api/v1/cases/{no}/sources", post(cases::sources))
        .route("/api/v1/cases/{no}/assessments", post(cases::assess))
        .route("/api/v1/cases/{no}/amount", put(cases::amount))
        .route("/api/v1/cases/{no}/reviews", post(cases::submit_review))
        .route("/api/v1/cases/{no}/publicity", post(cases::publicity))
        .route("/api/v1/cases/{no}/publicity/approve", post(cases::approve_publicity))
        .route("/api/v1/cases/{no}/publicity/withdraw", post(cases::withdraw_publicity))
        .route("/api/v1/cases/{no}/audit", get(cases::audit))
        .route("/api/v1/cases/{no}/precheck", get(cases::precheck))
        .route("/api/v1/cases/{no}/record", get(cases::record))
        .route("/api/v1/cases/{no}/conflicts", get(cases::conflicts))
        .route("/api/v1/reviews", get(reviews::list))
        .route("/api/v1/reviews/{id}", get(reviews::show))
        .route("/api/v1/reviews/{id}/accept", post(reviews::accept))
        .route("/api/v1/reviews/{id}/return", post(reviews::send_back))
        .route("/api/v1/reviews/{id}/conclusion", post(reviews::conclude))
        .route("/api/v1/reviews/{id}/reassign", post(reviews::reassign))
        .route("/api/v1/reviews/{id}/suspend", post(reviews::suspend))
        .route("/api/v1/reviews/{id}/comments", post(reviews::comment))
        .route("/api/v1/reviews/{id}/comments/{comment}/settle", post(reviews::settle))
        .route("/api/v1/reviews/{id}/exclusions", post(reviews::exclude))
        .route("/api/v1/reviews/{id}/exclusions/revoke", post(reviews::include))
        .route("/api/v1/dues", get(dues::list))
        .route("/api/v1/dues.ics", get(dues::calendar))
        // Bounded as it streams by, by the setting for attachments.
        .route(
            "/api/v1/cases/{no}/attachments",
            post(attachments::upload).get(attachments::list).layer(DefaultBodyLimit::disable()),
        )
        .route("/api/v1/cases/{no}/attachments/{id}", get(attachments::download))
        .route("/api/v1/record/checkpoint", get(record::checkpoint))
        .route("/api/v1/record/events/{seq}/proof", get(record::proof))
        .route("/api/v1/record/verify", post(record::verify))
        .route("/api/v1/cases/{no}/drafts", get(case_drafts::list).post(case_drafts::create))
        .route("/api/v1/drafts/{id}/passages/{field}", get(case_drafts::history).put(case_drafts::take))
        .route("/api/v1/drafts/{id}/passages/{field}/rewrite", post(case_drafts::rewrite))
        .route("/api/v1/drafts/{id}/file", post(case_drafts::file))
        .route("/api/v1/cases/{no}/papers", get(papers::list))
        .route("/api/v1/cases/{no}/papers/{id}/document.docx", get(papers::docx))
        .route("/api/v1/cases/{no}/papers/{id}/document.html", get(papers::html))
        .route("/api/v1/cases/{no}/papers/{id}/document.txt", get(papers::text))
        .route("/api/v1/cases/{no}/archive.zip", get(papers::archive))
        .route("/api/v1/workshops", get(workshops::list).post(workshops::open))
        .route("/api/v1/workshops/candidates", get(workshops::candidates))
        .route("/api/v1/workshops/sets", post(workshops::make_set))
        .route("/api/v1/workshops/sets/import", post(workshops::import_set))
        .route("/api/v1/workshops/sets/{id}", get(workshops::show_set))
        .route("/api/v1/workshops/{id}", get(workshops::show))
        .route("/api/v1/workshops/{id}/moves", post(workshops::move_on))
        .route("/api/v1/workshops/{id}/notes", post(workshops::note))
        .route("/api/v1/workshops/{id}/events", get(workshops::events))
        .route("/api/v1/workshops/{id}/results.csv", get(workshops::csv))
        .route("/api/v1/workshops/{id}/results.xlsx", get(workshops::xlsx))
        .route("/api/v1/join", post(join::join))
        .route("/api/v1/join/{code}", get(join::show))
        .route("/api/v1/join/{code}/answers/{question}", put(join::answer))
        .route("/api/v1/join/{code}/events", get(join::events))
        .fallback(health::not_found)
        .method_not_allowed_fallback(health::method_not_allowed)
}
