//! `GET /users?ids=…`: several users at once.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::profiles::Users;
use crate::rest::verb::{Get, Rest};

/// Maximum number of ids in one request.
pub const IDS_MAX: usize = 100;

/// Returns 200 with the users of these comma-separated ids, at most 100, in the order of the request. Unknown ids are
/// left out. Open to visitors.
///
/// # Errors
/// 422 `VALIDATION_FAILED` for an invalid id, or too many.
#[server(name = GetUsers, prefix = "", endpoint = "/users", protocol = Rest<Get>)]
pub async fn users(#[server(default)] ids: String) -> Result<Users, ApiError> {
    use uuid::Uuid;

    use crate::api::request::reads;
    use crate::domain::profiles::profile;
    use crate::text::fields;

    let ids: Result<Vec<Uuid>, _> = ids.split(',').map(|id| id.trim().parse()).collect();
    let ids = ids.map_err(|_| ApiError::field("ids", fields::ids()))?;
    if ids.len() > IDS_MAX {
        return Err(ApiError::field("ids", fields::ids_many()));
    }
    let ids = ids.as_slice();
    Ok(Users { items: reads::read(|pool| async move { profile::public(&pool, ids).await }).await? })
}
