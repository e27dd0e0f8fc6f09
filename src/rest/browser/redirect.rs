//! A redirect in place of a page, in the browser.

use leptos::prelude::window;

/// Opens `path` in place of this page, without an entry in the history.
pub fn redirect(path: &str) {
    drop(window().location().replace(path));
}
