//! A field that finds people while a name is typed.

use std::time::Duration;

use leptos::html::Input;
use leptos::prelude::*;

use crate::api::search::typeahead;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::graph::Person;
use crate::text;
use crate::view::{effect, handler, spawn};

/// How long after the last key the server is asked.
const PAUSE: Duration = Duration::from_millis(250);

/// What is typed into a field, and the people that it finds.
#[derive(Clone, Copy)]
pub struct Typeahead {
    /// `None` until something is typed that is long enough.
    pub found: RwSignal<Option<Result<Vec<Person>, ApiError>>>,
    typed: RwSignal<String>,
    input: NodeRef<Input>,
}

impl Typeahead {
    /// `text` is what the field contains at first. It is not searched for.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self { found: RwSignal::new(None), typed: RwSignal::new(text), input: NodeRef::new() }
    }

    /// Forgets what was found.
    pub fn close(self) {
        self.typed.set(String::new());
        self.found.set(None);
    }

    /// Moves the focus to the field.
    pub fn focus(self) {
        if let Some(input) = self.input.get_untracked() {
            drop(input.focus());
        }
    }

    fn ask(self) {
        let text = self.input.get_untracked().map(|input| input.value()).unwrap_or_default();
        self.typed.set(text.clone());
        let is_open = move |text: &str| self.typed.try_get_untracked().is_some_and(|typed| typed == text);
        let ask = async move {
            if !is_open(&text) {
                return;
            }
            // Too little to search for is no error while it is typed.
            let found = match text.trim().chars().nth(1) {
                Some(_) => Some(typeahead(text.clone(), None).await.map(|found| found.items)),
                None => None,
            };
            let found = found.filter(|found| !matches!(found, Err(error) if error.code == ErrorCode::ValidationFailed));
            if is_open(&text) {
                self.found.set(found);
            }
        };
        set_timeout(move || spawn(ask), PAUSE);
    }
}

/// The field, which takes the focus if `autofocus`. Its form sends it as `q`.
#[component]
pub fn SearchField(id: &'static str, label: &'static str, typeahead: Typeahead, autofocus: bool) -> impl IntoView {
    let Typeahead { typed, input, .. } = typeahead;
    // Text that was typed before the page was hydrated, or that the browser has kept.
    effect(move || {
        if input.get().is_some_and(|input| input.value() != typed.get_untracked()) {
            typeahead.ask();
        }
    });
    view! {
        <label class="visually-hidden" for=id>
            {label}
        </label>
        <input
            class="input"
            type="search"
            id=id
            name="q"
            value=typed.get_untracked()
            placeholder=label
            maxlength="100"
            autocomplete="off"
            autocapitalize="none"
            spellcheck="false"
            enterkeyhint="search"
            autofocus=autofocus
            node_ref=input
            on:input=handler(move |_| typeahead.ask())
        />
    }
}

/// The magnifier.
#[component]
pub fn SearchIcon() -> impl IntoView {
    view! {
        <svg class="nav-icon" viewBox="0 0 24 24" aria-hidden="true">
            <path d="M16 16l4.5 4.5M18 10.5a7.5 7.5 0 1 1-15 0 7.5 7.5 0 0 1 15 0z"></path>
        </svg>
        <span class="visually-hidden">{text::graph::search()}</span>
    }
}
