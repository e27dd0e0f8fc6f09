//! Parts of views that are compiled once, instead of once for every closure or type: so pages weigh
//! little in the browser.

use leptos::prelude::*;

mod boxed;
#[cfg(feature = "hydrate")]
mod browser;
#[cfg(feature = "ssr")]
mod server;
mod slot;

pub use boxed::{condition, effect, handler, reactive, spawn};
#[cfg(feature = "hydrate")]
use browser as half;
pub use half::Erased;
#[cfg(feature = "ssr")]
use server as half;
pub use slot::Slot;

/// Takes the place of the framework's `into_any`.
pub trait Erase: IntoView + 'static {
    /// The view, without its type.
    fn erase(self) -> Erased {
        half::erase(self)
    }
}

impl<V: IntoView + 'static> Erase for V {}
