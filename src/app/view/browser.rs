//! Erased views in the browser: what the framework's `AnyView` does there, with a quarter of its code for
//! each type. It leaves out rendering to text, attributes from outside, and hydration that pauses for
//! parts of the page to load: all that a page is made of has been fetched before (`chunks`).

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

/// A view of whatever type.
pub struct Erased(Box<dyn View>);

pub(super) fn erase(view: impl IntoView + 'static) -> Erased {
    Erased(Box::new(view))
}

/// What is compiled for each type.
trait View: Send {
    fn id(&self) -> TypeId;
    /// Whether there is an element or a text of it in the document.
    fn exists(&self) -> bool;
    fn build(self: Box<Self>) -> Box<dyn State>;
    /// `state` is one of this type.
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

/// What a view left in the document.
trait State: Mountable + Any {}

impl<S: Mountable + Any> State for S {}

/// What an [`Erased`] view left in the document.
pub struct ErasedState {
    view: TypeId,
    state: Box<dyn State>,
    /// Keeps the place of what does not exist.
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

    /// The browser renders nothing to text.
    fn to_html_with_buf(self, _: &mut String, _: &mut Position, _: bool, _: bool, _: Vec<AnyAttribute>) {}
}

impl AddAnyAttr for Erased {
    type Output<A: Attribute> = Self;

    /// Attributes stand in the markup that is erased.
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
