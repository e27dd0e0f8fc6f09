//! A labeled text field with a hint and an error message.

use leptos::html::Input;
use leptos::prelude::*;

use super::form_state::{FormInput, FormState};
use crate::model::validation::Rule;
use crate::view::{Erase, Slot, effect, handler, reactive};

/// What a new password may be, for the generators of password managers (`model/password.rs`).
const PASSWORD_RULES: &str = "minlength: 8; maxlength: 72;";

/// A field of the surrounding form. It is checked when it loses the focus. While it shows an error, it is checked on
/// every input.
#[component]
pub fn Field(
    name: &'static str,
    /// The id of the element, if another form on the page has a field of this name.
    #[prop(optional)]
    id: &'static str,
    label: &'static str,
    rule: Rule,
    /// `text`, `email` or `password`.
    #[prop(default = "text")]
    kind: &'static str,
    /// Shows the text of a field of kind `password`.
    #[prop(optional)]
    revealed: RwSignal<bool>,
    autocomplete: &'static str,
    #[prop(optional)] hint: &'static str,
    /// Replaces the hint.
    #[prop(optional)]
    note: RwSignal<String>,
    #[prop(default = true)] required: bool,
    #[prop(optional)] node: NodeRef<Input>,
    /// Receives the text whenever it changes.
    #[prop(optional)]
    value: RwSignal<String>,
    /// Shown next to the input.
    #[prop(optional)]
    children: Option<Slot>,
) -> impl IntoView {
    let state = FormState::expect();
    let id = if id.is_empty() { name } else { id };
    state.register(FormInput { name, id, label, rule });
    let error = move || state.error(name);
    // Without JavaScript, the only invalid field takes the focus. Otherwise, it is the summary of errors.
    let autofocus = untrack(|| !state.hydrated.get() && state.is_only_error(name));
    let has_error = move || untrack(|| state.error(name).is_some());
    let read = move || {
        let typed = node.get_untracked().map(|input| input.value()).unwrap_or_default();
        value.set(typed.clone());
        typed
    };
    // Checks text that was typed, or filled in by the browser, before the page was hydrated. An error that is already
    // shown is the server's and takes precedence.
    effect(move || {
        if let Some(input) = node.get()
            && !input.value().is_empty()
            && !has_error()
            && document().active_element().as_ref() != Some(&input)
        {
            state.check(name, &read());
        }
    });
    let on_blur = move || {
        if state.is_disposed() {
            return;
        }
        let typed = read();
        // A field that was left empty is checked when the form is submitted.
        if !typed.is_empty() || has_error() {
            state.check(name, &typed);
        }
    };
    let on_input = move || {
        let typed = read();
        if has_error() {
            state.check(name, &typed);
        }
    };

    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    // The stylesheet hides the hint while an error is shown.
    let described_by = {
        let (hint_id, error_id) = (hint_id.clone(), error_id.clone());
        move || if hint.is_empty() || error().is_some() { error_id.clone() } else { hint_id.clone() }
    };
    let input = view! {
        <input
            class="input"
            id=id
            name=name
            type=reactive(move || if revealed.get() { "text" } else { kind })
            inputmode=(kind == "email").then_some("email")
            autocomplete=autocomplete
            autocapitalize="none"
            spellcheck="false"
            required=required
            autofocus=autofocus
            value=state.initial(name)
            aria-describedby=reactive(described_by)
            aria-invalid=reactive(move || error().map(|_| "true"))
            node_ref=node
            on:blur=handler(move |_| on_blur())
            on:input=handler(move |_| on_input())
        />
    }
    .attr("passwordrules", (autocomplete == "new-password").then_some(PASSWORD_RULES));
    view! {
        <div class="field">
            <label for=id>{label}</label>
            {match children {
                Some(children) => view! { <div class="reveal-row">{input}{children.show()}</div> }.erase(),
                None => input.erase(),
            }}
            {(!hint.is_empty())
                .then(|| {
                    view! {
                        <p class="hint" id=hint_id aria-live="polite">
                            {reactive(move || {
                                Some(note.get()).filter(|note| !note.is_empty()).unwrap_or_else(|| hint.to_owned())
                            })}
                        </p>
                    }
                })}
            <p class="field-error" id=error_id aria-live="polite">
                {reactive(error)}
            </p>
        </div>
    }
}
