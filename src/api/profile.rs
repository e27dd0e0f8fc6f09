//! `GET /profiles/{username}`: what the page of a person shows.

use leptos::prelude::*;

use crate::model::profile::Profile;
use crate::rest::error::ApiError;
use crate::rest::verb::{Get, Rest};

/// The profile with this username, whatever the letter case. 200; no token needed.
///
/// # Errors
/// 404 `USER_NOT_FOUND`.
#[server(name = GetProfile, prefix = "", endpoint = "/profiles/{username}", protocol = Rest<Get>)]
pub async fn profile(username: String) -> Result<Profile, ApiError> {
    use crate::domain::profiles;
    use crate::server::state::AppState;

    profiles::by_username(&expect_context::<AppState>().pool, &username).await
}
