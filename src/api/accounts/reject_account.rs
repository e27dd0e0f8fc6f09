//! `POST /auth/reject-account`.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::rest::verb::{Post, Rest};

/// Deletes the unverified account that a mailed link belongs to, for an owner of the address who did not create it.
/// Returns 204; the email and the username can be used again. Open to visitors.
///
/// # Errors
/// 422 `INVALID_VERIFICATION_TOKEN`, also if the account is already verified.
#[server(prefix = "", endpoint = "/auth/reject-account", protocol = Rest<Post>)]
pub async fn reject_account(#[server(default)] token: String) -> Result<(), ApiError> {
    use crate::api::request::context::context;
    use crate::api::request::origin::origin;
    use crate::domain::accounts::verification;

    verification::reject(&context().database, &token, &origin()).await
}
