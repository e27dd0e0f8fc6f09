//! The whole route table, and the layers that every request passes.

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::Method;
use leptos::prelude::provide_context;
use leptos_axum::{ErrorHandler, LeptosRoutes, generate_route_list};
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::Duration;
use tower_sessions::{Expiry, SessionManagerLayer};

use super::session_store::PostgresSessions;
use super::state::AppState;
use super::{
    admit, avatars, client_address, cookie_header, fallback, files, headers, health, jwks, metrics, openapi, pages,
    request_log, resume, run_to_end, same_origin, trailing_slash,
};
use crate::app::{App, shell};
use crate::domain::refresh_token::REFRESH_TOKEN_DAYS;
use crate::rest::decode::accepts_html;
use crate::rest::{etag, form_post, mount};

/// Everything the service answers. Operations are mounted by themselves, at the routes that their
/// `#[server]` attributes name.
pub fn router(state: AppState) -> Router {
    let sessions = SessionManagerLayer::new(PostgresSessions::new(state.pool.clone()))
        // Only this host can have set it, over a secure connection (RFC 6265bis, section 4.1.3.2).
        .with_name("__Host-session")
        .with_http_only(true)
        .with_secure(true)
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(Duration::days(REFRESH_TOKEN_DAYS.into())));

    let unknown = Router::new()
        .fallback(unknown_page)
        .layer(from_fn_with_state(state.clone(), pages::prepare_page))
        .layer(from_fn(trailing_slash::redirect))
        .with_state(state.clone());

    let routes = Router::new()
        .leptos_routes_with_context(&state, generate_route_list(App), pages::provide_page_context, {
            let options = state.leptos.clone();
            move || shell(options.clone())
        })
        .layer(from_fn_with_state(state.clone(), pages::prepare_page))
        .layer(from_fn(etag::conditional))
        .layer(from_fn(mount::mount))
        .route("/auth/resume", get(resume::resume))
        .route("/avatars/{user}/{picture}/{size}", get(avatars::avatar))
        .route("/health", get(health::health))
        .route("/readyz", get(health::health))
        .route("/livez", get(health::livez))
        .route("/metrics", get(metrics::metrics))
        .route("/openapi.json", get(openapi::openapi))
        .route("/.well-known/jwks.json", get(jwks::jwks))
        .method_not_allowed_fallback(fallback::method_not_allowed)
        .fallback_service(files::files(&state.leptos, unknown))
        .with_state(state.clone())
        .layer(from_fn(request_log::tell_route));

    // Layers of a router run after its routing; these must run before it.
    Router::new()
        .fallback_service(routes)
        .layer(from_fn(form_post::read_form))
        .layer(from_fn_with_state(state.clone(), admit::admit))
        .layer(from_fn_with_state(state.clone(), same_origin::require_same_origin))
        .layer(sessions)
        .layer(from_fn(cookie_header::tidy_cookies))
        .layer(from_fn_with_state(state.requests.clone(), run_to_end::run_to_end))
        .layer(CatchPanicLayer::custom(fallback::panicked))
        .layer(from_fn(fallback::limit_time))
        .layer(from_fn(fallback::shape_errors))
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(headers::transport_security(&state), headers::add_headers))
        .layer(from_fn(request_log::log_requests))
        .layer(from_fn_with_state(state.trusted_proxies, client_address::note_address))
}

/// Nothing stands here: a page that says so for people, the error for programs.
async fn unknown_page(State(state): State<AppState>, request: Request) -> Response {
    if request.method() != Method::GET || !accepts_html(request.headers()) {
        return fallback::not_found().into_response();
    }
    let options = state.leptos.clone();
    let provide = move || {
        provide_context(state.clone());
        pages::provide_page_context();
    };
    ErrorHandler::new_with_context(provide, shell, options)
        .oneshot(request)
        .await
        .map_or_else(|never| match never {}, IntoResponse::into_response)
}
