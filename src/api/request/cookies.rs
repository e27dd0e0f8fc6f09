//! The cookies of a sign-in: `refresh_token`, the page session that refers to it, and `device`.

use cookie::time::Duration;
use cookie::{Cookie, SameSite};
use http::HeaderValue;
use http::header::{COOKIE, SET_COOKIE};
use http::request::Parts;
use leptos::prelude::expect_context;
use leptos_axum::ResponseOptions;
use tower_sessions::Session;

use super::context::context;
use crate::base::database::pool::Pool;
use crate::domain::sign_in::device::DEVICE_DAYS;
use crate::domain::sign_in::one_time_token::TokenReference;
use crate::domain::sign_in::refresh_token::{RefreshToken, Session as SignIn, SignInDays};
use crate::domain::sign_in::sign_in_id::SignInId;
use crate::domain::sign_in::{legacy, revocation, rotation};
use crate::model::error::{ApiError, ErrorCode};
use crate::model::sign_in::AccessToken;

const DEVICE: &str = "device";
const REFRESH_TOKEN: &str = "refresh_token";
/// How many cookies of the same name are tried. Each may take a query.
const SAME_NAME_MAX: usize = 4;
/// Only these routes receive the refresh token and the device cookie.
const AUTH_PATH: &str = "/auth";
/// The key of the sign-in in a session. Stored sessions use it, so it cannot be renamed.
const SIGN_IN: &str = "family";
/// The key of the sign-in's user. Sessions of versions before migration 0023 do not have it.
const OWNER: &str = "owner";
/// The key of the token that restores an account.
const RESTORE_TOKEN: &str = "restore_token";

/// Returns the refresh token of the request. If a browser sends several, one for the host and one for the domain, the
/// one that can be exchanged is returned.
pub async fn refresh_token(pool: &Pool, days: SignInDays, parts: &Parts) -> Result<Option<RefreshToken>, ApiError> {
    let mut tokens = refresh_tokens(parts);
    if tokens.len() > 1 {
        for index in 0..tokens.len() {
            if rotation::live_sign_in(pool, days, &tokens[index]).await?.is_some() {
                return Ok(Some(tokens.swap_remove(index)));
            }
        }
    }
    Ok(tokens.into_iter().next())
}

/// Returns all cookies of `parts` that have the format of a refresh token.
pub fn refresh_tokens(parts: &Parts) -> Vec<RefreshToken> {
    find(parts, REFRESH_TOKEN).filter_map(|value| RefreshToken::parse(&value).ok()).take(SAME_NAME_MAX).collect()
}

/// Returns the device cookies, unverified.
pub fn devices() -> Vec<String> {
    find(&expect_context(), DEVICE).take(SAME_NAME_MAX).collect()
}

/// The values of all cookies with this name.
pub fn find(parts: &Parts, name: &str) -> impl Iterator<Item = String> {
    let headers = parts.headers.get_all(COOKIE).into_iter();
    let cookies = headers.filter_map(|header| header.to_str().ok()).flat_map(Cookie::split_parse);
    let found = cookies.filter_map(Result::ok).filter(move |cookie| cookie.name() == name);
    found.map(|cookie| cookie.value().to_owned())
}

/// Sets the refresh token cookie for the lifetime of the token. Scripts cannot read it (USER-FE-002.1-S1).
pub fn set_refresh_token(sign_in: &SignIn) {
    send(&auth_cookie(REFRESH_TOKEN, sign_in.token.encode(), Duration::seconds(sign_in.expires_in)));
}

/// Sets the cookie that proves at the next sign-in that this account has signed in on this browser.
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

/// Sets the cookies of a new sign-in. Returns its access token. Earlier sign-ins in the same browser end, since their
/// cookies are replaced.
pub async fn sign_in(sign_in: SignIn) -> Result<AccessToken, ApiError> {
    for earlier in presented_sign_ins().await? {
        revocation::revoke(&context().database, earlier).await?;
    }
    continue_sign_in(sign_in).await
}

