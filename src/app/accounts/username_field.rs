//! The field for a username.

use std::time::Duration;

use leptos::prelude::*;

use crate::api::accounts::username_availability::username_availability;
use crate::app::form::field::Field;
use crate::app::form::form_state::FormState;
use crate::model::username;
use crate::text;
use crate::view::{effect, spawn};

/// How long after the last key the server is asked.
const PAUSE: Duration = Duration::from_millis(400);

#[component]
pub fn UsernameField(
    /// Replaces the hint.
    #[prop(optional)]
    note: RwSignal<String>,
    /// Receives the text whenever it changes.
    #[prop(optional)]
    value: RwSignal<String>,
) -> impl IntoView {
    view! {
        <Field
            name="username"
            label=text::form::username()
            rule=username::check
            autocomplete="username"
            hint=text::accounts::username_hint()
            note
            value
        />
    }
}

/// Says while the user types whether a new account can have the username.
#[component]
pub fn NewUsernameField() -> impl IntoView {
    let state = FormState::expect();
    let typed = RwSignal::new(String::new());
    let note = RwSignal::new(String::new());
    // The response to the registration says whether this one can be had.
    let sent = RwSignal::new(String::new());
    effect(move || {
        if state.pending.get() {
            sent.set(typed.get_untracked());
        }
    });
    let mut last = String::new();
    effect(move || {
        let username = typed.get();
        // The field also reports a text that has not changed.
        if username == last {
            return;
        }
        last.clone_from(&username);
        note.set(String::new());
        if username::check(&username).is_err() {
            return;
        }
        let is_open = move |username: &str| {
            typed.try_get_untracked().is_some_and(|typed| typed == username && sent.get_untracked() != username)
        };
        let ask = async move {
            if !is_open(&username) {
                return;
            }
            // Without an answer, the registration itself says it.
            let Ok(answer) = username_availability(username.clone()).await else { return };
            if !is_open(&username) {
                return;
            }
            if answer.available {
                note.set(text::accounts::username_available().to_owned());
            } else {
                state.reject("username", &username, text::accounts::username_taken());
            }
        };
        set_timeout(move || spawn(ask), PAUSE);
    });
    view! { <UsernameField note value=typed /> }
}
