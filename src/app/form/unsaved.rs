//! Asks for confirmation before the user leaves a page with unsaved input.

use leptos::ev;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::wasm_bindgen::closure::Closure;
use leptos::web_sys::{Element, Event};

use crate::text;
use crate::view::effect;

/// Guards the page while `dirty`: the browser asks before the page unloads, and this function asks before a link is
/// followed.
pub fn guard(dirty: Signal<bool>) {
    effect(move || {
        let on_unload = window_event_listener(ev::beforeunload, move |event| {
            if dirty.get_untracked() {
                event.prevent_default();
            }
        });
        // On the document, so that it runs before the router, which listens on the window.
        let on_click = Closure::<dyn Fn(Event)>::new(move |event: Event| {
            let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            let is_link = target.is_some_and(|target| target.closest("a[href]").ok().flatten().is_some());
            if is_link && dirty.try_get_untracked() == Some(true) && !confirmed() {
                event.prevent_default();
                event.stop_propagation();
            }
        });
        let listener = on_click.into_js_value().unchecked_into();
        drop(document().add_event_listener_with_callback("click", &listener));
        let listener = StoredValue::new_local(listener);
        on_cleanup(move || {
            on_unload.remove();
            listener.with_value(|listener| drop(document().remove_event_listener_with_callback("click", listener)));
        });
    });
}

fn confirmed() -> bool {
    window().confirm_with_message(text::form::unsaved()).unwrap_or(true)
}
