//! Prepares the context of a page before it renders: the signed-in user, and the outcome of a preceding form post.
//! Redirects visitors of pages that require a user.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{CONTENT_SECURITY_POLICY, SET_COOKIE};
use http::request::Parts;
use http::{HeaderValue, StatusCode, Uri};
use leptos::nonce::use_nonce;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::ResponseOptions;
use tower_sessions::Session;

use super::headers::page_policy;
use crate::api::request::caller;
use crate::api::request::context::Context;
use crate::api::request::cookies::bound_sign_in;
use crate::api::request::origin::client_of;
use crate::api::request::throttle;
use crate::app::page_context::PageContext;
use crate::app::routes::{Access, MainPage, Page, Route, find};
use crate::base::database::pool::Pool;
use crate::domain::accounts::verification;
use crate::domain::sign_in::user::{find_user, record_use};
use crate::model::error::{ApiError, ErrorCode};
use crate::model::theme::Theme;
use crate::rest::server::beside::Beside;
use crate::rest::server::flash::FlashCookie;
use crate::rest::server::form_post::FormThrottle;
use crate::server::http::endpoints::resume::with_next;
use crate::server::http::endpoints::{preferences, texts};
use crate::server::run::state::AppState;
use crate::text::error_responses;
use crate::text::language::Language;

/// Loads the user and the flash message for a page.
pub async fn prepare_page(State(state): State<AppState>, session: Session, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let route = find(parts.uri.path());
    let context = page_context(&state, &session, route, &mut parts).await;
    let unavailable = || PageContext { is_unavailable: true, ..PageContext::default() };
    let (context, shown) = context.unwrap_or_else(|_| (unavailable(), None));
    if context.me.is_none() && !context.is_unavailable && is_personal(route) {
        let current = parts.uri.path_and_query().map_or_else(|| parts.uri.path(), |current| current.as_str());
        return Redirect::to(&with_next("/auth/resume", current)).into_response();
    }
    parts.extensions.insert(context);
    let mut response = next.run(Request::from_parts(parts, body)).await;
    if let Some(Ok(removal)) = shown.map(|cookie| cookie.removal()) {
        response.headers_mut().append(SET_COOKIE, removal);
    }
    response
}

/// The operations of the page find the caller in the request's extensions.
async fn page_context(
    state: &AppState,
    session: &Session,
    route: Option<Route>,
    parts: &mut Parts,
) -> Result<(PageContext, Option<FlashCookie>), ApiError> {
    let Context { database, sign_in_days, deferred, .. } = &*state.context;
    let user = match bound_sign_in(database, session).await? {
        Some(sign_in) => find_user(database, *sign_in_days, sign_in).await?,
        None => None,
    };
    if let Some(user) = &user {
        let caller = caller::signed_in(parts, user);
        parts.extensions.insert(caller);
        if preferences::language(&parts.headers).is_none() {
            parts.extensions.insert(user.language);
        }
    }
    if let Some(user) = user.as_ref().filter(|user| user.is_use_due) {
        let (database, sign_in, client) = (database.clone(), user.sign_in, client_of(parts));
        // The page does not wait for it, and does not depend on it.
        drop(deferred.run(async move { record_use(&database, sign_in, &client).await }));
    }
    let unverified = unverified(database, route, &parts.uri).await?;
    let me = user.map(|user| user.me);
    // Last, so that an earlier error leaves the flash message in place. So does a redirect.
    let cookie = flash_of(parts, route, me.is_some());
    let mut flash = match &cookie {
        Some(cookie) => state.flashes.take(cookie).await?,
        None => None,
    };
    if me.is_some()
        && let Some(error) = flash.as_mut().and_then(|flash| flash.error.as_mut())
        && error.code == ErrorCode::Unauthenticated
    {
        error.message = error_responses::not_saved().into();
    }
    Ok((PageContext { me, flash, unverified, ..PageContext::default() }, cookie))
}

/// The outcome that the requested page shows. One that was caused by the end of a session is not shown by the pages on
/// the way to the next.
fn flash_of(parts: &Parts, route: Option<Route>, is_signed_in: bool) -> Option<FlashCookie> {
    if !is_signed_in && is_personal(route) {
        return None;
    }
    let is_for_users = route.is_some_and(|route| matches!(route.page, Page::SignedIn(_)));
    FlashCookie::of(&parts.headers, is_signed_in || is_for_users)
}

/// Whether the page requires a user.
fn is_personal(route: Option<Route>) -> bool {
    route.is_some_and(|route| route.access == Access::Personal)
}

/// The username on the page of an emailed link, so that only a person who knows the account confirms it.
async fn unverified(pool: &Pool, route: Option<Route>, uri: &Uri) -> Result<Option<String>, ApiError> {
    if route.is_none_or(|route| route.page != Page::Main(MainPage::VerifyEmail)) {
        return Ok(None);
    }
    let mut query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let Some((_, token)) = query.find(|(name, _)| name == "token") else { return Ok(None) };
    Ok(verification::unverified(pool, &token).await?.map(|account| account.username))
}

/// Provides the context of operations.
pub fn provide_operation_context(state: &AppState, language: Language) {
    provide_context(language);
    provide_context(Arc::clone(&state.context));
    provide_context(FormThrottle(throttle::form));
    provide_context(Beside::default());
}

/// Provides the page with the context from [`prepare_page`], and sets the response's policy with its nonce.
pub fn provide_page_context(state: &AppState, language: Language, theme: Theme) {
    provide_context(theme);
    provide_operation_context(state, language);
    let parts = use_context::<Parts>();
    let context = parts.as_ref().and_then(|parts| parts.extensions.get::<PageContext>().cloned());
    let nonce = use_nonce();
    if let (Some(nonce), Some(response)) = (&nonce, use_context::<ResponseOptions>())
        && let Ok(policy) = HeaderValue::from_str(&page_policy(nonce))
    {
        response.insert_header(CONTENT_SECURITY_POLICY, policy);
    }
    let context = context.unwrap_or_default();
    if context.is_unavailable
        && let Some(response) = use_context::<ResponseOptions>()
    {
        response.set_status(StatusCode::SERVICE_UNAVAILABLE);
    }
    let files = parts.map(|parts| state.site.for_page(parts.uri.path(), context.me.is_some())).unwrap_or_default();
    let nonce = nonce.map(|nonce| nonce.to_string());
    let origin = state.public_url.origin().ascii_serialization();
    provide_context(PageContext { nonce, files, texts: texts::paths(language), origin, ..context });
}
