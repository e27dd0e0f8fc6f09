//! A password field with a button that shows the password.

use leptos::html::Input;
use leptos::prelude::*;

use super::field::Field;
use super::form_state::FormState;
use crate::model::validation::Rule;
use crate::text;
use crate::view::{handler, reactive};

/// The field `password`, unless it has another `name`. `autocomplete` tells password managers whether the password is
/// new.
#[component]
pub fn PasswordField(
    #[prop(default = "password")] name: &'static str,
    #[prop(default = "password")] id: &'static str,
    #[prop(default = text::form::password())] label: &'static str,
    /// Completes the label of the button, such as “Show password”.
    #[prop(default = text::form::of_password())]
    of_password: &'static str,
    rule: Rule,
    autocomplete: &'static str,
    #[prop(optional)] hint: &'static str,
    #[prop(default = true)] required: bool,
    #[prop(optional)] node: NodeRef<Input>,
) -> impl IntoView {
    let state = FormState::expect();
    let revealed = RwSignal::new(false);
    view! {
        <Field name id label kind="password" revealed rule autocomplete hint required node>
            <button
                class="reveal"
                type="button"
                aria-controls=id
                hidden=reactive(move || !state.hydrated.get())
                on:click=handler(move |_| revealed.update(|revealed| *revealed = !*revealed))
            >
                {reactive(move || if revealed.get() { text::form::hide() } else { text::form::show() })}
                <span class="visually-hidden">{of_password}</span>
            </button>
        </Field>
    }
}
