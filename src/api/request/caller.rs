//! Who calls: the Bearer token where there is one, else the page session.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use leptos::prelude::expect_context;
use tower_sessions::Session;

use super::context::{Context, context};
use super::cookies;
use crate::domain::sign_in::access_token::Principal;
use crate::domain::sign_in::user::find_user;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::id::UserId;
use crate::rest::server::request::RequestUser;
use crate::text::errors;

/// Who calls.
#[derive(Clone, Copy)]
pub enum Caller {
    User(UserId),
    /// Another service of the network.
    Service,
}

/// The caller.
///
/// # Errors
/// `UNAUTHENTICATED`.
pub async fn caller() -> Result<Caller, ApiError> {
    optional().await?.ok_or_else(|| ErrorCode::Unauthenticated.into())
}

/// The caller, where an operation is for everybody. A token that is not good is an error, never a reason
/// to look at the cookies, or to take the caller for nobody.
///
/// # Errors
/// `UNAUTHENTICATED`.
pub async fn optional() -> Result<Option<Caller>, ApiError> {
    let parts: Parts = expect_context();
    match parts.extensions.get::<Caller>() {
        // Known since before the body was read.
        Some(caller) => Ok(Some(*caller)),
        None => of(&context(), &parts).await,
    }
}

/// The user who calls.
///
/// # Errors
/// `UNAUTHENTICATED`; `FORBIDDEN` for other services, which are no users.
pub async fn user() -> Result<UserId, ApiError> {
    match caller().await? {
        Caller::User(id) => Ok(id),
        Caller::Service => Err(ApiError::new(ErrorCode::Forbidden, errors::FOR_USERS)),
    }
}

/// The caller of the request with these parts.
///
/// # Errors
/// `UNAUTHENTICATED` for a token that is not good.
pub async fn of(context: &Context, parts: &Parts) -> Result<Option<Caller>, ApiError> {
    if let Some(token) = bearer(&parts.headers) {
        return Ok(Some(match context.token_keys.verify(token)? {
            Principal::User { user_id, .. } => Caller::User(noted(parts, user_id)),
            Principal::Service { .. } => Caller::Service,
        }));
    }
    let Some(session) = parts.extensions.get::<Session>() else { return Ok(None) };
    let Some(sign_in) = cookies::bound_sign_in(session).await? else { return Ok(None) };
    let person = find_user(&context.database, context.sign_in_days, sign_in).await?;
    Ok(person.map(|person| Caller::User(noted(parts, person.profile.id))))
}

/// The Bearer token, unchecked. Other schemes are not ours, such as the password that a proxy before a test
/// site asks for. A header without a scheme is a token that got lost.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get_all(AUTHORIZATION).into_iter().find_map(|value| {
        let bytes = value.as_bytes();
        let (scheme, token) = bytes.split_at(bytes.iter().position(|byte| *byte == b' ').unwrap_or(bytes.len()));
        // What is not even text is no token, and not the absence of one.
        let token = || str::from_utf8(token).unwrap_or_default().trim();
        (scheme.is_empty() || scheme.eq_ignore_ascii_case(b"bearer")).then(token)
    })
}

/// Lets the log line of this request name the user.
fn noted(parts: &Parts, user: UserId) -> UserId {
    if let Some(request_user) = parts.extensions.get::<RequestUser>() {
        request_user.is(user);
    }
    user
}
