//! `POST /auth/logout`.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::sign_in::SignedOut;
use crate::rest::verb::{Post, Rest};

/// Ends the sign-in that the cookies belong to, and removes the cookies. Returns 204, also if there is none. Open to
/// visitors. After an error, the user may still be signed in.
#[server(prefix = "", endpoint = "/auth/logout", protocol = Rest<Post>)]
pub async fn logout() -> Result<SignedOut, ApiError> {
    use http::request::Parts;

    use crate::api::request::context::context;
    use crate::api::request::cookies;
    use crate::domain::audit::attempts::{self, Attempt, Outcome};
    use crate::domain::sign_in::refresh_token;

    let context = context();
    if let Some(sign_in) = cookies::session_sign_in().await? {
        refresh_token::revoke(&context.database, sign_in).await?;
    }
    for token in cookies::refresh_tokens(&expect_context::<Parts>()) {
        if let Some(sign_in) = refresh_token::sign_in_of(&context.database, &token).await? {
            refresh_token::revoke(&context.database, sign_in).await?;
        }
    }
    attempts::record(Attempt::SignOut, Outcome::SignedOut, None);
    cookies::end_session().await?;
    Ok(SignedOut)
}
