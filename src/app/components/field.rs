//! A labelled text field with its hint and its message.

use leptos::html::Input;
use leptos::prelude::*;

use super::form_state::FormState;
use crate::model::validation::Rule;

/// A field of the surrounding form. It is checked when it is left, and again with every key once a
/// message stands beneath it.
#[component]
pub fn Field(
    name: &'static str,
    label: &'static str,
    rule: Rule,
    /// `text`, `email` or `password`.
    #[prop(default = "text".into(), into)]
    kind: Signal<&'static str>,
    autocomplete: &'static str,
    #[prop(optional)] hint: &'static str,
    #[prop(optional)] node: NodeRef<Input>,
    /// Follows what is typed.
    #[prop(optional)]
    value: RwSignal<String>,
    /// Stands beside the input.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let state = FormState::expect();
    state.register(name, rule);
    let error = move || state.error(name);
    let read = move || {
        let typed = node.get_untracked().map(|input| input.value()).unwrap_or_default();
        value.set(typed.clone());
        typed
    };
    // What was typed, or filled in by the browser, before the application was there.
    Effect::new(move || {
        if let Some(input) = node.get()
            && !input.value().is_empty()
            && document().active_element().as_ref() != Some(&input)
        {
            state.check(name, &read());
        }
    });

    let (hint_id, error_id) = (format!("{name}-hint"), format!("{name}-error"));
    let described_by = if hint.is_empty() { error_id.clone() } else { format!("{hint_id} {error_id}") };
    let input = view! {
        <input
            class="input"
            id=name
            name=name
            type=move || kind.get()
            autocomplete=autocomplete
            autocapitalize="none"
            spellcheck="false"
            required
            value=state.typed(name)
            aria-describedby=described_by
            aria-invalid=move || error().map(|_| "true")
            node_ref=node
            on:blur=move |_| state.check(name, &read())
            on:input=move |_| { let typed = read(); if state.error(name).is_some() { state.check(name, &typed) } }
        />
    };
    view! {
        <div class="field">
            <label for=name>{label}</label>
            {match children {
                Some(children) => view! { <div class="reveal-row">{input}{children()}</div> }.into_any(),
                None => input.into_any(),
            }}
            {(!hint.is_empty()).then(|| view! { <p class="hint" id=hint_id>{hint}</p> })}
            <p class="field-error" id=error_id aria-live="polite">{error}</p>
        </div>
    }
}
