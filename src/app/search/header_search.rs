//! The search in the page header. Where the window has no room for a field, a link to `/search`.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, HtmlElement};
use leptos_router::hooks::use_location;

use super::page::PATH;
use super::typeahead::{SearchField, SearchIcon, Typeahead};
use crate::app::graph::person_row::PersonLink;
use crate::app::ui::nav_link::NavLink;
use crate::model::error::ApiError;
use crate::model::graph::Person;
use crate::text;
use crate::view::{Erase, Erased, condition, effect, handler, reactive};

/// The page has a field of its own.
#[component]
pub fn HeaderSearch() -> impl IntoView {
    let path = use_location().pathname;
    let is_elsewhere = condition(move || path.with(|path| path != PATH));
    view! {
        {reactive(move || is_elsewhere.get().then(|| view! { <HeaderForm /> }.erase()))}
        <NavLink href=PATH class="nav-link">
            <SearchIcon />
        </NavLink>
    }
}

#[component]
fn HeaderForm() -> impl IntoView {
    let typeahead = Typeahead::new(String::new());
    // Screen readers announce changes of an element that stays.
    let status = RwSignal::new(String::new());
    effect(move || {
        status.set(match typeahead.found.get() {
            Some(Ok(people)) if people.is_empty() => text::graph::found_none().to_owned(),
            Some(Ok(people)) => text::graph::found(&people.len().to_string()),
            Some(Err(error)) => error.message.into_owned(),
            None => String::new(),
        });
    });
    view! {
        <form
            class="site-search"
            role="search"
            action=PATH
            on:keydown=handler(move |event: KeyboardEvent| {
                match event.key().as_str() {
                    "Escape" => {
                        typeahead.focus();
                        typeahead.close();
                    }
                    "ArrowDown" => move_focus(&event, true),
                    "ArrowUp" => move_focus(&event, false),
                    _ => {}
                }
            })
        >
            <SearchField id="site-q" label=text::graph::search() typeahead autofocus=false />
            <button class="nav-link">
                <SearchIcon />
            </button>
            {reactive(move || typeahead.found.get().map(|found| suggestions(found, typeahead)))}
            <p class="visually-hidden" role="status">
                {status}
            </p>
        </form>
    }
}

/// The found people, below the field.
fn suggestions(found: Result<Vec<Person>, ApiError>, typeahead: Typeahead) -> Erased {
    let message = match &found {
        Ok(people) if people.is_empty() => Some(text::graph::found_none().to_owned()),
        Ok(_) => None,
        Err(error) => Some(error.message.to_string()),
    };
    let links = found.into_iter().flatten().map(|Person { user, .. }| {
        view! {
            <li>
                <PersonLink user />
            </li>
        }
    });
    // It can have the focus, so that Safari, where a click does not focus a link, does not close it on the way.
    view! {
        <ul class="found-people" tabindex="-1" on:click=handler(move |_| typeahead.close())>
            {message.map(|message| view! { <li class="muted">{message}</li> })}
            {links.collect_view()}
        </ul>
    }
    .erase()
}

/// Moves the focus from the field to the first link below it, from a link to the next one, or back.
fn move_focus(event: &KeyboardEvent, is_down: bool) {
    let form = event.current_target().and_then(|form| form.dyn_into::<Element>().ok());
    let focused = document().active_element();
    let (Some(form), Some(focused)) = (form, focused) else { return };
    let find = |parent: &Element, selector| parent.query_selector(selector).ok().flatten();
    let next = match (focused.closest("li").ok().flatten(), is_down) {
        (None, true) => find(&form, "li a"),
        (None, false) => None,
        (Some(item), true) => item.next_element_sibling().and_then(|item| find(&item, "a")),
        (Some(item), false) => match item.previous_element_sibling() {
            Some(item) => find(&item, "a"),
            None => find(&form, "input"),
        },
    };
    if let Some(next) = next.and_then(|next| next.dyn_into::<HtmlElement>().ok()) {
        event.prevent_default();
        drop(next.focus());
    }
}
