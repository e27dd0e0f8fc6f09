//! `POST /auth/undo-email-change`.

use leptos::prelude::*;

use crate::model::accounts::EmailInForce;
use crate::model::error::ApiError;
use crate::rest::verb::{Post, Rest};

/// Restores an old address with the token that was mailed to it when it was replaced, for 7 days, whatever has changed
/// since. Returns 200. All sessions end, the password no longer works, and the restored address gets a link that resets
/// it. Open to visitors.
///
/// # Errors
/// 409 `EMAIL_ALREADY_EXISTS` if another account has verified the address by now; 422 `INVALID_VERIFICATION_TOKEN`.
#[server(prefix = "", endpoint = "/auth/undo-email-change", protocol = Rest<Post>)]
pub async fn undo_email_change(#[server(default)] token: String) -> Result<EmailInForce, ApiError> {
    use crate::api::request::context::context;
    use crate::api::request::origin::{client, origin};
    use crate::domain::accounts::email_undo;

    let context = context();
    let email = email_undo::undo(&context.database, &token, context.self_service, &origin(), &client()).await?;
    context.mail.notify_one();
    Ok(EmailInForce { email })
}
