//! What a page must know before it renders: who looks at it, and the outcome of the form that led
//! here. Pages that need a person are refused to visitors here.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::CONTENT_SECURITY_POLICY;
use http::request::Parts;
use http::{HeaderValue, StatusCode, Uri};
use leptos::nonce::use_nonce;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::ResponseOptions;
use sqlx::PgPool;
use tower_sessions::Session;

use super::headers::page_policy;
use super::resume::with_next;
use super::state::AppState;
use crate::api::cookies::family_in;
use crate::app::PageContext;
use crate::app::routes::{Access, MainPage, Page, find};
use crate::domain::refresh_token::SignInDays;
use crate::domain::sign_in::person;
use crate::domain::verification;
use crate::rest::error::ApiError;
use crate::rest::form_post::take_flash;
use crate::rest::mount::Mounted;

/// Looks up the person and the flash for a page; operations pass as they are.
pub async fn prepare_page(
    State(AppState { pool, sign_in_days, .. }): State<AppState>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    if request.extensions().get::<Mounted>().is_some() {
        return next.run(request).await;
    }
    let context = page_context(&pool, sign_in_days, &session, request.uri()).await;
    let context = context.unwrap_or_else(|_| PageContext { fault: true, ..PageContext::default() });
    let path = request.uri().path();
    if context.me.is_none() && !context.fault && find(path).is_some_and(|route| route.access == Access::Personal) {
        let here = request.uri().path_and_query().map_or(path, |here| here.as_str());
        return Redirect::to(&with_next("/auth/resume", here)).into_response();
    }
    request.extensions_mut().insert(context);
    next.run(request).await
}

async fn page_context(pool: &PgPool, days: SignInDays, session: &Session, uri: &Uri) -> Result<PageContext, ApiError> {
    let family = family_in(session).await?;
    let flash = take_flash(session).await?;
    if flash.is_some() && family.is_none() {
        // A visitor's session was there for the flash alone.
        session.flush().await?;
    }
    let me = match family {
        Some(family) => person(pool, days, family).await?,
        None => None,
    };
    Ok(PageContext { me, flash, unverified: unverified(pool, uri).await?, ..PageContext::default() })
}

/// The username that the page of a mailed link names, so that only a person who knows the account confirms it.
async fn unverified(pool: &PgPool, uri: &Uri) -> Result<Option<String>, ApiError> {
    if find(uri.path()).is_none_or(|route| route.page != Page::Main(MainPage::VerifyEmail)) {
        return Ok(None);
    }
    let mut query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let Some((_, token)) = query.find(|(name, _)| name == "token") else { return Ok(None) };
    Ok(verification::unverified(pool, &token).await?.map(|account| account.username))
}

/// Hands the page what [`prepare_page`] found, and its response the policy with its nonce.
pub fn provide_page_context() {
    let parts = use_context::<Parts>();
    let context = parts.as_ref().and_then(|parts| parts.extensions.get::<PageContext>().cloned());
    let nonce = use_nonce();
    if let (Some(nonce), Some(response)) = (&nonce, use_context::<ResponseOptions>())
        && let Ok(policy) = HeaderValue::from_str(&page_policy(nonce))
    {
        response.insert_header(CONTENT_SECURITY_POLICY, policy);
    }
    let context = context.unwrap_or_default();
    if context.fault
        && let Some(response) = use_context::<ResponseOptions>()
    {
        response.set_status(StatusCode::SERVICE_UNAVAILABLE);
    }
    let preloads = match (use_context::<AppState>(), parts) {
        (Some(state), Some(parts)) if !context.fault => state.chunks.of_page(parts.uri.path(), context.me.is_some()),
        _ => Vec::new(),
    };
    let nonce = nonce.map(|nonce| nonce.to_string());
    provide_context(PageContext { nonce, preloads, ..context });
}
