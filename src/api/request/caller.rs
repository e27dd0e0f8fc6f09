//! Identifies the caller by the Bearer token if there is one, otherwise by the page session.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use leptos::prelude::expect_context;
use time::OffsetDateTime;
use tower_sessions::Session;

use super::context::{Context, context};
use super::cookies;
use crate::domain::sign_in::access_token::Principal;
use crate::domain::sign_in::calling_user::CallingUser;
use crate::domain::sign_in::user::{SessionUser, find_user};
use crate::model::error::{ApiError, ErrorCode};
use crate::model::id::UserId;
use crate::rest::server::request::RequestUser;
use crate::text::error_responses;

/// The caller of an operation.
#[derive(Clone, Copy)]
pub enum Caller {
    User(CallingUser),
    /// Another service of the network.
    Service,
}

/// Returns the caller.
///
/// # Errors
/// `UNAUTHENTICATED` if there is none.
pub async fn caller() -> Result<Caller, ApiError> {
    optional().await?.ok_or_else(|| ErrorCode::Unauthenticated.into())
}

/// Returns the caller of an operation that is open to visitors. An invalid token is an error: the cookies are not
/// tried, and the caller is not treated as a visitor.
///
/// # Errors
/// `UNAUTHENTICATED` for an invalid token.
pub async fn optional() -> Result<Option<Caller>, ApiError> {
    let parts: Parts = expect_context();
    match parts.extensions.get::<Caller>() {
        // Identified before the body was read.
        Some(caller) => Ok(Some(*caller)),
        None => of(&context(), &parts).await,
    }
}

/// Returns the user that the caller is when they read what is open to visitors: none for visitors and services.
///
/// # Errors
/// `UNAUTHENTICATED` for an invalid token.
pub async fn viewer() -> Result<Option<UserId>, ApiError> {
    Ok(match optional().await? {
        Some(Caller::User(user)) => Some(user.id),
        Some(Caller::Service) | None => None,
    })
}

/// Returns the calling user. For operations that change something, the domain checks again that the sign-in has not
/// ended (`domain/sign_in/calling_user.rs`).
///
/// # Errors
/// `UNAUTHENTICATED` if there is none; `FORBIDDEN` for services.
pub async fn user() -> Result<CallingUser, ApiError> {
    match caller().await? {
        Caller::User(user) => Ok(user),
        Caller::Service => Err(ApiError::new(ErrorCode::Forbidden, error_responses::for_users())),
    }
}

/// Checks that the caller is another service.
///
/// # Errors
/// `UNAUTHENTICATED` if there is none; `FORBIDDEN` for users.
pub async fn service() -> Result<(), ApiError> {
    match caller().await? {
        Caller::Service => Ok(()),
        Caller::User(_) => Err(ApiError::new(ErrorCode::Forbidden, error_responses::for_services())),
    }
}

/// Identifies the caller of the request with these parts.
///
/// # Errors
/// `UNAUTHENTICATED` for an invalid token.
pub async fn of(context: &Context, parts: &Parts) -> Result<Option<Caller>, ApiError> {
    if let Some(token) = bearer(&parts.headers) {
        return Ok(Some(match *context.token_keys.verify(token, context.database.now())? {
            Principal::User { user_id, sid, auth_time, .. } => Caller::User(log_user(
                parts,
                CallingUser {
                    id: user_id,
                    sign_in: sid,
                    authenticated_at: auth_time.and_then(|time| OffsetDateTime::from_unix_timestamp(time).ok()),
                },
            )),
            Principal::Service { .. } => Caller::Service,
        }));
    }
    let Some(session) = parts.extensions.get::<Session>() else { return Ok(None) };
    let Some(sign_in) = cookies::bound_sign_in(&context.database, session).await? else { return Ok(None) };
    let user = find_user(&context.database, context.sign_in_days, sign_in).await?;
    Ok(user.map(|user| signed_in(parts, &user)))
}

/// The user of the page session of the request with these parts, as its caller.
pub fn signed_in(parts: &Parts, user: &SessionUser) -> Caller {
    Caller::User(log_user(parts, user.caller()))
}

/// Returns the Bearer token, unverified. Other schemes are ignored, such as the password that a proxy in front of a
/// test site requires. An empty header counts as an invalid token.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get_all(AUTHORIZATION).into_iter().find_map(|value| {
        let bytes = value.as_bytes();
        let (scheme, token) = bytes.split_at(bytes.iter().position(|byte| *byte == b' ').unwrap_or(bytes.len()));
        // A value that is not text is an invalid token, not a missing one.
        let token = || str::from_utf8(token).unwrap_or_default().trim();
        (scheme.is_empty() || scheme.eq_ignore_ascii_case(b"bearer")).then(token)
    })
}

/// Adds the user to the log line of this request.
fn log_user(parts: &Parts, user: CallingUser) -> CallingUser {
    if let Some(request_user) = parts.extensions.get::<RequestUser>() {
        request_user.set(user.id);
    }
    user
}
