//! Redirects from the pages of a former username.

use crate::model::graph::SeenProfile;

/// Returns whether the user was found under a former username. Usernames are equal in any letter case.
#[must_use]
pub fn is_former(username: &str, found: &SeenProfile) -> bool {
    !found.profile.username.eq_ignore_ascii_case(username)
}

/// Responds with a redirect (302) to `path` in place of this page.
#[cfg(feature = "ssr")]
pub fn redirect(path: &str) {
    crate::api::request::page_status::redirect(path);
}

/// Opens `path` in place of this page, without an entry in the history.
#[cfg(feature = "hydrate")]
pub fn redirect(path: &str) {
    drop(leptos::prelude::window().location().replace(path));
}
