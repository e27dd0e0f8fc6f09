//! `GET /users/me/export` and `GET /users/me/export/{list}`: downloads of everything about the caller. Not operations,
//! whose responses are whole values: these are streamed.

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method};

use super::resume::with_next;
use crate::api::request::caller::{self, Caller};
use crate::api::request::origin;
use crate::base::rate_limit::{Bucket, Limit};
use crate::domain::accounts::export::{self, Format};
use crate::domain::sign_in::calling_user::CallingUser;
use crate::domain::sign_in::reauthentication::is_fresh;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::graph::Side;
use crate::rest::server::media_type::accepts_html;
use crate::server::run::state::AppState;
use crate::text::errors;

/// Downloads of each kind by one user: three a day. Each reads all follows.
static DOWNLOADS: Limit = Limit { name: "export", burst: 3, period_ms: 8 * 3_600_000 };

/// The page with the links.
const PAGE: &str = "/settings#your-data";

/// Everything, as one JSON document.
pub async fn json(State(state): State<AppState>, request: Request) -> Response {
    download(&state, &request.into_parts().0, Format::Json, "kith-export.json", "application/json").await
}

/// A list, as a CSV file with one header row (RFC 4180).
pub async fn csv(State(state): State<AppState>, Path(list): Path<String>, request: Request) -> Response {
    let (format, name) = match list.as_str() {
        "follows.csv" => (Format::Csv(Some(Side::Followees)), "follows.csv"),
        "followers.csv" => (Format::Csv(Some(Side::Followers)), "followers.csv"),
        "blocks.csv" => (Format::Csv(None), "blocks.csv"),
        "mutes.csv" => (Format::Csv(None), "mutes.csv"),
        _ => return ApiError::from(ErrorCode::NotFound).into_response(),
    };
    download(&state, &request.into_parts().0, format, name, "text/csv; charset=utf-8").await
}

async fn download(
    state: &AppState,
    parts: &Parts,
    format: Format,
    name: &'static str,
    content_type: &'static str,
) -> Response {
    match admit(state, parts, name).await {
        Ok(user) => {
            let headers = [
                (CONTENT_TYPE, HeaderValue::from_static(content_type)),
                (CONTENT_DISPOSITION, attachment(name)),
                // Otherwise, a proxy would collect the whole document.
                (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
            ];
            let pool = sqlx::PgPool::clone(&state.context.database);
            (headers, Body::from_stream(export::stream(pool, user.id, format))).into_response()
        }
        Err(response) => response,
    }
}

/// The response to an error: a person who follows the link sees a page.
fn reject(parts: &Parts, error: ApiError) -> Response {
    let page = match error.code {
        ErrorCode::Unauthenticated => "/auth/resume",
        ErrorCode::ReauthenticationRequired => "/reauthenticate",
        _ => return error.into_response(),
    };
    if accepts_html(&parts.headers) {
        Redirect::to(&with_next(page, PAGE)).into_response()
    } else {
        error.into_response()
    }
}

async fn admit(state: &AppState, parts: &Parts, name: &str) -> Result<CallingUser, Response> {
    let context = &state.context;
    let reject = |error| reject(parts, error);
    let user = match caller::of(context, parts).await.map_err(reject)? {
        Some(Caller::User(user)) => user,
        Some(Caller::Service) => return Err(reject(ApiError::new(ErrorCode::Forbidden, errors::FOR_USERS))),
        None => return Err(reject(ErrorCode::Unauthenticated.into())),
    };
    if !is_fresh(user) {
        return Err(reject(ErrorCode::ReauthenticationRequired.into()));
    }
    if parts.method == Method::HEAD {
        return Ok(user);
    }
    let bucket = Bucket::new(&DOWNLOADS, format!("{}\0{name}", user.id));
    let decision = context.rate_limits.take(&[bucket]).await.map_err(reject)?;
    if !decision.allowed {
        let seconds = decision.tightest().and_then(|quota| quota.retry_after_seconds).unwrap_or(1);
        metrics::counter!("rate_limited_total", "limit" => DOWNLOADS.name).increment(1);
        let error = ApiError::new(ErrorCode::RateLimited, errors::try_again_in(seconds));
        return Err(([(RETRY_AFTER, HeaderValue::from(seconds))], error).into_response());
    }
    export::record(&context.database, user, &origin::origin_of(parts)).await.map_err(reject)?;
    Ok(user)
}

fn attachment(name: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("attachment; filename=\"{name}\""))
        .unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}
