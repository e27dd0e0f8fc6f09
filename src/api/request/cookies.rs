//! The cookies of a sign-in: `refresh_token`, the page session that names it, and `device`.

use cookie::time::Duration;
use cookie::{Cookie, SameSite};
use http::HeaderValue;
use http::header::{COOKIE, SET_COOKIE};
use http::request::Parts;
use leptos::prelude::expect_context;
use leptos_axum::ResponseOptions;
use sqlx::PgPool;
use tower_sessions::Session;
use uuid::Uuid;

use super::context::context;
use crate::domain::sign_in::device::DEVICE_DAYS;
use crate::domain::sign_in::refresh_token;
use crate::domain::sign_in::refresh_token::{RefreshToken, Session as SignIn, SignInDays};
use crate::model::error::{ApiError, ErrorCode};
use crate::model::sign_in::AccessToken;

const DEVICE: &str = "device";
const REFRESH_TOKEN: &str = "refresh_token";
/// Cookies of one name that are looked at; each may cost a look-up.
const SAME_NAME_MAX: usize = 4;
/// Only these routes ever see the refresh token and the device cookie.
const AUTH_PATH: &str = "/auth";
/// The session's key for the sign-in; it is as old as the sessions.
const SIGN_IN: &str = "family";

/// The refresh token that came with the request. Of several, which a browser sends when it has one for the
/// host and one for the domain, the one that can be exchanged.
pub async fn refresh_token(pool: &PgPool, days: SignInDays, parts: &Parts) -> Result<Option<RefreshToken>, ApiError> {
    let mut tokens = refresh_tokens(parts);
    if tokens.len() > 1 {
        for at in 0..tokens.len() {
            if refresh_token::live_sign_in(pool, days, &tokens[at]).await?.is_some() {
                return Ok(Some(tokens.swap_remove(at)));
            }
        }
    }
    Ok(tokens.into_iter().next())
}

/// All cookies of `parts` that could be a refresh token.
pub fn refresh_tokens(parts: &Parts) -> Vec<RefreshToken> {
    find(parts, REFRESH_TOKEN).filter_map(|value| RefreshToken::parse(&value).ok()).take(SAME_NAME_MAX).collect()
}

/// The device cookies, unchecked.
pub fn devices() -> Vec<String> {
    find(&expect_context(), DEVICE).take(SAME_NAME_MAX).collect()
}

fn find(parts: &Parts, name: &str) -> impl Iterator<Item = String> {
    let headers = parts.headers.get_all(COOKIE).into_iter();
    let cookies = headers.filter_map(|header| header.to_str().ok()).flat_map(Cookie::split_parse);
    let found = cookies.filter_map(Result::ok).filter(move |cookie| cookie.name() == name);
    found.map(|cookie| cookie.value().to_owned())
}

/// Hands the refresh token to the browser for as long as it is good, out of reach of scripts
/// (USER-FE-002.1-S1).
pub fn set_refresh_token(sign_in: &SignIn) {
    send(&auth_cookie(REFRESH_TOKEN, sign_in.token.encode(), Duration::seconds(sign_in.expires_in)));
}

/// Lets the browser show at the next sign-in that this account has signed in on it.
fn set_device(value: String) {
    send(&auth_cookie(DEVICE, value, Duration::days(DEVICE_DAYS)));
}

fn auth_cookie(name: &'static str, value: String, max_age: Duration) -> Cookie<'static> {
    Cookie::build((name, value))
        .path(AUTH_PATH)
        .http_only(true)
        .secure(true)
        .same_site(SameSite::Lax)
        .max_age(max_age)
        .build()
}

fn send(cookie: &Cookie<'_>) {
    if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
        expect_context::<ResponseOptions>().append_header(SET_COOKIE, value);
    }
}

/// Hands a new sign-in to the browser: its cookies, and the access token to answer with.
///
/// # Errors
/// Faults of the session store; `INTERNAL` when a token cannot be made.
pub async fn sign_in(sign_in: SignIn) -> Result<AccessToken, ApiError> {
    let context = context();
    let token = context.token_keys.sign(&sign_in.subject)?;
    start_session(&sign_in).await?;
    set_refresh_token(&sign_in);
    set_device(context.devices.issue(&sign_in.subject.email)?);
    Ok(token)
}

/// Starts the page session of a new sign-in, under a new id: one that somebody planted before the
/// sign-in must not become it (OWASP Session Management, session fixation).
///
/// # Errors
/// Faults of the session store.
async fn start_session(sign_in: &SignIn) -> Result<(), ApiError> {
    bind_sign_in(&session()?, sign_in.sign_in).await
}

/// Lets `session` name `sign_in` from now on, under a new id.
///
/// # Errors
/// Faults of the session store.
pub async fn bind_sign_in(session: &Session, sign_in: Uuid) -> Result<(), ApiError> {
    session.cycle_id().await?;
    session.insert(SIGN_IN, sign_in).await.map_err(ApiError::from)
}

/// Lets the page session name the sign-in, if it does not yet.
///
/// # Errors
/// Faults of the session store.
pub async fn continue_session(sign_in: &SignIn) -> Result<(), ApiError> {
    if session_sign_in().await? == Some(sign_in.sign_in) { Ok(()) } else { start_session(sign_in).await }
}

/// The sign-in that the page session names.
///
/// # Errors
/// Faults of the session store.
pub async fn session_sign_in() -> Result<Option<Uuid>, ApiError> {
    bound_sign_in(&session()?).await
}

/// The sign-in that `session` names.
///
/// # Errors
/// Faults of the session store.
pub async fn bound_sign_in(session: &Session) -> Result<Option<Uuid>, ApiError> {
    session.get(SIGN_IN).await.map_err(ApiError::from)
}

/// Removes both cookies, and the session's row.
///
/// # Errors
/// Faults of the session store.
pub async fn end_session() -> Result<(), ApiError> {
    send(&auth_cookie(REFRESH_TOKEN, String::new(), Duration::ZERO));
    session()?.flush().await.map_err(ApiError::from)
}

fn session() -> Result<Session, ApiError> {
    expect_context::<Parts>().extensions.get().cloned().ok_or_else(|| {
        tracing::error!("the router has no session layer");
        ErrorCode::Internal.into()
    })
}
