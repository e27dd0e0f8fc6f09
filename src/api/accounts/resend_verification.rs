//! `POST /auth/resend-verification`.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::rest::verb::{Post, Rest};

/// Sends a new verification mail, unless the last one is too recent (`domain/accounts/verification.rs`). Returns 202
/// for every address without waiting for the lookup, so that neither the response nor its timing reveals whether an
/// account exists. Open to visitors.
///
/// # Errors
/// 422 `VALIDATION_FAILED` for an invalid address; 429 `RATE_LIMITED`; 503 `OVERLOADED`.
#[server(prefix = "", endpoint = "/auth/resend-verification", protocol = Rest<Post>)]
pub async fn resend_verification(#[server(default)] email: String) -> Result<(), ApiError> {
    use crate::api::request::context::context;
    use crate::api::request::enqueue_mail::enqueue_mail;
    use crate::api::request::throttle;
    use crate::domain::accounts::verification;
    use crate::model::email::Email;

    let email = Email::parse(&email).map_err(|message| ApiError::field("email", message))?;
    throttle::throttle(&throttle::MAIL).await?;
    let context = context();
    enqueue_mail(async move { verification::resend(&context.database, &email, context.unverified_account_days).await })
}
