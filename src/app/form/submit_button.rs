//! The button that sends a form.

use leptos::prelude::*;

use super::form_state::FormState;
use crate::view::reactive;

/// Stays focusable while the form cannot be sent, so that every user can find out why.
#[component]
pub fn SubmitButton(
    label: &'static str,
    /// Shown while a response is pending.
    busy: &'static str,
    #[prop(default = "button wide")] class: &'static str,
    /// The id of the element that describes its subject, if there are several such buttons.
    #[prop(optional, into)]
    described_by: Option<String>,
) -> impl IntoView {
    let state = FormState::expect();
    view! {
        <button
            class=class
            aria-describedby=described_by
            aria-disabled=reactive(move || {
                (state.pending.get() || state.hydrated.get() && state.has_errors()).then_some("true")
            })
            aria-busy=reactive(move || state.pending.get().then_some("true"))
        >
            {reactive(move || if state.pending.get() { busy } else { label })}
        </button>
    }
}
