//! `POST /auth/logout`.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::sign_in::SignedOut;
use crate::rest::verb::{Post, Rest};

/// Ends the sign-in that the cookies belong to, and removes the cookies. Returns 204, also if there is none. Open to
/// visitors. After an error, the user may still be signed in.
#[server(prefix = "", endpoint = "/auth/logout", protocol = Rest<Post>)]
pub async fn logout() -> Result<SignedOut, ApiError> {
    use crate::api::request::context::context;
    use crate::api::request::cookies;
    use crate::domain::audit::attempts::{self, Attempt, Outcome};
    use crate::domain::sign_in::revocation;

    let context = context();
    for sign_in in cookies::presented_sign_ins().await? {
        revocation::revoke(&context.database, sign_in).await?;
    }
    attempts::record(Attempt::SignOut, Outcome::SignedOut, None);
    cookies::end_session().await?;
    Ok(SignedOut)
}
