//! Where the outcome of a plain form waits for its page: a row of `users.flashes`, whose id is in a cookie.

use cookie::time::Duration;
use cookie::{Cookie, SameSite};
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use sqlx::types::Json;

use crate::base::database::Database;
use crate::base::random;
use crate::base::random::sha256;
use crate::base::sweep::ExpiringRows;
use crate::model::error::{ApiError, ErrorCode};
use crate::rest::form::Flash;

/// Only this host can have set it, over a secure connection (RFC 6265bis, section 4.1.3.2).
const NAME: &str = "__Host-flash";
/// How long an outcome waits for its page, which the browser asks for at once.
const MINUTES: i32 = 10;

/// Outcomes that no page has taken.
pub const EXPIRED: ExpiringRows = ExpiringRows {
    name: "outcomes of forms",
    select: "SELECT expires_at, id_hash FROM users.flashes
             WHERE expires_at < now() AND (expires_at, id_hash) > ($1, $2) AND $4 = 0
             ORDER BY expires_at, id_hash LIMIT $3",
    delete: "DELETE FROM users.flashes WHERE id_hash IN (
                 SELECT id_hash FROM users.flashes
                 WHERE id_hash = ANY($1) AND expires_at < now() AND $2 = 0 FOR UPDATE SKIP LOCKED)",
    days: 0,
    before: None,
};

/// The outcomes that wait.
#[derive(Clone, Debug)]
pub struct Flashes(Database);

impl Flashes {
    pub const fn new(database: Database) -> Self {
        Self(database)
    }

    /// Keeps `flash`; returns the value of `Set-Cookie` that leads to it.
    ///
    /// # Errors
    /// Faults of the database; `INTERNAL` when the operating system gives no randomness.
    pub async fn store(&self, flash: &Flash) -> Result<HeaderValue, ApiError> {
        let id = random::secret()?;
        let keep = || {
            let statement = "INSERT INTO users.flashes (id_hash, data, expires_at)
                             VALUES ($1, $2, now() + make_interval(mins => $3))";
            sqlx::query(statement).bind(sha256(&id)).bind(Json(flash)).bind(MINUTES).execute(&*self.0)
        };
        self.0.write(keep).await?;
        set_cookie(random::encode(&id), Duration::minutes(MINUTES.into()))
    }

    /// Takes the outcome that waits for the page with these request headers, if any. It is there once.
    pub async fn take(&self, headers: &HeaderMap) -> Result<Option<Flash>, ApiError> {
        let Some(id) = id(headers) else { return Ok(None) };
        let take = || {
            let statement = "DELETE FROM users.flashes WHERE id_hash = $1 AND expires_at > now() RETURNING data";
            sqlx::query_scalar(statement).bind(sha256(&id)).fetch_optional(&*self.0)
        };
        let flash: Option<Json<Flash>> = self.0.write(take).await?;
        Ok(flash.map(|Json(flash)| flash))
    }
}

/// Whether a request brings the cookie, which its answer removes then.
pub fn is_named(headers: &HeaderMap) -> bool {
    value(headers).is_some()
}

/// The value of `Set-Cookie` that removes the cookie.
///
/// # Errors
/// Never in fact: its text is fixed.
pub fn removal() -> Result<HeaderValue, ApiError> {
    set_cookie(String::new(), Duration::ZERO)
}

fn set_cookie(value: String, max_age: Duration) -> Result<HeaderValue, ApiError> {
    let cookie = Cookie::build((NAME, value)).path("/").http_only(true).secure(true).same_site(SameSite::Lax);
    HeaderValue::from_str(&cookie.max_age(max_age).to_string()).map_err(|_| ErrorCode::Internal.into())
}

fn value(headers: &HeaderMap) -> Option<String> {
    let headers = headers.get_all(COOKIE).into_iter().filter_map(|header| header.to_str().ok());
    let mut cookies = headers.flat_map(Cookie::split_parse).filter_map(Result::ok);
    cookies.find(|cookie| cookie.name() == NAME).map(|cookie| cookie.value().to_owned())
}

fn id(headers: &HeaderMap) -> Option<random::Secret> {
    random::decode(&value(headers)?)
}
