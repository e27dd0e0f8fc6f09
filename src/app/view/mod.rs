//! View code that is compiled once instead of once per closure or type, so that the browser build stays small.

use leptos::prelude::*;

mod boxed;
#[cfg(feature = "hydrate")]
mod browser;
#[cfg(feature = "ssr")]
mod server;
mod slot;

pub use boxed::{condition, effect, handler, reactive, spawn};
#[cfg(feature = "hydrate")]
use browser as platform;
pub use platform::Erased;
#[cfg(feature = "ssr")]
use server as platform;
pub use slot::Slot;

/// Replaces the framework's `into_any`.
pub trait Erase: IntoView + 'static {
    /// Erases the type of the view.
    fn erase(self) -> Erased {
        platform::erase(self)
    }
}

impl<V: IntoView + 'static> Erase for V {}
