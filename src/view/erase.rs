//! Erases the types of views.

use leptos::prelude::*;

use super::erased;
pub use super::erased::Erased;

/// Replaces the framework's `into_any`.
pub trait Erase: IntoView + 'static {
    /// Erases the type of the view.
    fn erase(self) -> Erased {
        erased::erase(self)
    }
}

impl<V: IntoView + 'static> Erase for V {}
