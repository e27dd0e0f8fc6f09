//! Accounts, as the wire shows them.

use serde::{Deserialize, Serialize};

use super::id::UserId;
use super::profiles::Profile;
use super::timestamp::Timestamp;

/// The answer to a registration (USER-BE-001.1-S1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredUser {
    pub id: UserId,
    pub username: String,
    pub email: String,
    pub created_at: Timestamp,
}

/// The caller's own profile (USER-BE-003.1-S1), with the address that only they may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    #[serde(flatten)]
    pub profile: Profile,
    pub email: String,
}
