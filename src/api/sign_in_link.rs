//! `POST /auth/sign-in-link`.

use leptos::prelude::*;

use crate::rest::error::ApiError;
use crate::rest::verb::{Post, Rest};

/// Mails a link that signs in once, at most one in 10 minutes. 202 for every address, at once, whether or not
/// an account has it.
///
/// # Errors
/// 422 `VALIDATION_FAILED` when it is no address; 429 `RATE_LIMITED`.
#[server(prefix = "", endpoint = "/auth/sign-in-link", protocol = Rest<Post>)]
pub async fn sign_in_link(#[server(default)] email: String) -> Result<(), ApiError> {
    use crate::api::mail_later::mail_later;
    use crate::api::throttle;
    use crate::domain::sign_in_link;
    use crate::model::{credentials, validation};
    use crate::server::state::AppState;

    let email = email.trim().to_owned();
    validation::check(&[("email", credentials::email, &email)])?;
    throttle::throttle(&throttle::MAIL).await?;
    let AppState { pool, .. } = expect_context();
    mail_later(async move { sign_in_link::request(&pool, &email).await })
}
