//! `GET /users/me` (USER-BE-003.1).

use leptos::prelude::*;

use crate::model::accounts::Me;
use crate::model::error::ApiError;
use crate::rest::verb::{Get, Rest};

/// Returns 200 with the caller's own profile.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with a service token.
#[server(name = GetMe, prefix = "", endpoint = "/users/me", protocol = Rest<Get>)]
pub async fn me() -> Result<Me, ApiError> {
    use crate::api::request::{caller, entity_tag, reads};
    use crate::domain::profiles::profile;

    let user = caller::user().await?;
    let me = reads::read(|pool| async move { Ok(profile::me(&*pool, user.id).await?) }).await?;
    entity_tag::set(&me);
    Ok(me)
}
