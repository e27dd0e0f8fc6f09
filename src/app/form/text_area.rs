//! A labeled multi-line text field with a character count.

use leptos::prelude::*;

use super::form_state::{FormInput, FormState};
use crate::model::validation::Rule;
use crate::text;
use crate::view::{handler, reactive};

/// A text field of the surrounding form, of at most `max` characters.
#[component]
pub fn TextArea(name: &'static str, label: &'static str, rule: Rule, max: usize) -> impl IntoView {
    let state = FormState::expect();
    state.register(FormInput { name, id: name, label, rule });
    let text = RwSignal::new(state.initial(name).unwrap_or_default());
    let error = move || state.error(name);
    let is_over = move || text.with(|text| text.chars().count()) > max;
    let count = move || {
        let length = text.with(|text| text.replace("\r\n", "\n").chars().count());
        text::form::characters(length, max)
    };
    let on_input = move |typed: String| {
        text.set(typed.clone());
        if untrack(is_over) || untrack(error).is_some() {
            state.check(name, &typed);
        }
    };
    let (count_id, error_id) = (format!("{name}-count"), format!("{name}-error"));
    let described_by = format!("{error_id} {count_id}");
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <textarea
                class="input"
                id=name
                name=name
                rows="4"
                aria-describedby=described_by
                aria-invalid=reactive(move || error().map(|_| "true"))
                on:input=handler(move |event| on_input(event_target_value(&event)))
            >
                {text.get_untracked()}
            </textarea>
            <p class="field-error" id=error_id aria-live="polite">
                {reactive(error)}
            </p>
            <p class="hint counter" id=count_id data-over=reactive(move || is_over().then_some(""))>
                {reactive(count)}
            </p>
        </div>
    }
}
