//! `POST /auth/reject-account`.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::rest::verb::{Post, Rest};

/// Deletes the unverified account that a mailed link belongs to, for the owner of the address who did not
/// create it. 204; the email and the username are free again.
///
/// # Errors
/// 422 `INVALID_VERIFICATION_TOKEN`, also when the account is verified.
#[server(prefix = "", endpoint = "/auth/reject-account", protocol = Rest<Post>)]
pub async fn reject_account(#[server(default)] token: String) -> Result<(), ApiError> {
    use crate::api::request::context::context;
    use crate::api::request::origin::origin;
    use crate::domain::accounts::verification;

    verification::reject(&context().database, &token, origin()).await
}
