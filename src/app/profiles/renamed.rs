//! Redirects from the pages of a former username.

use crate::model::graph::SeenProfile;

/// Returns whether the user was found under a former username. Usernames are equal in any letter case.
#[must_use]
pub fn is_former(username: &str, found: &SeenProfile) -> bool {
    !found.profile.username.eq_ignore_ascii_case(username)
}
