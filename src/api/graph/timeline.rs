//! `GET /users/me/timeline`: what the page `/timeline` shows.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::graph::Timeline;
use crate::rest::verb::{Get, Rest};

/// Whom the caller follows, who followed them lately, and whom they might follow: a dozen of each at most.
/// 200.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with the token of a service.
#[server(name = GetTimeline, prefix = "", endpoint = "/users/me/timeline", protocol = Rest<Get>)]
pub async fn timeline() -> Result<Timeline, ApiError> {
    use crate::api::request::caller;
    use crate::api::request::context::context;
    use crate::api::request::page_status::page_status;
    use crate::domain::graph::timeline;

    let user = caller::user().await?;
    timeline::timeline(&context().database, user).await.inspect_err(page_status)
}
