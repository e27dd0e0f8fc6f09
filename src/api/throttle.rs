//! Rate limits at the operations: who asks, and what they are told.

use http::header::RETRY_AFTER;
use http::request::Parts;
use http::{HeaderName, HeaderValue};
use leptos::prelude::expect_context;
use leptos_axum::ResponseOptions;

use super::cookies;
use crate::domain::outcome::Attempt;
use crate::domain::rate_limit::{Limit, Quota};
use crate::domain::sign_in_limits::{self, Admission};
use crate::rest::error::{ApiError, ErrorCode};
use crate::server::client_address::ClientAddress;
use crate::server::state::AppState;

/// New accounts: a school may register at once, a robot runs dry.
pub static REGISTER: Limit = Limit { name: "register", burst: 300, period_seconds: 60 };
/// Verification mails; beside this, an account is sent at most one a minute.
pub static RESEND: Limit = Limit { name: "resend", burst: 20, period_seconds: 60 };
/// Refreshes: every open page asks for one in a quarter of an hour.
pub static REFRESH: Limit = Limit { name: "refresh", burst: 300, period_seconds: 1 };
/// Pictures, each of which costs as much computing as a sign-in.
pub static AVATAR: Limit = Limit { name: "avatar", burst: 30, period_seconds: 20 };

/// Counts this request against `limit`, by the place it comes from.
///
/// # Errors
/// `RATE_LIMITED`, with headers that say until when.
pub async fn throttle(limit: &'static Limit) -> Result<(), ApiError> {
    let quota = expect_context::<AppState>().rate_limits.take(limit, &place()?).await?;
    quota.map_or(Ok(()), answer)
}

/// Counts this request as a try to sign in as `email`.
///
/// # Errors
/// `RATE_LIMITED`, with headers that say until when.
pub async fn throttle_sign_in(email: &str) -> Result<Admission, ApiError> {
    let AppState { rate_limits, devices, .. } = expect_context();
    let device = cookies::device().and_then(|cookie| devices.recognise(&cookie, email));
    let admission = sign_in_limits::admit(&rate_limits, email, &place()?, device.as_deref()).await?;
    admission.quota.map_or(Ok(()), answer).inspect_err(|_| Attempt::SignIn.came_to("rate_limited", None))?;
    Ok(admission)
}

fn place() -> Result<String, ApiError> {
    let address = expect_context::<Parts>().extensions.get::<ClientAddress>().copied();
    address.map(ClientAddress::place).ok_or_else(|| {
        tracing::error!("the router notes no client address");
        ErrorCode::Internal.into()
    })
}

/// `RateLimit-*` as in draft-ietf-httpapi-ratelimit-headers-07, which clients know, and
/// `Retry-After` (RFC 9110, section 10.2.3).
fn answer(quota: Quota) -> Result<(), ApiError> {
    let response: ResponseOptions = expect_context();
    let set = |name, value: u32| response.insert_header(name, HeaderValue::from(value));
    set(HeaderName::from_static("ratelimit-limit"), quota.limit.burst);
    set(HeaderName::from_static("ratelimit-remaining"), quota.remaining);
    set(HeaderName::from_static("ratelimit-reset"), quota.reset_seconds);
    let Some(seconds) = quota.retry_after_seconds else { return Ok(()) };
    set(RETRY_AFTER, seconds);
    metrics::counter!("rate_limited_total", "limit" => quota.limit.name).increment(1);
    tracing::warn!(limit = quota.limit.name, retry_after_seconds = seconds, "rate limited");
    let (number, unit) = if seconds < 120 { (seconds, "second") } else { (seconds.div_ceil(60), "minute") };
    let plural = if number == 1 { "" } else { "s" };
    Err(ApiError::new(ErrorCode::RateLimited, format!("Too many attempts. Try again in {number} {unit}{plural}")))
}
