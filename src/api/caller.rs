//! Who calls: the Bearer token where there is one, else the page session.

use http::header::AUTHORIZATION;
use http::request::Parts;
use leptos::prelude::expect_context;

use super::cookies;
use crate::domain::sign_in;
use crate::model::id::UserId;
use crate::rest::error::{ApiError, ErrorCode};
use crate::server::state::AppState;

/// The user who calls. A token that is not good is an error, never a reason to look at the cookies.
///
/// # Errors
/// `UNAUTHENTICATED`.
pub async fn caller() -> Result<UserId, ApiError> {
    let state: AppState = expect_context();
    let authorization = expect_context::<Parts>().headers.get(AUTHORIZATION).cloned();
    if let Some(value) = authorization {
        let (scheme, token) = value.to_str().ok().and_then(|value| value.split_once(' ')).unwrap_or_default();
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(ErrorCode::Unauthenticated.into());
        }
        return Ok(state.token_key.verify(token.trim())?.sub);
    }
    let family = cookies::session_family().await?.ok_or(ErrorCode::Unauthenticated)?;
    let person = sign_in::person(&state.pool, family).await?.ok_or(ErrorCode::Unauthenticated)?;
    Ok(person.id)
}
