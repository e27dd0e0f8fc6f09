//! Rate limits of the operations, and the headers that report them.

use futures::future::BoxFuture;
use http::header::RETRY_AFTER;
use http::request::Parts;
use http::{HeaderName, HeaderValue};
use leptos::prelude::expect_context;
use leptos_axum::ResponseOptions;

use super::context::context;
use super::cookies;
use crate::base::rate_limit::{Bucket, Limit, NetworkLimits, Quota, by_network};
use crate::domain::audit::attempts::{self, Attempt, Outcome};
use crate::domain::sign_in::credentials;
use crate::domain::sign_in::limits;
use crate::domain::sign_in::limits::Admission;
use crate::model::email::TypedEmail;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::id::UserId;
use crate::rest::server::request::ClientAddress;
use crate::text::error_responses;

/// New accounts: enough for a whole school at once, but not for a bot.
pub static REGISTER: NetworkLimits = by_network("register", 300, 60_000);
/// Questions whether a username is available: one for each that is typed.
pub static AVAILABILITY: NetworkLimits = by_network("username availability", 120, 1_000);
/// Mails that anyone can have sent to an address. Each account also has its own, longer interval between mails.
pub static MAIL: NetworkLimits = by_network("mail", 20, 60_000);
/// Refreshes: every open page sends one each quarter of an hour.
pub static REFRESH: NetworkLimits = by_network("refresh", 300, 1_000);
/// Picture uploads of one account. Each takes as much computing as a sign-in.
pub static AVATAR: Limit = Limit { name: "avatar", burst: 30, period_ms: 20_000 };
/// Requests of one account to follow, repeated ones included.
static FOLLOW: Limit = Limit { name: "follow", burst: 1_000, period_ms: 10_000 };
/// New follows of one account: 400 a day.
static NEW_FOLLOW: Limit = Limit { name: "new follow", burst: 400, period_ms: 216_000 };
/// Blocks and mutes of one account. Each adds two rows.
pub static BLOCK: Limit = Limit { name: "block", burst: 1_000, period_ms: 10_000 };
/// Searches of one account: 30 a minute. What it finds is no list of everyone.
pub static SEARCH: Limit = Limit { name: "search", burst: 30, period_ms: 2_000 };
/// The same while a text is typed, with every pause.
pub static TYPEAHEAD: Limit = Limit { name: "typeahead", burst: 120, period_ms: 1_000 };
/// Reports of one account: 20, then one in three minutes. People read them.
pub static REPORT: Limit = Limit { name: "report", burst: 20, period_ms: 180_000 };

/// Requests of one account to change its address. Each sends a mail to an address of the caller's choice.
pub static EMAIL_CHANGE: Limit = Limit { name: "email change", burst: 10, period_ms: 3_600_000 };
/// Requests for a link that resets a password: 20, then one in three minutes. Each address also has its own limit.
pub static RESET: NetworkLimits = by_network("reset", 20, 180_000);
/// Proofs of identity, and requests to end sessions, of one account. Each adds a row to the audit log.
pub static SESSION: Limit = Limit { name: "session", burst: 60, period_ms: 60_000 };
/// Deletions of one account, each of which can be taken back. Each moves all its follows.
pub static DELETION: Limit = Limit { name: "account deletion", burst: 10, period_ms: 3_600_000 };
/// Changes of one account's username, rejected ones included.
pub static USERNAME: Limit = Limit { name: "username change", burst: 30, period_ms: 60_000 };

/// Plain HTML form posts: the outcome of each is stored in the database.
pub static FORM: NetworkLimits = by_network("form", 120, 2_000);

/// Counts this request against `limits`, by the networks of the client.
///
/// # Errors
/// `RATE_LIMITED`, with headers that say when to retry.
pub async fn throttle(limits: &'static NetworkLimits) -> Result<(), ApiError> {
    take(&Bucket::of_networks(limits, &networks()?, "")).await
}

/// Counts this request against `limits` like [`throttle`], and returns whether it is allowed, for responses that must
/// not depend on it.
pub async fn is_within(limits: &'static NetworkLimits) -> Result<bool, ApiError> {
    let decision = context().rate_limits.take(&Bucket::of_networks(limits, &networks()?, "")).await?;
    if let Some(quota) = decision.tightest().filter(|_| !decision.allowed) {
        count_rejection(quota);
    }
    Ok(decision.allowed)
}

