//! A message above the page, for events that have no place on it.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::app::graph::relations::Graph;
use crate::view::{Erase, reactive};

/// The message, while there is one.
#[component]
pub fn Toast(#[prop(into)] text: Signal<Option<String>>) -> impl IntoView {
    view! {
        <div class="toasts">
            {reactive(move || {
                text.get()
                    .map(|text| {
                        view! {
                            <p class="toast" role="alert">
                                {text}
                            </p>
                        }
                            .erase()
                    })
            })}
        </div>
    }
}

/// Why a follow, unfollow or removal failed, until the next attempt or the next page.
#[component]
pub fn GraphToast() -> impl IntoView {
    let graph = Graph::expect();
    let path = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let path = path.get();
        if before.is_some_and(|before| before != path) {
            graph.clear_error();
        }
        path
    });
    view! { <Toast text=Signal::derive(move || graph.error()) /> }
}
