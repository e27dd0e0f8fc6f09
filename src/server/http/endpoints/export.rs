//! `GET /users/me/export` and `GET /users/me/export/{list}`: downloads of everything about the caller. Not operations,
//! whose responses are whole values: these are streamed.

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, RETRY_AFTER, SET_COOKIE};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method};

use super::resume::with_next;
use crate::api::request::caller::{self, Caller};
use crate::api::request::origin;
use crate::base::database::pool::Pool;
use crate::base::rate_limit::{Bucket, Limit};
use crate::domain::accounts::export::{self, Format, Users};
use crate::domain::sign_in::calling_user;
use crate::domain::sign_in::calling_user::CallingUser;
use crate::domain::sign_in::reauthentication::is_fresh;
use crate::model::error::{ApiError, ErrorCode};
use crate::rest::form::{Fields, Flash};
use crate::rest::server::media_type::accepts_html;
use crate::server::http::layers::same_origin::is_same_origin;
use crate::server::run::state::AppState;
use crate::text::error_responses;

/// Downloads of each file by one user: three a day. Each reads all follows.
static DOWNLOADS: Limit = Limit { name: "export", burst: 3, period_ms: 24 * 3_600_000 };

/// The page with the links.
const PAGE: &str = "/settings#your-data";
/// The operation whose outcome the page shows, for all files.
const OPERATION: &str = "GET /users/me/export";

/// Everything, as one JSON document.
pub async fn json(State(state): State<AppState>, request: Request) -> Response {
    download(&state, &request.into_parts().0, Format::Json, "kith-export.json", "application/json").await
}

/// A list, as a CSV file with one header row (RFC 4180).
pub async fn csv(State(state): State<AppState>, Path(list): Path<String>, request: Request) -> Response {
    let (format, name) = match list.as_str() {
        "follows.csv" => (Format::Csv(Users::Follows), "follows.csv"),
        "followers.csv" => (Format::Csv(Users::Followers), "followers.csv"),
        "blocks.csv" => (Format::Csv(Users::Blocks), "blocks.csv"),
        "mutes.csv" => (Format::Csv(Users::Mutes), "mutes.csv"),
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
            let pool = Pool::clone(&state.context.database);
            (headers, Body::from_stream(export::stream(pool, user, format))).into_response()
        }
        Err(rejection) => rejection.respond(state, parts).await,
    }
}

/// Why there is no download.
struct Rejection {
    error: ApiError,
    /// In seconds.
    retry_after: Option<u32>,
}

impl From<ApiError> for Rejection {
    fn from(error: ApiError) -> Self {
        Self { error, retry_after: None }
    }
}

impl From<ErrorCode> for Rejection {
    fn from(code: ErrorCode) -> Self {
        ApiError::from(code).into()
    }
}

impl Rejection {
    /// Responds with the error or, to a person who followed the link, with a redirect to a page that helps.
    async fn respond(self, state: &AppState, parts: &Parts) -> Response {
        let Self { error, retry_after } = self;
        let mut response = if accepts_html(&parts.headers) {
            match error.code {
                ErrorCode::Unauthenticated => Redirect::to(&with_next("/auth/resume", PAGE)).into_response(),
                ErrorCode::ReauthenticationRequired => {
                    Redirect::to(&with_next("/reauthenticate", PAGE)).into_response()
                }
                _ => {
                    let flash = Flash { operation: OPERATION.to_owned(), error: Some(error), values: Fields::new() };
                    match state.flashes.store(&flash).await {
                        Ok(cookie) => ([(SET_COOKIE, cookie)], Redirect::to(PAGE)).into_response(),
                        Err(error) => error.into_response(),
                    }
                }
            }
        } else {
            error.into_response()
        };
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

async fn admit(state: &AppState, parts: &Parts, name: &str) -> Result<CallingUser, Rejection> {
    let context = &state.context;
    let user = match caller::of(context, parts).await? {
        Some(Caller::User(user)) => user,
        Some(Caller::Service) => return Err(ApiError::new(ErrorCode::Forbidden, error_responses::for_users()).into()),
        None => return Err(ErrorCode::Unauthenticated.into()),
    };
    // Unlike other GET requests, it uses up something.
    if caller::bearer(&parts.headers).is_none() && !is_same_origin(&parts.headers, &state.public_url) {
        return Err(ApiError::new(ErrorCode::Forbidden, error_responses::cross_site()).into());
    }
    if !is_fresh(&context.database, user) {
        return Err(ErrorCode::ReauthenticationRequired.into());
    }
    // Before the limit, which a sign-in that has ended must not use up.
    calling_user::find(&*context.database, user).await.map_err(ApiError::from)?;
    if parts.method == Method::HEAD {
        return Ok(user);
    }
    let bucket = Bucket::new(&DOWNLOADS, format!("{}\0{name}", user.id));
    let decision = context.rate_limits.take(&[bucket]).await?;
    if !decision.allowed {
        let seconds = decision.tightest().and_then(|quota| quota.retry_after_seconds).unwrap_or(1);
        metrics::counter!("rate_limited_total", "limit" => DOWNLOADS.name).increment(1);
        tracing::warn!(limit = DOWNLOADS.name, retry_after_seconds = seconds, "rate limited");
        let error = ApiError::new(ErrorCode::RateLimited, error_responses::try_again_in(seconds));
        return Err(Rejection { error, retry_after: Some(seconds) });
    }
    export::record(&context.database, user, &origin::origin_of(parts)).await?;
    Ok(user)
}

fn attachment(name: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("attachment; filename=\"{name}\""))
        .unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}
