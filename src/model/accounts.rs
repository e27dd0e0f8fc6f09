//! The wire format of accounts.

use serde::{Deserialize, Serialize};

use super::id::UserId;
use super::profiles::Profile;
use super::timestamp::Timestamp;

/// The response to a registration (USER-BE-001.1-S1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredUser {
    pub id: UserId,
    pub username: String,
    pub email: String,
    pub created_at: Timestamp,
}

/// The caller's own profile (USER-BE-003.1-S1), with the email address, which no other user sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    #[serde(flatten)]
    pub profile: Profile,
    pub email: String,
}
