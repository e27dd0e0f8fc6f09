//! `GET /users/me/timeline`: what the page `/timeline` shows.

use leptos::prelude::*;

use crate::model::follow::Timeline;
use crate::rest::error::ApiError;
use crate::rest::verb::{Get, Rest};

/// Whom the caller follows, who followed them lately, and whom they might follow: a dozen of each at most.
/// 200.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with the token of a service.
#[server(name = GetTimeline, prefix = "", endpoint = "/users/me/timeline", protocol = Rest<Get>)]
pub async fn timeline() -> Result<Timeline, ApiError> {
    use crate::api::caller;
    use crate::api::page_status::page_status;
    use crate::domain::timeline;
    use crate::server::state::AppState;

    let user = caller::user().await?;
    timeline::timeline(&expect_context::<AppState>().pool, user).await.inspect_err(page_status)
}
