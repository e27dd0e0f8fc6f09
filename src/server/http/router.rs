//! All routes, and the layers that every request passes through.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, get, on, post};
use http::Method;
use leptos_axum::{
    AxumRouteListing, ErrorHandler, LeptosRoutes as _, generate_route_list, handle_server_fns_with_context,
    render_app_async_with_context,
};
use tower::{ServiceBuilder, ServiceExt as _};
use tower_http::compression::CompressionLayer;
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::Duration;
use tower_sessions::{Expiry, SessionManagerLayer};

use super::endpoints::{avatars, change_password, export, files, health, jwks, openapi, preferences, resume, texts};
use super::layers::around::Around;
use super::layers::headers::add_headers;
use super::layers::preferences::{find_preferences, vary_pages};
use super::layers::request_log::LogRequests;
use super::layers::shared::Share;
use super::layers::{
    admit, client_address, cookie_header, fallback, headers, pages, request_log, run_to_end, trailing_slash,
    visitor_pages,
};
use super::session_store::PostgresSessions;
use crate::app::App;
use crate::document::shell;
use crate::domain::sign_in::refresh_token::REFRESH_TOKEN_DAYS;
use crate::model::theme::Theme;
use crate::rest::server::media_type::accepts_html;
use crate::rest::server::{etag, mount};
use crate::server::observe::metrics;
use crate::server::run::state::AppState;
use crate::text::language::Language;

/// The routes of pages, generated once per process. Resources that begin to load during that time, in any page of the
/// process, never finish. A second router must not do this to the pages of the first.
static PAGES: LazyLock<Vec<AxumRouteListing>> = LazyLock::new(|| generate_route_list(App));

/// All routes behind the layers that every request passes through, outermost first. The layers are one service: a
/// router would box each of them again for every request. Those that only change the request or the response are plain
/// functions, which cost least.
pub fn router(state: AppState) -> Router {
    let (own, security) = (state.clone(), headers::transport_security(&state));
    let layers = ServiceBuilder::new()
        .map_request(move |request| client_address::record_client_address(request, &own.trusted_proxies))
        .layer(LogRequests)
        .layer(Around(move |request: &Request| add_headers(security.as_ref(), request)))
        .map_response(IntoResponse::into_response)
        .layer(CompressionLayer::new())
        .layer(Share)
        .map_request(find_preferences)
        .map_response(vary_pages)
        .layer(from_fn_with_state(state.clone(), visitor_pages::render_once))
        .layer(Share)
        .map_response(fallback::unify_errors)
        .layer(from_fn_with_state(state.clone(), run_to_end::run_to_end))
        .layer(Share)
        .map_request(cookie_header::drop_unreadable)
        .map_response(cookie_header::secure_cookies)
        .layer(sessions(&state))
        .layer(Share)
        .layer(from_fn_with_state(state.clone(), admit::admit))
        .layer(Share);
    // The layers of a router run after routing; these must run before it.
    Router::new().fallback_service(layers.service(routes(state)))
}

fn sessions(state: &AppState) -> SessionManagerLayer<PostgresSessions> {
    SessionManagerLayer::new(PostgresSessions::new(state.context.database.clone()))
        // Only this host can set it, over a secure connection (RFC 6265bis, section 4.1.3.2).
        .with_name("__Host-session")
        .with_http_only(true)
        .with_secure(true)
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(Duration::days(REFRESH_TOKEN_DAYS.into())))
}

/// Operations are mounted at the routes in their `#[server]` attributes, pages at those in `app/routes`.
fn routes(state: AppState) -> Router {
    let unknown = Router::new()
        .fallback(unknown_page)
        .layer(from_fn_with_state(state.clone(), pages::prepare_page))
        .layer(from_fn(trailing_slash::redirect))
        .with_state(state.clone());
    let pages = Router::new()
        .leptos_routes_with_handler(PAGES.clone(), page)
        .layer(from_fn_with_state(state.clone(), pages::prepare_page));
    operations()
        .merge(pages)
        .route("/auth/resume", get(resume::resume))
        .route("/preferences", post(preferences::choose))
        .route("/texts/{file}", get(texts::texts))
        .route("/users/me/export", get(export::json))
        .route("/users/me/export/{list}", get(export::csv))
        .route("/avatars/{user}/{picture}/{size}", get(avatars::avatar))
        .route("/health", get(health::health))
        .route("/readyz", get(health::health))
        .route("/livez", get(health::livez))
        .route("/metrics", get(metrics::metrics))
        .route("/openapi.json", get(openapi::openapi))
        .route("/.well-known/change-password", get(change_password::change_password))
        .route("/.well-known/jwks.json", get(jwks::jwks))
        .method_not_allowed_fallback(fallback::method_not_allowed)
        .fallback_service(files::files(&state.leptos, unknown))
        .layer(Around(request_log::record_route))
        .with_state(state)
}

fn operations() -> Router<AppState> {
    mount::OPERATIONS.iter().fold(Router::new(), |router, (method, path)| {
        match MethodFilter::try_from(method.clone()) {
            Ok(method) => router.route(path, on(method, operation)),
            // Not an HTTP method that axum routes.
            Err(_) => router,
        }
    })
}

async fn operation(State(state): State<AppState>, request: Request) -> Response {
    let language = language_of(&request);
    let run = async move |request| {
        let provide = move || pages::provide_operation_context(&state, language);
        handle_server_fns_with_context(provide, request).await.into_response()
    };
    etag::conditional(mount::mount(request), run).await
}

async fn page(State(state): State<AppState>, request: Request) -> Response {
    let (options, language, theme) = (state.leptos.clone(), language_of(&request), theme_of(&request));
    let provide = move || pages::provide_page_context(&state, language, theme);
    let render = render_app_async_with_context(provide, move || shell(options.clone()));
    render(request).await.into_response()
}

/// The language that a layer has chosen.
fn language_of(request: &Request) -> Language {
    request.extensions().get().copied().unwrap_or_default()
}

fn theme_of(request: &Request) -> Theme {
    request.extensions().get().copied().unwrap_or_default()
}

/// Responds to unknown routes: with a page for browsers, with the error for other clients.
async fn unknown_page(State(state): State<AppState>, request: Request) -> Response {
    if request.method() != Method::GET || !accepts_html(request.headers()) {
        return fallback::not_found().into_response();
    }
    let (options, language, theme) = (state.leptos.clone(), language_of(&request), theme_of(&request));
    ErrorHandler::new_with_context(move || pages::provide_page_context(&state, language, theme), shell, options)
        .oneshot(request)
        .await
        .map_or_else(|never| match never {}, IntoResponse::into_response)
}
