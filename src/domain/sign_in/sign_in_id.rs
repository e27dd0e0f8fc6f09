//! How a sign-in is found: by its ID and its user's.

use uuid::Uuid;

/// A sign-in and the user that it belongs to. Every statement about it names both, so that a database that is
/// distributed by user asks a single shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SignInId {
    pub user: Uuid,
    pub id: Uuid,
}
