//! `POST /auth/reset-password`.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::rest::verb::{Post, Rest};

/// Sets a new password with the token from a mailed link, which works once. Returns 204. All sessions end, and the
/// address counts as verified. Does not sign in. Open to visitors.
///
/// # Errors
/// 422 `INVALID_RESET_TOKEN`; 422 `VALIDATION_FAILED` for a password that registration would reject, which does not
/// use up the token; 503 `OVERLOADED`.
#[server(prefix = "", endpoint = "/auth/reset-password", protocol = Rest<Post>)]
pub async fn reset_password(
    #[server(default)] token: String,
    #[server(default)] password: String,
) -> Result<(), ApiError> {
    use crate::api::request::context::context;
    use crate::api::request::origin::{client, origin};
    use crate::domain::accounts::reset;
    use crate::domain::sign_in::password::Password;

    let password = Password::parse_new(password).map_err(|message| ApiError::field("password", message))?;
    let context = context();
    let (passwords, choice) = (&context.passwords, &context.password_choice);
    reset::reset(&context.database, passwords, choice, &token, &password, &origin(), &client()).await?;
    context.mail.notify_one();
    Ok(())
}
