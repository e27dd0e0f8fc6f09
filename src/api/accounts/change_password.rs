//! `PUT /users/me/password`.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::sign_in::AccessToken;
use crate::rest::verb::{Put, Rest};

/// Replaces the caller's password. Returns 200 with the same body and cookies as `POST /auth/login`, in the same
/// session. All other sessions end.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `WRONG_PASSWORD`; 403 `FORBIDDEN` with a service token; 422 `VALIDATION_FAILED` for a
/// password that registration would reject; 429 `RATE_LIMITED`; 503 `OVERLOADED`.
#[server(prefix = "", endpoint = "/users/me/password", protocol = Rest<Put>)]
pub async fn change_password(
    #[server(default)] current_password: String,
    #[server(default)] password: String,
) -> Result<AccessToken, ApiError> {
    use crate::api::request::context::context;
    use crate::api::request::origin::{client, origin};
    use crate::api::request::{caller, cookies, proof};
    use crate::domain::accounts::password_change;
    use crate::domain::audit::attempts::Attempt;
    use crate::domain::sign_in::password::Password;
    use crate::model::validation::Problems;

    let user = caller::user().await?;
    let mut problems = Problems::default();
    let current = problems.note("current_password", Password::parse_typed(current_password));
    let new = problems.note("password", Password::parse_new(password));
    let (Some(current), Some(new)) = (current, new) else { return Err(problems.into()) };
    let credentials = proof::check_password(user, &current, Attempt::PasswordChange).await?;
    let context = context();
    let (passwords, choice) = (&context.passwords, &context.password_choice);
    choice.check(&new, &credentials.email, &credentials.username).await?;
    let hash = passwords.hash(&new).await?;
    let change = password_change::Change { old_hash: credentials.password_hash, new_hash: hash };
    let session =
        password_change::change(&context.database, context.sign_in_days, user, change, &origin(), &client()).await?;
    context.mail.notify_one();
    cookies::continue_sign_in(session).await
}