/// Counts this request of `user` against `limit`, from any network.
///
/// # Errors
/// `RATE_LIMITED`, with headers that say when to retry.
pub async fn throttle_user(limit: &'static Limit, user: UserId) -> Result<(), ApiError> {
    take(&[Bucket::new(limit, user.0.to_string())]).await
}

/// Counts this request of `user` to follow someone.
///
/// # Errors
/// `RATE_LIMITED`, with headers that say when to retry.
pub async fn throttle_follow(user: UserId) -> Result<(), ApiError> {
    take(&[&FOLLOW, &NEW_FOLLOW].map(|limit| Bucket::new(limit, user.0.to_string()))).await
}

/// Counts the request as one that has changed nothing.
pub async fn repeated_follow(user: UserId) -> Result<(), ApiError> {
    context().rate_limits.refund(&[Bucket::new(&NEW_FOLLOW, user.0.to_string())]).await
}

async fn take(buckets: &[Bucket]) -> Result<(), ApiError> {
    let decision = context().rate_limits.take(buckets).await?;
    report_quota(decision.allowed, decision.tightest())
}

/// Counts this request as an attempt to sign in as `email`.
///
/// # Errors
/// `RATE_LIMITED`, with headers that say when to retry.
pub async fn throttle_sign_in(email: &TypedEmail) -> Result<Admission, ApiError> {
    let context = context();
    let email = email.folded();
    let device = known_device(&email).await?;
    let admission = limits::admit(&context.rate_limits, &email, &networks()?, device.as_deref()).await?;
    report_quota(admission.is_admitted, admission.quota)
        .inspect_err(|_| attempts::record(Attempt::SignIn, Outcome::RateLimited, None))?;
    Ok(admission)
}

/// Returns the device of this request if `email` has signed in on it since its password last changed. Before
/// that, it may have been used by someone else who knew the password.
async fn known_device(email: &str) -> Result<Option<String>, ApiError> {
    let context = context();
    let recognized = cookies::devices().iter().find_map(|cookie| context.devices.recognize(cookie, email));
    let Some(device) = recognized else { return Ok(None) };
    let changed_at = credentials::password_changed_at(&context.database, email).await?;
    // The cookie's time has no fraction.
    let is_current =
        changed_at.is_none_or(|changed_at| changed_at.unix_timestamp() <= device.signed_in_at.unix_timestamp());
    Ok(is_current.then_some(device.id))
}

/// Counts a plain HTML form post, for [`FormThrottle`](crate::rest::server::form_post::FormThrottle).
pub fn form() -> BoxFuture<'static, Result<(), ApiError>> {
    Box::pin(throttle(&FORM))
}

fn networks() -> Result<Vec<String>, ApiError> {
    let address = expect_context::<Parts>().extensions.get::<ClientAddress>().copied();
    address.map(ClientAddress::networks).ok_or_else(|| {
        tracing::error!("the client address layer is missing");
        ErrorCode::Internal.into()
    })
}

/// Sets `RateLimit-*` as in draft-ietf-httpapi-ratelimit-headers-07, which clients support. Rejects a request that is
/// not admitted with `RATE_LIMITED` and `Retry-After` (RFC 9110, section 10.2.3).
fn report_quota(is_admitted: bool, quota: Option<Quota>) -> Result<(), ApiError> {
    let Some(quota) = quota else { return Ok(()) };
    let response: ResponseOptions = expect_context();
    let set = |name, value: u32| response.insert_header(name, HeaderValue::from(value));
    set(HeaderName::from_static("ratelimit-limit"), quota.limit.burst);
    set(HeaderName::from_static("ratelimit-remaining"), quota.remaining);
    set(HeaderName::from_static("ratelimit-reset"), quota.reset_seconds);
    if is_admitted {
        return Ok(());
    }
    let seconds = quota.retry_after_seconds.unwrap_or(1);
    set_retry_after(seconds);
    count_rejection(quota);
    Err(ApiError::new(ErrorCode::RateLimited, error_responses::try_again_in(seconds)))
}

fn count_rejection(quota: Quota) {
    metrics::counter!("rate_limited_total", "limit" => quota.limit.name).increment(1);
    tracing::warn!(limit = quota.limit.name, retry_after_seconds = quota.retry_after_seconds, "rate limited");
}

/// Sets `Retry-After` in the response (RFC 9110, section 10.2.3).
pub fn set_retry_after(seconds: u32) {
    expect_context::<ResponseOptions>().insert_header(RETRY_AFTER, HeaderValue::from(seconds));
}
