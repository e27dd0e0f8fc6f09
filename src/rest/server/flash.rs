//! Stores the outcome of a plain HTML form post for the next page, in a row of `users.flashes`. A cookie has its id.

use cookie::time::Duration;
use cookie::{Cookie, SameSite};
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use sqlx::types::Json;

use crate::base::database::Database;
use crate::base::random;
use crate::base::random::sha256;
use crate::base::sweep::{ExpiringRows, rows_by_hash};
use crate::model::error::{ApiError, ErrorCode};
use crate::rest::form::Flash;

/// With this prefix, only this host can set it, over a secure connection (RFC 6265bis, section 4.1.3.2).
const FLASH: &str = "__Host-flash";
/// That of an outcome that the end of a session has caused. It stays until the user has signed in again, with what was
/// typed.
const UNSENT: &str = "__Host-unsent";
/// How long an outcome is kept, in minutes. The browser requests its page immediately.
const LIFETIME_MINUTES: i32 = 10;

/// Outcomes that no page has shown.
pub const EXPIRED: ExpiringRows = rows_by_hash!("form outcomes", "users.flashes");

/// The stored outcomes.
#[derive(Clone, Debug)]
pub struct Flashes(Database);

impl Flashes {
    pub const fn new(database: Database) -> Self {
        Self(database)
    }

    /// Stores `flash`. Returns the value of `Set-Cookie` that refers to it.
    pub async fn store(&self, flash: &Flash) -> Result<HeaderValue, ApiError> {
        let id = random::secret()?;
        let insert = || {
            let statement = "INSERT INTO users.flashes (id_hash, data, expires_at)
                             VALUES ($1, $2, now() + make_interval(mins => $3))";
            sqlx::query(statement).bind(sha256(&id)).bind(Json(flash)).bind(LIFETIME_MINUTES).execute(&*self.0)
        };
        self.0.write(insert).await?;
        let is_unsent = flash.error.as_ref().is_some_and(|error| error.code == ErrorCode::Unauthenticated);
        let name = if is_unsent { UNSENT } else { FLASH };
        set_cookie(name, random::encode(&id), Duration::minutes(LIFETIME_MINUTES.into()))
    }

    /// Deletes and returns the outcome that the cookie refers to, if any.
    pub async fn take(&self, cookie: &FlashCookie) -> Result<Option<Flash>, ApiError> {
        let Some(id) = random::decode(&cookie.value) else { return Ok(None) };
        let delete = || {
            let statement = "DELETE FROM users.flashes WHERE id_hash = $1 AND expires_at > now() RETURNING data";
            sqlx::query_scalar(statement).bind(sha256(&id)).fetch_optional(&*self.0)
        };
        let flash: Option<Json<Flash>> = self.0.write(delete).await?;
        Ok(flash.map(|Json(flash)| flash))
    }
}

/// The cookie that refers to an outcome.
pub struct FlashCookie {
    name: &'static str,
    value: String,
}

impl FlashCookie {
    /// Returns the cookie of the outcome that the requested page shows, if any. The response must remove it. With
    /// `unsent`, that may be one that the end of a session has caused.
    pub fn of(headers: &HeaderMap, unsent: bool) -> Option<Self> {
        let unsent = unsent.then(|| Self::find(headers, UNSENT)).flatten();
        unsent.or_else(|| Self::find(headers, FLASH))
    }

    fn find(headers: &HeaderMap, name: &'static str) -> Option<Self> {
        let headers = headers.get_all(COOKIE).into_iter().filter_map(|header| header.to_str().ok());
        let mut cookies = headers.flat_map(Cookie::split_parse).filter_map(Result::ok);
        let cookie = cookies.find(|cookie| cookie.name() == name)?;
        Some(Self { name, value: cookie.value().to_owned() })
    }

    /// Returns the value of `Set-Cookie` that removes the cookie.
    pub fn removal(&self) -> Result<HeaderValue, ApiError> {
        set_cookie(self.name, String::new(), Duration::ZERO)
    }
}

fn set_cookie(name: &'static str, value: String, max_age: Duration) -> Result<HeaderValue, ApiError> {
    let cookie = Cookie::build((name, value)).path("/").http_only(true).secure(true).same_site(SameSite::Lax);
    HeaderValue::from_str(&cookie.max_age(max_age).to_string()).map_err(|_| ErrorCode::Internal.into())
}
