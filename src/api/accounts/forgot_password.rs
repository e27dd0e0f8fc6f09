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
    use http::StatusCode;
    use leptos_axum::ResponseOptions;

    use crate::api::request::context::context;
    use crate::api::request::enqueue_mail::enqueue_mail;
    use crate::api::request::origin::origin;
    use crate::api::request::throttle;
    use crate::domain::accounts::reset;
    use crate::domain::audit::attempts::{self, Attempt, Outcome};
    use crate::model::email::Email;

    let email = Email::parse(&email).map_err(|message| ApiError::field("email", message))?;
    if !throttle::is_within(&throttle::RESET).await? {
        attempts::record(Attempt::ResetRequest, Outcome::Suppressed, None);
        // This depends only on the client's network, so it reveals nothing about the address.
        expect_context::<ResponseOptions>().set_status(StatusCode::ACCEPTED);
        return Ok(());
    }
    let (context, origin) = (context(), origin());
    enqueue_mail(async move {
        reset::request(&context.database, &context.rate_limits, &email, context.self_service, &origin).await
    })
}
