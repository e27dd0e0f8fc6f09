//! The wire format of the follow graph.

use serde::{Deserialize, Serialize};

use super::id::UserId;
use super::profiles::{Profile, PublicUser};
use super::timestamp::Timestamp;

/// Default number of users on a page of a list.
pub const PAGE_SIZE: u32 = 20;
/// Page numbers reach this many users. Beyond, each page would scan the index up to it, so only cursors lead on.
pub const NUMBERED_MAX: u32 = 10_000;

/// The response to a follow (USER-BE-004.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Follow {
    pub follower_id: UserId,
    pub followee_id: UserId,
    pub state: FollowState,
}

/// What a follow has led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FollowState {
    Following,
    /// A private user has been asked.
    Requested,
}

/// The response to a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    pub blocker_id: UserId,
    pub blocked_id: UserId,
}

/// The response to a mute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mute {
    pub muter_id: UserId,
    pub muted_id: UserId,
    /// Null if the mute does not expire.
    pub expires_at: Option<Timestamp>,
}

/// The relation between a user and the viewer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a relation of its own")]
pub struct Relation {
    /// The viewer follows the user.
    pub following: bool,
    /// The user follows the viewer.
    pub followed_by: bool,
    /// The viewer has asked to follow the user, who has not accepted.
    #[serde(default)]
    pub requested: bool,
    /// The viewer blocks the user.
    #[serde(default)]
    pub blocking: bool,
    /// The viewer mutes the user.
    #[serde(default)]
    pub muting: bool,
}

/// How the caller and a user relate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relationship {
    pub id: UserId,
    /// Whether there is such a user for the caller.
    pub found: bool,
    #[serde(flatten)]
    pub relation: Relation,
    /// The user has asked to follow the caller.
    pub requested_by: bool,
    /// When the mute ends. Null if there is none, or it does not end.
    pub muting_expires_at: Option<Timestamp>,
    /// The user blocks the caller. Only other services learn it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub blocked_by: Option<bool>,
}

/// Relationships in the order of the requested ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relationships {
    pub items: Vec<Relationship>,
}

/// The followers of a user that the caller follows, too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FamiliarFollowers {
    /// The first of them.
    pub items: Vec<Person>,
    pub total: i64,
}

/// One side of a user's follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Followers,
    Followees,
}

/// A profile, and the relation between its user and the viewer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "FlatProfile")]
pub struct SeenProfile {
    #[serde(flatten)]
    pub profile: Profile,
    /// Whether following needs the consent of the user.
    pub private: bool,
    /// Missing if the caller is a visitor or a service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub viewer: Option<Relation>,
}

/// A user in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "FlatPerson")]
pub struct Person {
    #[serde(flatten)]
    pub user: PublicUser,
    /// Whether following needs the consent of the user.
    pub private: bool,
    /// Missing if the caller is a service, which cannot follow users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub viewer: Option<Relation>,
}

/// A page of a list, newest first (USER-STORY-005).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct People {
    pub items: Vec<Person>,
    /// From 1. Null if the page was requested by cursor.
    pub page: Option<u32>,
    pub page_size: u32,
    pub has_next: bool,
    /// The cursor of the next page. Null on the last page.
    pub next_cursor: Option<String>,
}

/// A page of the people that a search finds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    pub items: Vec<Person>,
    /// The cursor of the next page. Null on the last page.
    pub next_cursor: Option<String>,
}

/// The first people that a search finds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggested {
    pub items: Vec<Person>,
}

/// A user who is followed by users that the caller follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "FlatSuggestion")]
pub struct Suggestion {
    #[serde(flatten)]
    pub person: Person,
    /// The number of those users. If the caller follows very many, only the newest are counted.
    pub mutual_count: i64,
}

/// The contents of `/timeline`, at most a dozen users per section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// Users that the caller follows, newest first.
    pub following: Vec<Person>,
    /// Users that follow the caller, newest first.
    pub new_followers: Vec<Person>,
    /// Users that the caller might follow, the highest mutual count first.
    pub suggestions: Vec<Suggestion>,
    /// How many users have asked to follow the caller, up to 100.
    pub follow_requests: i64,
}

// The same types as the browser reads them: without the buffering that `flatten` needs, its files are smaller.

#[derive(Deserialize)]
struct FlatProfile {
    id: UserId,
    username: String,
    display_name: Option<String>,
    bio: Option<String>,
    avatar_url: Option<String>,
    created_at: Timestamp,
    follower_count: i64,
    followee_count: i64,
    private: bool,
    #[serde(default)]
    viewer: Option<Relation>,
}

impl From<FlatProfile> for SeenProfile {
    fn from(flat: FlatProfile) -> Self {
        let FlatProfile {
            id,
            username,
            display_name,
            bio,
            avatar_url,
            created_at,
            follower_count,
            followee_count,
            private,
            viewer,
        } = flat;
        let profile =
            Profile { id, username, display_name, bio, avatar_url, created_at, follower_count, followee_count };
        Self { profile, private, viewer }
    }
}

#[derive(Deserialize)]
struct FlatPerson {
    id: UserId,
    username: String,
    display_name: Option<String>,
    avatar_url: Option<String>,
    private: bool,
    #[serde(default)]
    viewer: Option<Relation>,
}

impl From<FlatPerson> for Person {
    fn from(FlatPerson { id, username, display_name, avatar_url, private, viewer }: FlatPerson) -> Self {
        Self { user: PublicUser { id, username, display_name, avatar_url }, private, viewer }
    }
}

#[derive(Deserialize)]
struct FlatSuggestion {
    id: UserId,
    username: String,
    display_name: Option<String>,
    avatar_url: Option<String>,
    private: bool,
    #[serde(default)]
    viewer: Option<Relation>,
    mutual_count: i64,
}

impl From<FlatSuggestion> for Suggestion {
    fn from(flat: FlatSuggestion) -> Self {
        let FlatSuggestion { id, username, display_name, avatar_url, private, viewer, mutual_count } = flat;
        Self { person: FlatPerson { id, username, display_name, avatar_url, private, viewer }.into(), mutual_count }
    }
}
