//! `GET /users?ids=…`: several users at once.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::profiles::Users;
use crate::rest::verb::{Get, Rest};

/// Returns 200 with the users of these comma-separated ids, at most 100, in the order of the request. Unknown ids, and
/// users who block the caller, are left out. Open to visitors.
///
/// # Errors
/// 422 `VALIDATION_FAILED` for an invalid id, or too many.
#[server(name = GetUsers, prefix = "", endpoint = "/users", protocol = Rest<Get>)]
pub async fn users(#[server(default)] ids: String) -> Result<Users, ApiError> {
    use crate::api::request::{caller, ids, reads};
    use crate::domain::profiles::profile;

    let ids = &ids::parse(&ids)?;
    let viewer = caller::viewer().await?;
    Ok(Users { items: reads::read(|pool| async move { profile::public(&pool, ids, viewer).await }).await? })
}
