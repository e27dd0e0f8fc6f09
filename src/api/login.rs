//! `POST /auth/login` (USER-BE-002.1).

use leptos::prelude::*;

use crate::model::tokens::AccessToken;
use crate::rest::error::ApiError;
use crate::rest::verb::{Post, Rest};

/// Signs in: an access token, and the cookies `refresh_token` and of the page session. 200.
///
/// # Errors
/// 401 `INVALID_CREDENTIALS`, the same for an unknown address and a wrong password; 403
/// `EMAIL_NOT_VERIFIED`; 422 `VALIDATION_FAILED` when a field is empty; 429 `RATE_LIMITED`; 503
/// `OVERLOADED`.
#[server(prefix = "", endpoint = "/auth/login", protocol = Rest<Post>)]
pub async fn login(
    #[server(default)] email: String,
    #[server(default)] password: String,
) -> Result<AccessToken, ApiError> {
    use crate::api::{cookies, throttle};
    use crate::domain::password::Password;
    use crate::domain::sign_in::sign_in;
    use crate::model::{credentials, validation};
    use crate::server::state::AppState;

    let email = email.trim();
    validation::check(&[("email", credentials::typed_email, email), ("password", credentials::password, &password)])?;
    let admission = throttle::throttle_sign_in(email).await?;
    let AppState { pool, passwords, rate_limits, sign_in_days, .. } = expect_context();
    let outcome = sign_in(&pool, &passwords, sign_in_days, email, &Password::new(password)).await;
    if let Err(error) = admission.settle(&rate_limits, &outcome).await {
        tracing::warn!(%error, "the budgets of a sign-in were not settled");
    }
    cookies::sign_in(outcome?).await
}
