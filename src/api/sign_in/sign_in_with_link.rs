//! `POST /auth/sign-in-with-link`.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::sign_in::AccessToken;
use crate::rest::verb::{Post, Rest};

/// Signs in with the token from a mailed link, which works once, for 15 minutes. Returns 200 with the same body and
/// cookies as `POST /auth/login`. Open to visitors.
///
/// # Errors
/// 422 `INVALID_SIGN_IN_TOKEN`.
#[server(prefix = "", endpoint = "/auth/sign-in-with-link", protocol = Rest<Post>)]
pub async fn sign_in_with_link(#[server(default)] token: String) -> Result<AccessToken, ApiError> {
    use crate::api::request::context::context;
    use crate::api::request::cookies;
    use crate::api::request::origin::start;
    use crate::domain::sign_in::link;

    let session = link::sign_in(&context().database, &start(), &token).await?;
    cookies::sign_in(session).await
}
