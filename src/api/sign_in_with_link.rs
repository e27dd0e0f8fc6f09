//! `POST /auth/sign-in-with-link`.

use leptos::prelude::*;

use crate::model::tokens::AccessToken;
use crate::rest::error::ApiError;
use crate::rest::verb::{Post, Rest};

/// Signs in with the token from a mailed link, which works once, for 15 minutes. The answer is that of
/// `POST /auth/login`. 200.
///
/// # Errors
/// 422 `INVALID_SIGN_IN_TOKEN`.
#[server(prefix = "", endpoint = "/auth/sign-in-with-link", protocol = Rest<Post>)]
pub async fn sign_in_with_link(#[server(default)] token: String) -> Result<AccessToken, ApiError> {
    use crate::api::cookies;
    use crate::domain::sign_in_link;
    use crate::server::state::AppState;

    let AppState { pool, sign_in_days, .. } = expect_context();
    let session = sign_in_link::sign_in(&pool, sign_in_days, &token).await?;
    cookies::sign_in(session).await
}
