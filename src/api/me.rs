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
    use crate::api::caller;
    use crate::domain::profiles;
    use crate::server::state::AppState;

    let id = caller::user().await?;
    let me = profiles::me(&expect_context::<AppState>().pool, id).await?;
    set_etag(&me);
    Ok(me)
}

/// Names the state of the profile that is answered with, for `If-None-Match` and `If-Match`.
#[cfg(feature = "ssr")]
pub fn set_etag(me: &Me) {
    if let Ok(tag) = http::HeaderValue::from_str(&crate::domain::profiles::etag(me)) {
        expect_context::<leptos_axum::ResponseOptions>().insert_header(http::header::ETAG, tag);
    }
}
