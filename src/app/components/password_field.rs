//! A password field whose content can be shown.

use leptos::html::Input;
use leptos::prelude::*;

use super::field::Field;
use super::form_state::FormState;
use crate::model::validation::Rule;

/// The field `password`. `autocomplete` tells password managers whether it is a new one.
#[component]
pub fn PasswordField(
    rule: Rule,
    autocomplete: &'static str,
    #[prop(optional)] hint: &'static str,
    #[prop(optional)] node: NodeRef<Input>,
) -> impl IntoView {
    let state = FormState::expect();
    let shown = RwSignal::new(false);
    let kind = Signal::derive(move || if shown.get() { "text" } else { "password" });
    view! {
        <Field name="password" label="Password" rule kind autocomplete hint node>
            <button
                class="reveal"
                type="button"
                aria-controls="password"
                hidden=move || !state.hydrated.get()
                on:click=move |_| shown.update(|shown| *shown = !*shown)
            >
                {move || if shown.get() { "Hide" } else { "Show" }}
                <span class="visually-hidden">" password"</span>
            </button>
        </Field>
    }
}
