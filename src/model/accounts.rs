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

/// Whether a username can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Availability {
    pub available: bool,
}

/// The caller's own profile (USER-BE-003.1-S1), with the email address, which no other user sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "FlatMe")]
pub struct Me {
    #[serde(flatten)]
    pub profile: Profile,
    pub email: String,
    pub email_verified: bool,
    /// The requested new address, until it is confirmed or the link to confirm it expires.
    pub pending_email: Option<String>,
    /// When the username can be changed next. Null if it can be changed now.
    pub username_changeable_at: Option<Timestamp>,
    /// When the account will be erased. Null unless its deletion was requested.
    pub deletes_at: Option<Timestamp>,
    #[serde(flatten)]
    pub privacy: Privacy,
}

/// What a user decides about their own visibility.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Privacy {
    /// Follows need the user's consent, and only followers see the lists of followers and followees.
    pub private: bool,
    /// Only the user sees these lists.
    pub hide_follows: bool,
    /// Search finds the user by parts of the names.
    pub discoverable: bool,
}

/// The fields of [`Me`] as the browser reads them: without the buffering that `flatten` needs, its main file is
/// smaller.
#[derive(Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "they are the fields of the response")]
struct FlatMe {
    id: UserId,
    username: String,
    display_name: Option<String>,
    bio: Option<String>,
    avatar_url: Option<String>,
    created_at: Timestamp,
    follower_count: i64,
    followee_count: i64,
    email: String,
    email_verified: bool,
    pending_email: Option<String>,
    username_changeable_at: Option<Timestamp>,
    deletes_at: Option<Timestamp>,
    private: bool,
    hide_follows: bool,
    discoverable: bool,
}

impl From<FlatMe> for Me {
    fn from(flat: FlatMe) -> Self {
        let FlatMe { id, username, display_name, bio, avatar_url, created_at, follower_count, followee_count, .. } =
            flat;
        Self {
            profile: Profile {
                id,
                username,
                display_name,
                bio,
                avatar_url,
                created_at,
                follower_count,
                followee_count,
            },
            email: flat.email,
            email_verified: flat.email_verified,
            pending_email: flat.pending_email,
            username_changeable_at: flat.username_changeable_at,
            deletes_at: flat.deletes_at,
            privacy: Privacy {
                private: flat.private,
                hide_follows: flat.hide_follows,
                discoverable: flat.discoverable,
            },
        }
    }
}

/// The address that is in force after a change, or after a change was undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailInForce {
    pub email: String,
}

/// The response to a request to delete the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingDeletion {
    /// When the account will be erased. Until then, signing in offers to keep it.
    pub deletes_at: Timestamp,
}
