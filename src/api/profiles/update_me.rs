//! `PATCH /users/me` (USER-BE-003.2).

use leptos::prelude::*;

use crate::model::accounts::Me;
use crate::model::error::ApiError;
use crate::model::patch::Patch;
use crate::rest::verb::{Patch as PatchVerb, Rest};

/// Changes the supplied fields of the caller's profile; null or a text that shows nothing clears one. With
/// `If-Match`, only if the profile is still the one with that `ETag`. 200 with the whole profile.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with the token of a service; 412 `PRECONDITION_FAILED`; 422
/// `VALIDATION_FAILED`.
#[server(prefix = "", endpoint = "/users/me", protocol = Rest<PatchVerb>)]
pub async fn update_me(
    #[server(default)] display_name: Patch<String>,
    #[server(default)] bio: Patch<String>,
    #[server(default)] avatar_url: Patch<String>,
) -> Result<Me, ApiError> {
    use http::header::IF_MATCH;
    use http::request::Parts;

    use crate::api::request::context::context;
    use crate::api::request::{caller, entity_tag};
    use crate::domain::profiles::avatars::remote;
    use crate::domain::profiles::blank;
    use crate::domain::profiles::profile;
    use crate::domain::profiles::profile::Change;
    use crate::model::profiles;
    use crate::model::profiles::{tidy_line, tidy_text};
    use crate::model::validation;

    let id = caller::user().await?;
    let filled = |text: String| (!text.is_empty()).then_some(text);
    let shown = |text: String| filled(blank::trim(&text).to_owned());
    let mut change = Change {
        display_name: display_name.into_change().map(|name| name.map(|name| tidy_line(&name)).and_then(shown)),
        bio: bio.into_change().map(|bio| bio.map(|bio| tidy_text(&bio)).and_then(shown)),
        avatar_url: avatar_url.into_change().map(|url| url.and_then(filled)),
    };
    let text = |change: &Option<Option<String>>| change.clone().flatten().unwrap_or_default();
    validation::check(&[
        ("display_name", profiles::display_name, &text(&change.display_name)),
        ("bio", profiles::bio, &text(&change.bio)),
    ])?;
    if let Some(Some(url)) = change.avatar_url.as_mut().filter(|url| !url.as_deref().is_some_and(profile::is_path)) {
        *url = remote::parse(url).map_err(|message| ApiError::field("avatar_url", message))?.into();
    }
    let if_match =
        expect_context::<Parts>().headers.get(IF_MATCH).map(|value| value.to_str().unwrap_or_default().to_owned());
    let context = context();
    let picture_changes = change.avatar_url.is_some();
    let updated = profile::update_if(&context.database, id, change, if_match.as_deref()).await?;
    if picture_changes {
        context.avatars.wake_removal();
    }
    entity_tag::set(&updated);
    Ok(updated)
}
