//! `POST /auth/confirm-email`.

use leptos::prelude::*;

use crate::model::accounts::EmailInForce;
use crate::model::error::ApiError;
use crate::rest::verb::{Post, Rest};

/// Puts a new address in force with the token that was mailed to it, which works once, for 24 hours. Returns 200. The
/// old address gets a link that undoes the change. Open to visitors: the link may be opened in another browser.
///
/// # Errors
/// 409 `EMAIL_ALREADY_EXISTS` if another account has the address by now; 422 `INVALID_VERIFICATION_TOKEN`.
#[server(prefix = "", endpoint = "/auth/confirm-email", protocol = Rest<Post>)]
pub async fn confirm_email(#[server(default)] token: String) -> Result<EmailInForce, ApiError> {
    use crate::api::request::context::context;
    use crate::api::request::origin::{client, origin};
    use crate::domain::accounts::email_change;

    let context = context();
    let email = email_change::confirm(&context.database, &token, &origin(), &client()).await?;
    context.mail.notify_one();
    Ok(EmailInForce { email })
}
