//! `PATCH /users/me` (USER-BE-003.2).

use leptos::prelude::*;

use crate::model::accounts::Me;
use crate::model::error::ApiError;
use crate::model::patch::Patch;
use crate::rest::verb::{Patch as PatchVerb, Rest};

/// Updates the supplied fields of the caller's profile. Null or a blank text clears a text field. An account that
/// becomes public accepts all requests to follow it, in the background if there are many. With `If-Match`, updates
/// only if the profile still has that `ETag`. Returns 200 with the whole profile.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with a service token; 412 `PRECONDITION_FAILED`; 422
/// `VALIDATION_FAILED`.
#[server(prefix = "", endpoint = "/users/me", protocol = Rest<PatchVerb>)]
pub async fn update_me(
    #[server(default)] display_name: Patch<String>,
    #[server(default)] bio: Patch<String>,
    #[server(default)] avatar_url: Patch<String>,
    #[server(default)] private: Patch<bool>,
    #[server(default)] hide_follows: Patch<bool>,
    #[server(default)] discoverable: Patch<bool>,
) -> Result<Me, ApiError> {
    use http::header::IF_MATCH;
    use http::request::Parts;

    use crate::api::request::context::context;
    use crate::api::request::{caller, entity_tag};
    use crate::domain::graph::requests;
    use crate::domain::profiles::change::Change;
    use crate::domain::profiles::profile;

    let user = caller::user().await?;
    let change = Change {
        private: Change::parse_switch("private", private)?,
        hide_follows: Change::parse_switch("hide_follows", hide_follows)?,
        discoverable: Change::parse_switch("discoverable", discoverable)?,
        ..Change::parse(display_name, bio, avatar_url)?
    };
    let becomes_public = change.private == Some(false);
    let if_match =
        expect_context::<Parts>().headers.get(IF_MATCH).map(|value| value.to_str().unwrap_or_default().to_owned());
    let context = context();
    let picture_changes = change.avatar_url.is_some();
    let updated = profile::update_if(&context.database, user, change, if_match.as_deref()).await?;
    if picture_changes {
        context.avatars.wake_removal();
    }
    if becomes_public {
        requests::accept_some(&context.database, user.id).await;
        context.accounts_due.notify_one();
    }
    entity_tag::set(&updated);
    Ok(updated)
}
