//! Accounts as the wire shows them.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::id::UserId;

/// The answer to a registration (USER-BE-001.1-S1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredUser {
    pub id: UserId,
    pub username: String,
    pub email: String,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// The caller's own account (USER-BE-003.1-S1), with the address that only they may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    pub id: UserId,
    pub username: String,
    pub display_name: Option<String>,
    pub bio: Option<String>,
    pub avatar_url: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    pub email: String,
}

impl Me {
    /// The name to call them by: what they chose, else the username.
    #[must_use]
    pub fn name(&self) -> &str {
        self.display_name.as_deref().filter(|name| !name.is_empty()).unwrap_or(&self.username)
    }
}
