//! Type-erased views on the server: the framework's `AnyView`.

use leptos::prelude::*;

/// A view of any type.
pub type Erased = AnyView;

/// Elements that only the server adds to the head of the document. None of them may be optional: an empty view has a
/// placeholder in the body, and the browser expects one.
pub fn head_only<V: IntoView>(elements: impl FnOnce() -> V) -> (V, ()) {
    (elements(), ())
}

pub(super) fn erase(view: impl IntoView) -> Erased {
    view.into_any()
}
