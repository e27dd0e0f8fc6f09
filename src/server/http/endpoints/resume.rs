//! `GET /auth/resume?next=…`: creates a page session from the refresh cookie, which is not sent to pages.

use axum::extract::{Query, Request, State};
use axum::response::Redirect;
use serde::Deserialize;
use tower_sessions::Session;

use crate::api::request::context::Context;
use crate::api::request::cookies;
use crate::domain::sign_in::rotation;
use crate::model::error::ApiError;
use crate::rest::local_path::local_path;
use crate::server::run::state::AppState;

#[derive(Deserialize)]
pub struct Resume {
    #[serde(default)]
    next: String,
}

/// Redirects (303) to `next` with a page session, or to the sign-in page, which continues to `next`. The token is not
/// rotated, because a GET may be repeated at any time.
pub async fn resume(
    State(state): State<AppState>,
    Query(Resume { next }): Query<Resume>,
    session: Session,
    request: Request,
) -> Result<Redirect, ApiError> {
    let next = local_path(&next).filter(|next| !next.starts_with("/auth/")).unwrap_or("/timeline");
    let Context { database, sign_in_days, .. } = &*state.context;
    let (parts, _) = request.into_parts();
    let sign_in = match cookies::refresh_token(database, *sign_in_days, &parts).await? {
        Some(token) => rotation::live_sign_in(database, *sign_in_days, &token).await?,
        None => None,
    };
    match sign_in {
        Some(sign_in) => {
            cookies::bind_sign_in(&session, sign_in).await?;
            Ok(Redirect::to(next))
        }
        None => Ok(Redirect::to(&with_next("/login", next))),
    }
}

/// Adds `next` to `path` as a query parameter.
pub fn with_next(path: &str, next: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
    format!("{path}?{query}")
}
