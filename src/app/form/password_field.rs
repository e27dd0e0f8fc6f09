//! A password field with a button that shows the password.

use leptos::html::Input;
use leptos::prelude::*;

use super::field::Field;
use super::form_state::FormState;
use crate::model::validation::Rule;
use crate::text;
use crate::view::{handler, reactive};

/// The field `password`. `autocomplete` tells password managers whether the password is new.
#[component]
pub fn PasswordField(
    rule: Rule,
    autocomplete: &'static str,
    #[prop(optional)] hint: &'static str,
    #[prop(optional)] node: NodeRef<Input>,
) -> impl IntoView {
    let state = FormState::expect();
    let revealed = RwSignal::new(false);
    view! {
        <Field name="password" label=text::form::PASSWORD kind="password" revealed rule autocomplete hint node>
            <button
                class="reveal"
                type="button"
                aria-controls="password"
                hidden=reactive(move || !state.hydrated.get())
                on:click=handler(move |_| revealed.update(|revealed| *revealed = !*revealed))
            >
                {reactive(move || if revealed.get() { text::form::HIDE } else { text::form::SHOW })}
                <span class="visually-hidden">{text::form::OF_PASSWORD}</span>
            </button>
        </Field>
    }
}
