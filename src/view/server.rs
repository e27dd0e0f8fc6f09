//! Type-erased views on the server: the framework's `AnyView`.

use leptos::prelude::*;

/// A view of any type.
pub type Erased = AnyView;

pub(super) fn erase(view: impl IntoView) -> Erased {
    view.into_any()
}
