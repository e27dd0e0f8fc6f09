//! `GET /users/me` (USER-BE-003.1).

use leptos::prelude::*;

use crate::model::account::Me;
use crate::rest::error::ApiError;
use crate::rest::verb::{Get, Rest};

/// The caller's own profile. 200.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with the token of a service.
#[server(name = GetMe, prefix = "", endpoint = "/users/me", protocol = Rest<Get>)]
pub async fn me() -> Result<Me, ApiError> {
    use crate::api::{caller, entity_tag};
    use crate::domain::profiles;
    use crate::server::state::AppState;

    let id = caller::user().await?;
    let me = profiles::me(&expect_context::<AppState>().pool, id).await?;
    entity_tag::set(&me);
    Ok(me)
}
