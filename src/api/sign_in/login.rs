//! `POST /auth/login` (USER-BE-002.1).

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::sign_in::AccessToken;
use crate::rest::verb::{Post, Rest};

/// Signs in. Returns 200 with an access token, and sets the cookies `refresh_token`, `__Host-session` and `device`.
/// Open to visitors.
///
/// # Errors
/// 401 `INVALID_CREDENTIALS`, the same for an unknown address and a wrong password; 403 `EMAIL_NOT_VERIFIED` or
/// `ACCOUNT_SUSPENDED`; 403 `ACCOUNT_PENDING_DELETION` with `restore_token` (`POST /auth/restore`); 422
/// `VALIDATION_FAILED` for an empty field; 429 `RATE_LIMITED`; 503 `OVERLOADED`.
#[server(prefix = "", endpoint = "/auth/login", protocol = Rest<Post>)]
pub async fn login(
    #[server(default)] email: String,
    #[server(default)] password: String,
) -> Result<AccessToken, ApiError> {
    use crate::api::request::context::context;
    use crate::api::request::origin::start;
    use crate::api::request::{cookies, throttle};
    use crate::domain::sign_in::password::Password;
    use crate::domain::sign_in::with_password::{SignedIn, sign_in};
    use crate::model::email::TypedEmail;
    use crate::model::error::ErrorCode;
    use crate::model::validation::Problems;
    use crate::rest::server::beside;

    let mut problems = Problems::default();
    let email = problems.note("email", TypedEmail::parse(&email));
    let password = problems.note("password", Password::parse_typed(password));
    let (Some(email), Some(password)) = (email, password) else { return Err(problems.into()) };
    let admission = throttle::throttle_sign_in(&email).await?;
    let context = context();
    let outcome = sign_in(&context.database, &context.passwords, &start(), &email, &password).await;
    if let Err(error) = admission.settle(&context.rate_limits, &outcome).await {
        tracing::warn!(%error, "the rate limits of a sign-in were not settled");
    }
    match outcome? {
        SignedIn::Started(session) => cookies::sign_in(session).await,
        SignedIn::PendingDeletion { restore_token } => {
            cookies::keep_restore_token(&restore_token).await?;
            beside::add("restore_token", restore_token);
            Err(ErrorCode::AccountPendingDeletion.into())
        }
    }
}
