//! Erased views on the server: the framework's own.

use leptos::prelude::*;

/// A view of whatever type.
pub type Erased = AnyView;

pub(super) fn erase(view: impl IntoView) -> Erased {
    view.into_any()
}
