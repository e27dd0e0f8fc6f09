//! The responses to signing in and out.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::timestamp::Timestamp;

/// The empty response to a sign-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedOut;

/// Lifetime of an access token, in seconds.
pub const ACCESS_TOKEN_SECONDS: u32 = 900;

/// The response to a sign-in or a refresh (USER-BE-002.1-S1). It does not contain the refresh token, which is only sent
/// in an `HttpOnly` cookie.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessToken {
    /// RS256 JWT for `Authorization: Bearer`.
    pub access_token: String,
    /// Always `bearer`.
    pub token_type: String,
    /// Seconds until it expires.
    pub expires_in: u32,
}

impl AccessToken {
    /// Wraps a signed JWT.
    #[must_use]
    pub fn bearer(access_token: String) -> Self {
        Self { access_token, token_type: "bearer".to_owned(), expires_in: ACCESS_TOKEN_SECONDS }
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}

/// The caller's active sessions, the current one first, then the one used last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sessions {
    pub items: Vec<SessionItem>,
}

/// A session: a sign-in in one browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionItem {
    /// The `sid` claim of its access tokens.
    pub id: Uuid,
    /// Whether the request was sent in this session.
    pub current: bool,
    pub created_at: Timestamp,
    /// Pages record their use at most every five minutes, other clients when they refresh.
    pub last_seen_at: Timestamp,
    /// The address of its last use.
    pub ip: Option<String>,
    pub client: ClientName,
}

/// What a session's browser says about itself, such as “Firefox” and “Windows”. Null if it is not recognized.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientName {
    pub browser: Option<String>,
    pub system: Option<String>,
}
