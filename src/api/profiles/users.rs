//! `GET /users?ids=…`: several users at once.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::profiles::Users;
use crate::rest::verb::{Get, Rest};

/// How many may be asked for at once.
pub const IDS_MAX: usize = 100;

/// The users with these ids, separated by commas: at most 100, in the order asked, unknown ones left
/// out. 200; no token needed.
///
/// # Errors
/// 422 `VALIDATION_FAILED` for what is no id, or too many.
#[server(name = GetUsers, prefix = "", endpoint = "/users", protocol = Rest<Get>)]
pub async fn users(#[server(default)] ids: String) -> Result<Users, ApiError> {
    use uuid::Uuid;

    use crate::api::request::context::context;
    use crate::domain::profiles::profile;
    use crate::text::fields;

    let ids: Result<Vec<Uuid>, _> = ids.split(',').map(|id| id.trim().parse()).collect();
    let ids = ids.map_err(|_| ApiError::field("ids", fields::IDS))?;
    if ids.len() > IDS_MAX {
        return Err(ApiError::field("ids", fields::IDS_MANY));
    }
    Ok(Users { items: profile::public(&context().database, &ids).await? })
}
