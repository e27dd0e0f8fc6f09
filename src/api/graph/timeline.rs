//! `GET /users/me/timeline`: the data of the page `/timeline`.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::graph::Timeline;
use crate::rest::verb::{Get, Rest};

/// Lists the users that the caller follows, the caller's new followers, and suggestions: at most a dozen of each.
/// Returns 200.
///
/// # Errors
/// 401 `UNAUTHENTICATED`; 403 `FORBIDDEN` with a service token.
#[server(name = GetTimeline, prefix = "", endpoint = "/users/me/timeline", protocol = Rest<Get>)]
pub async fn timeline() -> Result<Timeline, ApiError> {
    use crate::api::request::context::context;
    use crate::api::request::page_status::set_page_status;
    use crate::api::request::{caller, reads};
    use crate::domain::graph::timeline;

    let user = caller::user().await?;
    let (context, user) = (context(), user.id);
    let database = &context.database;
    let read = reads::read(|pool| async move { timeline::timeline(&pool, database, user).await });
    read.await.inspect_err(set_page_status)
}
