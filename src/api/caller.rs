//! Who calls: the Bearer token where there is one, else the page session.

use http::header::AUTHORIZATION;
use http::request::Parts;
use leptos::prelude::expect_context;

use super::cookies;
use crate::domain::access_token::Principal;
use crate::domain::sign_in;
use crate::model::id::UserId;
use crate::rest::error::{ApiError, ErrorCode};
use crate::server::request_log::RequestUser;
use crate::server::state::AppState;

/// Who calls.
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
    let state: AppState = expect_context();
    let parts: Parts = expect_context();
    if let Some(value) = parts.headers.get(AUTHORIZATION) {
        let (scheme, token) = value.to_str().ok().and_then(|value| value.split_once(' ')).unwrap_or_default();
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(ErrorCode::Unauthenticated.into());
        }
        return Ok(Some(match state.token_keys.verify(token.trim())? {
            Principal::User { user_id, .. } => Caller::User(noted(&parts, user_id)),
            Principal::Service { .. } => Caller::Service,
        }));
    }
    let Some(family) = cookies::session_family().await? else { return Ok(None) };
    let person = sign_in::person(&state.pool, state.sign_in_days, family).await?;
    Ok(person.map(|person| Caller::User(noted(&parts, person.profile.id))))
}

/// The user who calls.
///
/// # Errors
/// `UNAUTHENTICATED`; `FORBIDDEN` for other services, which are no users.
pub async fn user() -> Result<UserId, ApiError> {
    match caller().await? {
        Caller::User(id) => Ok(id),
        Caller::Service => Err(ApiError::new(ErrorCode::Forbidden, "This is for users, not for services")),
    }
}

/// Lets the log line of this request name the user.
fn noted(parts: &Parts, user: UserId) -> UserId {
    if let Some(request_user) = parts.extensions.get::<RequestUser>() {
        request_user.is(user);
    }
    user
}
