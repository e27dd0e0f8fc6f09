//! `POST /auth/resend-verification`.

use leptos::prelude::*;

use crate::rest::error::ApiError;
use crate::rest::verb::{Post, Rest};

/// Sends a new verification mail, at most one a minute. 202 for every address, whether or not an
/// account has it.
///
/// # Errors
/// 422 `VALIDATION_FAILED` when it is no address; 429 `RATE_LIMITED`.
#[server(prefix = "", endpoint = "/auth/resend-verification", protocol = Rest<Post>)]
pub async fn resend_verification(#[server(default)] email: String) -> Result<(), ApiError> {
    use http::StatusCode;
    use leptos_axum::ResponseOptions;

    use crate::api::throttle;
    use crate::domain::verification;
    use crate::model::{credentials, validation};
    use crate::server::state::AppState;

    let email = email.trim();
    validation::check(&[("email", credentials::email, email)])?;
    throttle::throttle(&throttle::MAIL).await?;
    let AppState { pool, mail, .. } = expect_context();
    verification::resend(&pool, email).await?;
    mail.notify_one();
    expect_context::<ResponseOptions>().set_status(StatusCode::ACCEPTED);
    Ok(())
}
