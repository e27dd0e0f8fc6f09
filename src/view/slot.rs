//! The children of a component.

use leptos::children::{ChildrenOptContainer, ToChildren};
use leptos::prelude::*;

use super::erase::{Erase, Erased};

/// Children of a component, like the framework's `Children` but erased by [`Erase`].
pub struct Slot(Box<dyn FnOnce() -> Erased + Send>);

impl Slot {
    #[must_use]
    pub fn show(self) -> Erased {
        (self.0)()
    }
}

impl<F, V> ToChildren<F> for Slot
where
    F: FnOnce() -> V + Send + 'static,
    V: IntoView + 'static,
{
    fn to_children(view: F) -> Self {
        Self(Box::new(move || view().erase()))
    }
}

impl<V> ToChildren<ChildrenOptContainer<V>> for Slot
where
    V: IntoView + 'static,
{
    fn to_children(view: ChildrenOptContainer<V>) -> Self {
        Self(Box::new(move || view.0.erase()))
    }
}
