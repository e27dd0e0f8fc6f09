//! `GET` and `DELETE /users/me/sessions`, and `DELETE /users/me/sessions/{id}`.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::sign_in::Sessions;
use crate::rest::verb::{Delete, Get, Rest};

/// Lists the caller's active sessions. Returns 200.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with a service token.
#[server(name = ListSessions, prefix = "", endpoint = "/users/me/sessions", protocol = Rest<Get>)]
pub async fn sessions() -> Result<Sessions, ApiError> {
    use crate::api::request::caller;
    use crate::api::request::context::context;
    use crate::api::request::page_status::set_page_status;
    use crate::domain::sign_in::sessions;

    let user = caller::user().await?;
    let context = context();
    let listed = sessions::list(&context.database, context.sign_in_days, user).await;
    listed.inspect_err(set_page_status)
}

/// Ends a session of the caller. Returns 204, also if there is no such session. Ending the current one signs out.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with a service token; 429 `RATE_LIMITED`.
#[server(prefix = "", endpoint = "/users/me/sessions/{id}", protocol = Rest<Delete>)]
pub async fn end_session(id: String) -> Result<(), ApiError> {
    use uuid::Uuid;

    use crate::api::request::context::context;
    use crate::api::request::origin::origin;
    use crate::api::request::{caller, cookies, throttle};
    use crate::domain::sign_in::sessions;

    let user = caller::user().await?;
    // An invalid id is the id of no session, like this one.
    let id = id.parse().unwrap_or(Uuid::nil());
    throttle::throttle_user(&throttle::SESSION, user.id).await?;
    sessions::end(&context().database, user, id, &origin()).await?;
    if user.sign_in == Some(id) {
        cookies::end_session().await?;
    }
    Ok(())
}

/// Ends all other sessions of the caller and, with `including_this`, the current one, too. Returns 204.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with a service token; 422 `VALIDATION_FAILED`; 429 `RATE_LIMITED`.
#[server(prefix = "", endpoint = "/users/me/sessions", protocol = Rest<Delete>)]
pub async fn end_sessions(#[server(default)] including_this: bool) -> Result<(), ApiError> {
    use crate::api::request::context::context;
    use crate::api::request::origin::origin;
    use crate::api::request::{caller, cookies, throttle};
    use crate::domain::sign_in::sessions;

    let user = caller::user().await?;
    throttle::throttle_user(&throttle::SESSION, user.id).await?;
    sessions::end_all(&context().database, user, including_this, &origin()).await?;
    if including_this {
        cookies::end_session().await?;
    }
    Ok(())
}
