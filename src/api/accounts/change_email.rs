//! `POST` and `DELETE /users/me/email`.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::rest::verb::{Delete, Post, Rest};

/// Mails a link to a new address, which replaces the caller's address once it is confirmed. Returns 202, also if
/// another account has the address. The current address gets a notice.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `REAUTHENTICATION_REQUIRED` unless the caller has signed in within 10 minutes or sends
/// `current_password`; 403 `WRONG_PASSWORD`; 403 `FORBIDDEN` with a service token; 422 `VALIDATION_FAILED`; 429
/// `RATE_LIMITED`.
#[server(prefix = "", endpoint = "/users/me/email", protocol = Rest<Post>)]
pub async fn change_email(
    #[server(default)] email: String,
    #[server(default)] current_password: Option<String>,
) -> Result<(), ApiError> {
    use http::StatusCode;
    use leptos_axum::ResponseOptions;

    use crate::api::request::context::context;
    use crate::api::request::origin::{client, origin};
    use crate::api::request::{caller, proof, throttle};
    use crate::domain::accounts::email_change;
    use crate::domain::audit::attempts::Attempt;
    use crate::model::email::Email;

    let user = caller::user().await?;
    let email = Email::parse(&email).map_err(|message| ApiError::field("email", message))?;
    proof::require_fresh(user, current_password, Attempt::EmailChange).await?;
    throttle::throttle_user(&throttle::EMAIL_CHANGE, user.id).await?;
    throttle::throttle(&throttle::MAIL).await?;
    let context = context();
    email_change::request(&context.database, &context.rate_limits, user, &email, &origin(), &client()).await?;
    context.mail.notify_one();
    expect_context::<ResponseOptions>().set_status(StatusCode::ACCEPTED);
    Ok(())
}

/// Cancels the change of the address that waits for a confirmation. Returns 204, also if there is none.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with a service token.
#[server(prefix = "", endpoint = "/users/me/email", protocol = Rest<Delete>)]
pub async fn cancel_email_change() -> Result<(), ApiError> {
    use crate::api::request::caller;
    use crate::api::request::context::context;
    use crate::api::request::origin::origin;
    use crate::domain::accounts::email_change;

    email_change::cancel(&context().database, caller::user().await?, &origin()).await
}
