//! `POST /users/me/deletion` and `POST /auth/restore`.

use leptos::prelude::*;

use crate::model::accounts::PendingDeletion;
use crate::model::error::ApiError;
use crate::model::sign_in::AccessToken;
use crate::rest::verb::{Post, Rest};

/// Hides the caller at once and erases the account after a grace period, in which signing in offers to keep it.
/// Returns 202. All sessions end.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `REAUTHENTICATION_REQUIRED` unless the caller has signed in within 10 minutes or sends
/// `current_password`; 403 `WRONG_PASSWORD`; 403 `FORBIDDEN` with a service token; 429 `RATE_LIMITED`.
#[server(prefix = "", endpoint = "/users/me/deletion", protocol = Rest<Post>)]
pub async fn request_deletion(
    #[server(default)] current_password: Option<String>,
) -> Result<PendingDeletion, ApiError> {
    use http::StatusCode;
    use leptos_axum::ResponseOptions;

    use crate::api::request::context::context;
    use crate::api::request::origin::{client, origin};
    use crate::api::request::{caller, cookies, proof, throttle};
    use crate::domain::accounts::deletion;
    use crate::domain::audit::attempts::Attempt;

    let user = caller::user().await?;
    proof::require_fresh(user, current_password, Attempt::Deletion).await?;
    throttle::throttle_user(&throttle::DELETION, user.id).await?;
    let context = context();
    let deletes_at = deletion::request(&context.database, user, context.self_service, &origin(), &client()).await?;
    context.mail.notify_one();
    context.accounts_due.notify_one();
    cookies::end_session().await?;
    expect_context::<ResponseOptions>().set_status(StatusCode::ACCEPTED);
    Ok(PendingDeletion { deletes_at })
}

/// Restores an account that is about to be deleted, and signs in, with the token that signing in returned. It works
/// once, for 10 minutes. An empty token means the one that signing in has left in the page session. Returns 200 with
/// the same body and cookies as `POST /auth/login`. Open to visitors.
///
/// # Errors
/// 422 `INVALID_SIGN_IN_TOKEN`, also once the account is being erased.
#[server(prefix = "", endpoint = "/auth/restore", protocol = Rest<Post>)]
pub async fn restore(#[server(default)] restore_token: String) -> Result<AccessToken, ApiError> {
    use crate::api::request::context::context;
    use crate::api::request::cookies;
    use crate::api::request::origin::{origin, start};
    use crate::domain::accounts::deletion;
    use crate::domain::sign_in::one_time_token::TokenReference;
    use crate::model::error::ErrorCode;
    use crate::text::error_responses;

    let token = match restore_token.as_str() {
        "" => cookies::take_restore_token().await?,
        _ => TokenReference::of(&restore_token),
    };
    let context = context();
    let restored = deletion::restore(&context.database, token.as_ref(), &start(), &origin()).await;
    let session = restored.map_err(|error| match error.code {
        ErrorCode::InvalidSignInToken => ApiError::new(error.code, error_responses::restore_expired()),
        _ => error,
    })?;
    context.mail.notify_one();
    context.accounts_due.notify_one();
    cookies::sign_in(session).await
}
