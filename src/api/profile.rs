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

    let found = profiles::by_username(&expect_context::<AppState>().pool, &username).await;
    found.inspect_err(|error| {
        // A page that is rendered with it has the same status.
        if let Ok(status) = http::StatusCode::from_u16(error.code.status()) {
            expect_context::<leptos_axum::ResponseOptions>().set_status(status);
        }
    })
}
