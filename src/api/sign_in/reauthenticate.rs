//! `POST /auth/reauthenticate`.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::sign_in::AccessToken;
use crate::rest::verb::{Post, Rest};

/// Proves the caller's identity again, for operations that require it to be recent (RFC 9470). Returns 200 with the
/// same body and cookies as `POST /auth/login`, in the same session.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `WRONG_PASSWORD`; 403 `FORBIDDEN` with a service token; 422 `VALIDATION_FAILED` for an
/// empty password; 429 `RATE_LIMITED`; 503 `OVERLOADED`.
#[server(prefix = "", endpoint = "/auth/reauthenticate", protocol = Rest<Post>)]
pub async fn reauthenticate(#[server(default)] password: String) -> Result<AccessToken, ApiError> {
    use http::request::Parts;

    use crate::api::request::context::context;
    use crate::api::request::origin::{origin, start};
    use crate::api::request::{caller, cookies, proof, throttle};
    use crate::domain::audit::attempts::Attempt;
    use crate::domain::sign_in::password::Password;
    use crate::domain::sign_in::reauthentication;

    let user = caller::user().await?;
    let password = Password::parse_typed(password).map_err(|message| ApiError::field("password", message))?;
    throttle::throttle_user(&throttle::SESSION, user.id).await?;
    proof::check_password(user, &password, Attempt::Reauthentication).await?;
    let context = context();
    let presented = cookies::refresh_token(&context.database, context.sign_in_days, &expect_context::<Parts>()).await?;
    let session = reauthentication::renew(&context.database, &start(), user, presented, &origin()).await?;
    cookies::continue_sign_in(session).await
}
