//! `POST /auth/logout`.

use leptos::prelude::*;

use crate::rest::error::ApiError;
use crate::rest::verb::{Post, Rest};

/// Ends the sign-in that the cookies belong to, and removes them. 204, also when there is none.
///
/// # Errors
/// Faults of the database: then the sign-in goes on.
#[server(prefix = "", endpoint = "/auth/logout", protocol = Rest<Post>)]
pub async fn logout() -> Result<(), ApiError> {
    use http::request::Parts;

    use crate::api::cookies;
    use crate::domain::outcome::Attempt;
    use crate::domain::refresh_token;
    use crate::server::state::AppState;

    let AppState { pool, .. } = expect_context();
    if let Some(family) = cookies::session_family().await? {
        refresh_token::revoke(&pool, family).await?;
    }
    for token in cookies::refresh_tokens(&expect_context::<Parts>()) {
        if let Some(family) = refresh_token::family(&pool, &token).await? {
            refresh_token::revoke(&pool, family).await?;
        }
    }
    Attempt::SignOut.came_to("signed_out", None);
    cookies::end_session().await
}
