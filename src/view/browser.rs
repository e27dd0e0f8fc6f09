//! Type-erased views in the browser. They do what the framework's `AnyView` does there, with a quarter of its code per
//! type. They do not support rendering to text, attributes from outside, or hydration that waits for parts of the page
//! to load: all chunks of a page are fetched before it is hydrated (`chunks`).

use std::any::{Any, TypeId};
use std::future::{Future, ready};

use leptos::attr::Attribute;
use leptos::attr::any_attribute::AnyAttribute;
use leptos::prelude::*;
use leptos::tachys::hydration::Cursor;
use leptos::tachys::renderer::Rndr;
use leptos::tachys::renderer::types::{Element, Node, Placeholder};
use leptos::tachys::view::add_attr::AddAnyAttr;
use leptos::tachys::view::{Mountable, Position, PositionState, Render, RenderHtml};

/// A view of any type.
pub struct Erased(Box<dyn View>);

/// Elements that only the server adds to the head of the document: the placeholder that follows them.
pub fn head_only<F>(_: F) {}

pub(super) fn erase(view: impl IntoView + 'static) -> Erased {
    Erased(Box::new(view))
}

/// The code that is compiled for each type.
trait View: Send {
    fn id(&self) -> TypeId;
    /// Returns whether the view has an element or text in the document.
    fn exists(&self) -> bool;
    fn build(self: Box<Self>) -> Box<dyn State>;
    /// `state` must belong to a view of this type.
    fn rebuild(self: Box<Self>, state: &mut dyn Any);
    fn hydrate(self: Box<Self>, cursor: &Cursor, position: &PositionState) -> Box<dyn State>;
}

impl<V: RenderHtml + 'static> View for V {
    fn id(&self) -> TypeId {
        TypeId::of::<V>()
    }

    fn exists(&self) -> bool {
        V::EXISTS
    }

    fn build(self: Box<Self>) -> Box<dyn State> {
        Box::new(Render::build(*self))
    }

    fn rebuild(self: Box<Self>, state: &mut dyn Any) {
        if let Some(state) = state.downcast_mut() {
            Render::rebuild(*self, state);
        }
    }

    fn hydrate(self: Box<Self>, cursor: &Cursor, position: &PositionState) -> Box<dyn State> {
        Box::new(RenderHtml::hydrate::<true>(*self, cursor, position))
    }
}

/// The state of a view in the document.
trait State: Mountable + Any {}

impl<S: Mountable + Any> State for S {}

/// The state of an [`Erased`] view in the document.
pub struct ErasedState {
    view: TypeId,
    state: Box<dyn State>,
    /// Marks the position of a view that has no node.
    placeholder: Option<Placeholder>,
}

impl Render for Erased {
    type State = ErasedState;

    fn build(self) -> ErasedState {
        let (view, exists) = (self.0.id(), self.0.exists());
        let state = self.0.build();
        ErasedState { view, state, placeholder: (!exists).then(Rndr::create_placeholder) }
    }

    fn rebuild(self, state: &mut ErasedState) {
        if self.0.id() == state.view {
            self.0.rebuild(&mut *state.state);
        } else {
            let mut new = self.build();
            state.insert_before_this(&mut new);
            state.unmount();
            *state = new;
        }
    }
}

impl RenderHtml for Erased {
    type AsyncOutput = Self;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

    fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> ErasedState {
        let (view, exists) = (self.0.id(), self.0.exists());
        let state = self.0.hydrate(cursor, position);
        ErasedState { view, state, placeholder: (!exists).then(|| cursor.next_placeholder(position)) }
    }

    fn hydrate_async(self, cursor: &Cursor, position: &PositionState) -> impl Future<Output = ErasedState> {
        ready(self.hydrate::<true>(cursor, position))
    }

    fn into_owned(self) -> Self {
        self
    }

    fn dry_resolve(&mut self) {}

    fn resolve(self) -> impl Future<Output = Self> + Send {
        ready(self)
    }

    /// Does nothing: the browser never renders to text.
    fn to_html_with_buf(self, _: &mut String, _: &mut Position, _: bool, _: bool, _: Vec<AnyAttribute>) {}
}

impl AddAnyAttr for Erased {
    type Output<A: Attribute> = Self;

    /// Does nothing: attributes are set before the view is erased.
    fn add_any_attr<A: Attribute>(self, _: A) -> Self {
        self
    }
}

impl Mountable for ErasedState {
    fn unmount(&mut self) {
        self.state.unmount();
        if let Some(placeholder) = &mut self.placeholder {
            placeholder.unmount();
        }
    }

    fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
        self.state.mount(parent, marker);
        if let Some(placeholder) = &mut self.placeholder {
            placeholder.mount(parent, marker);
        }
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        self.state.insert_before_this(child)
            || self.placeholder.as_ref().is_some_and(|placeholder| placeholder.insert_before_this(child))
    }

    fn elements(&self) -> Vec<Element> {
        self.state.elements()
    }
}