/// Sets the cookies of a sign-in whose user has just proved their identity. Returns its access token.
pub async fn continue_sign_in(sign_in: SignIn) -> Result<AccessToken, ApiError> {
    let context = context();
    let token = context.token_keys.sign(&sign_in.subject, &sign_in.proof, context.database.now())?;
    start_session(&sign_in).await?;
    set_refresh_token(&sign_in);
    set_device(context.devices.issue(&sign_in.subject.email)?);
    Ok(token)
}

/// Returns the sign-ins that the cookies of this request belong to, live or not.
pub async fn presented_sign_ins() -> Result<Vec<SignInId>, ApiError> {
    let database = &context().database;
    let mut sign_ins: Vec<SignInId> = session_sign_in().await?.into_iter().collect();
    for token in refresh_tokens(&expect_context()) {
        sign_ins.extend(rotation::sign_in_of(database, &token).await?);
    }
    sign_ins.sort_unstable();
    sign_ins.dedup();
    Ok(sign_ins)
}

/// Leaves the token that restores an account in the page session, for a form without JavaScript: its hash, since a
/// secret is stored nowhere. The session itself proves who presents it.
pub async fn keep_restore_token(token: &str) -> Result<(), ApiError> {
    let token = TokenReference::of(token).ok_or(ErrorCode::Internal)?;
    let session = session()?;
    session.cycle_id().await?;
    session.insert(RESTORE_TOKEN, token.kept()).await.map_err(ApiError::from)
}

/// Takes what [`keep_restore_token`] has left.
pub async fn take_restore_token() -> Result<Option<TokenReference>, ApiError> {
    let kept: Option<String> = session()?.remove(RESTORE_TOKEN).await?;
    Ok(kept.and_then(|kept| TokenReference::restored(&kept)))
}

/// Starts the page session of a new sign-in under a new id, so that a session id planted before the sign-in is useless
/// (OWASP Session Management, session fixation).
async fn start_session(sign_in: &SignIn) -> Result<(), ApiError> {
    bind_sign_in(&session()?, sign_in.sign_in()).await
}

/// Binds `session` to `sign_in`, under a new id.
pub async fn bind_sign_in(session: &Session, sign_in: SignInId) -> Result<(), ApiError> {
    session.cycle_id().await?;
    session.insert(OWNER, sign_in.user).await?;
    session.insert(SIGN_IN, sign_in.id).await.map_err(ApiError::from)
}

/// Binds the page session to the sign-in, unless it already is.
pub async fn continue_session(sign_in: &SignIn) -> Result<(), ApiError> {
    if session_sign_in().await? == Some(sign_in.sign_in()) { Ok(()) } else { start_session(sign_in).await }
}

/// Returns the sign-in that the page session is bound to.
pub async fn session_sign_in() -> Result<Option<SignInId>, ApiError> {
    bound_sign_in(&context().database, &session()?).await
}

/// Returns the sign-in that `session` is bound to.
pub async fn bound_sign_in(pool: &Pool, session: &Session) -> Result<Option<SignInId>, ApiError> {
    let Some(id) = session.get(SIGN_IN).await? else { return Ok(None) };
    match session.get(OWNER).await? {
        Some(user) => Ok(Some(SignInId { user, id })),
        None => Ok(legacy::sign_in(pool, id).await?),
    }
}

/// Removes the refresh token and session cookies, and deletes the session's row.
pub async fn end_session() -> Result<(), ApiError> {
    send(&auth_cookie(REFRESH_TOKEN, String::new(), Duration::ZERO));
    session()?.flush().await.map_err(ApiError::from)
}

fn session() -> Result<Session, ApiError> {
    expect_context::<Parts>().extensions.get().cloned().ok_or_else(|| {
        tracing::error!("the session layer is missing");
        ErrorCode::Internal.into()
    })
}
