//! `GET /profiles/{username}`: what the page of a person shows.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::graph::SeenProfile;
use crate::rest::verb::{Get, Rest};

/// The profile with this username, whatever the letter case, and how its person and the caller stand to
/// each other. 200; no token needed, and without one no `viewer` is told.
///
/// # Errors
/// 401 `UNAUTHENTICATED` for a token that is not good; 404 `USER_NOT_FOUND`.
#[server(name = GetProfile, prefix = "", endpoint = "/profiles/{username}", protocol = Rest<Get>)]
pub async fn profile(username: String) -> Result<SeenProfile, ApiError> {
    use crate::api::request::caller;
    use crate::api::request::caller::Caller;
    use crate::api::request::context::context;
    use crate::api::request::page_status::page_status;
    use crate::domain::profiles::profile;

    let read = async {
        let viewer = match caller::optional().await? {
            Some(Caller::User(id)) => Some(id),
            Some(Caller::Service) | None => None,
        };
        profile::by_username(&context().database, &username, viewer).await
    };
    read.await.inspect_err(page_status)
}
