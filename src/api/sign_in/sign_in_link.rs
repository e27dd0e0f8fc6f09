//! `POST /auth/sign-in-link`.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::rest::verb::{Post, Rest};

/// Mails a link that signs in once, at most one in 10 minutes. Returns 202 immediately for every address, whether or
/// not an account has it. Open to visitors.
///
/// # Errors
/// 422 `VALIDATION_FAILED` for an invalid address; 429 `RATE_LIMITED`; 503 `OVERLOADED`.
#[server(prefix = "", endpoint = "/auth/sign-in-link", protocol = Rest<Post>)]
pub async fn sign_in_link(#[server(default)] email: String) -> Result<(), ApiError> {
    use crate::api::request::context::context;
    use crate::api::request::enqueue_mail::enqueue_mail;
    use crate::api::request::throttle;
    use crate::domain::sign_in::link;
    use crate::model::email::Email;

    let email = Email::parse(&email).map_err(|message| ApiError::field("email", message))?;
    throttle::throttle(&throttle::MAIL).await?;
    let database = context().database.clone();
    enqueue_mail(async move { link::request(&database, &email).await })
}
