//! `POST /auth/forgot-password`.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::rest::verb::{Post, Rest};

/// Mails a link that resets the password, at most three in an hour. Returns 202 immediately for every address, whether
/// or not an account has it, and even if the client asks too often. Open to visitors.
///
/// # Errors
/// 422 `VALIDATION_FAILED` for an invalid address; 503 `OVERLOADED`.
#[server(prefix = "", endpoint = "/auth/forgot-password", protocol = Rest<Post>)]
pub async fn forgot_password(#[server(default)] email: String) -> Result<(), ApiError> {
    use crate::api::request::context::context;
    use crate::api::request::enqueue_mail::enqueue_mail;
    use crate::api::request::origin::origin;
    use crate::api::request::throttle;
    use crate::domain::accounts::reset;
    use crate::model::email::Email;

    let email = Email::parse(&email).map_err(|message| ApiError::field("email", message))?;
    let is_allowed = throttle::is_within(&throttle::MAIL).await?;
    let (context, origin) = (context(), origin());
    enqueue_mail(async move {
        if !is_allowed {
            return Ok(false);
        }
        reset::request(&context.database, &context.rate_limits, &email, context.self_service, &origin).await
    })
}
