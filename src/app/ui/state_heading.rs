//! The heading of a state that replaces a form.

use leptos::html::H1;
use leptos::prelude::*;

use crate::view::effect;

/// Takes the focus, which would be lost with the form, so that screen readers announce the outcome.
#[component]
pub fn StateHeading(text: &'static str) -> impl IntoView {
    let heading: NodeRef<H1> = NodeRef::new();
    effect(move || {
        if let Some(heading) = heading.get() {
            drop(heading.focus());
        }
    });
    view! {
        <h1 tabindex="-1" node_ref=heading>
            {text}
        </h1>
    }
}
