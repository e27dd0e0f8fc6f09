//! Who follows whom, as the wire shows it.

use serde::{Deserialize, Serialize};

use super::id::UserId;
use super::profiles::{Profile, PublicUser};

/// The answer to a follow (USER-BE-004.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Follow {
    pub follower_id: UserId,
    pub followee_id: UserId,
}

/// How somebody and the one who looks at them stand to each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relation {
    /// The viewer follows them.
    pub following: bool,
    /// They follow the viewer.
    pub followed_by: bool,
}

/// Which side of somebody's follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Followers,
    Followees,
}

/// A profile, and how its person and the one who looks at it stand to each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenProfile {
    #[serde(flatten)]
    pub profile: Profile,
    /// Missing where nobody is signed in, or a service asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub viewer: Option<Relation>,
}

/// Somebody in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    #[serde(flatten)]
    pub user: PublicUser,
    /// Missing where a service asks, which follows nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub viewer: Option<Relation>,
}

/// A page of a list, newest first (USER-STORY-005).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct People {
    pub items: Vec<Person>,
    /// From 1; null where the page was asked for by cursor.
    pub page: Option<u32>,
    pub page_size: u32,
    pub has_next: bool,
    /// Asks for what follows; null at the end.
    pub next_cursor: Option<String>,
}

/// Somebody whom people follow that the caller follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    #[serde(flatten)]
    pub person: Person,
    /// How many of them; where the caller follows very many, of the newest.
    pub mutual_count: i64,
}

/// What a user finds at `/timeline`, a dozen of each at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// Whom they follow, newest first.
    pub following: Vec<Person>,
    /// Who follows them, newest first.
    pub new_followers: Vec<Person>,
    /// Whom they might follow, most mutual first.
    pub suggestions: Vec<Suggestion>,
}
