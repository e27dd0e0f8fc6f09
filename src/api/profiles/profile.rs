//! `GET /profiles/{username}`: the data of a profile page.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::graph::SeenProfile;
use crate::rest::verb::{Get, Rest};

/// Returns 200 with the profile of this username, in any letter case. Open to visitors. For a signed-in user, `viewer`
/// says how they relate.
///
/// # Errors
/// 401 `UNAUTHENTICATED` for an invalid token; 404 `USER_NOT_FOUND`.
#[server(name = GetProfile, prefix = "", endpoint = "/profiles/{username}", protocol = Rest<Get>)]
pub async fn profile(username: String) -> Result<SeenProfile, ApiError> {
    use crate::api::request::caller;
    use crate::api::request::page_status::set_page_status;
    use crate::api::request::reads;
    use crate::domain::profiles::profile;

    let read = async {
        let viewer = caller::viewer().await?;
        let username = username.as_str();
        reads::read(|pool| async move { profile::by_username(&pool, username, viewer).await }).await
    };
    read.await.inspect_err(set_page_status)
}
