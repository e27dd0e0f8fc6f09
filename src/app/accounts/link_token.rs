//! The token of an emailed link.

use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_query_map};

use crate::view::effect;

/// Returns the token in the query of this page, if any. The browser then removes it from the address bar and the
/// history, where the next user of the device could find it.
pub fn take_token() -> Option<String> {
    let token = use_query_map().with_untracked(|query| query.get("token")).filter(|token| !token.is_empty())?;
    let path = use_location().pathname.get_untracked();
    effect(move || {
        if let Ok(history) = window().history() {
            let state = history.state().unwrap_or_default();
            drop(history.replace_state_with_url(&state, "", Some(&path)));
        }
    });
    Some(token)
}
