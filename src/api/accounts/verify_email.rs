//! `POST /auth/verify-email`.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::model::error::ApiError;
use crate::rest::verb::{Post, Rest};

/// The response to a verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// Always true.
    pub email_verified: bool,
}

/// Verifies an address with the token from the link in the mail. Returns 200, also if the token was already used.
/// Open to visitors.
///
/// # Errors
/// 422 `INVALID_VERIFICATION_TOKEN`.
#[server(prefix = "", endpoint = "/auth/verify-email", protocol = Rest<Post>)]
pub async fn verify_email(#[server(default)] token: String) -> Result<Verification, ApiError> {
    use crate::api::request::context::context;
    use crate::domain::accounts::verification;

    verification::verify(&context().database, &token).await?;
    Ok(Verification { email_verified: true })
}
