//! `PUT /users/me/username`.

use leptos::prelude::*;

use crate::model::accounts::Me;
use crate::model::error::ApiError;
use crate::rest::verb::{Put, Rest};

/// Changes the caller's username, once in 30 days. Going back to an earlier one is always possible. The old one leads
/// to the new one for 90 days, and others cannot take it for a while. Returns 200 with the profile.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with a service token; 409 `USERNAME_TAKEN`, `USERNAME_TOO_SIMILAR`; 409 `USERNAME_CHANGED_RECENTLY`
/// with `Retry-After`; 422 `VALIDATION_FAILED`; 429 `RATE_LIMITED`.
#[server(prefix = "", endpoint = "/users/me/username", protocol = Rest<Put>)]
pub async fn change_username(#[server(default)] username: String) -> Result<Me, ApiError> {
    use crate::api::request::context::context;
    use crate::api::request::origin::{client, origin};
    use crate::api::request::{caller, entity_tag, throttle};
    use crate::domain::accounts::username_change;
    use crate::domain::accounts::username_change::Renaming;
    use crate::model::error::ErrorCode;
    use crate::model::username::Username;

    let user = caller::user().await?;
    let username = Username::parse(&username).map_err(|message| ApiError::field("username", message))?;
    throttle::throttle_user(&throttle::USERNAME, user.id).await?;
    let context = context();
    let (origin, client) = (origin(), client());
    let renaming =
        username_change::change(&context.database, user, &username, context.self_service, &origin, &client).await?;
    match renaming {
        Renaming::Done(me) => {
            context.mail.notify_one();
            entity_tag::set(&me);
            Ok(*me)
        }
        Renaming::TooSoon { seconds } => {
            throttle::set_retry_after(seconds);
            Err(ErrorCode::UsernameChangedRecently.into())
        }
    }
}
