//! `GET /users/{id}` (USER-BE-003.1-S2).

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::id::UserId;
use crate::model::profiles::PublicUser;
use crate::rest::verb::{Get, Rest};

/// Returns 200 with the public fields of a user. Open to visitors.
///
/// # Errors
/// 404 `USER_NOT_FOUND`, also if the user blocks the caller.
#[server(name = GetUser, prefix = "", endpoint = "/users/{id}", protocol = Rest<Get>)]
pub async fn user(id: UserId) -> Result<PublicUser, ApiError> {
    use crate::api::request::context::context;
    use crate::api::request::{caller, reads};

    let lookup = &context().user_lookup;
    let viewer = caller::viewer().await?;
    reads::read(|reader| async move { lookup.find(&reader, id, viewer).await }).await
}
