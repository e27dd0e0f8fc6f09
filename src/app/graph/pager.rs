//! The end of a paged list.

use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::graph::People;
use crate::text;
use crate::view::{Erase, effect, reactive};

/// A button that loads what is after `cursor`. Without JavaScript, links to the previous and the next page.
#[component]
pub fn Pager(
    previous: Option<String>,
    next: Option<String>,
    cursor: RwSignal<Option<String>>,
    load: Action<String, Result<People, ApiError>>,
) -> impl IntoView {
    let loading = load.pending();
    let hydrated = RwSignal::new(false);
    effect(move || hydrated.set(true));
    view! {
        <nav class="pager" aria-label=text::graph::pages()>
            {previous
                .map(|previous| {
                    view! {
                        <a href=previous rel="prev" class="button quiet">
                            {text::graph::previous()}
                        </a>
                    }
                })}
            {move || match (hydrated.get(), cursor.get(), &next) {
                (true, Some(cursor), _) => {
                    view! {
                        <button
                            class="button quiet"
                            aria-busy=reactive(move || loading.get().then_some("true"))
                            on:click=move |_| {
                                if !loading.get_untracked() {
                                    load.dispatch(cursor.clone());
                                }
                            }
                        >
                            {reactive(move || if loading.get() { text::ui::loading() } else { text::graph::more() })}
                        </button>
                    }
                        .erase()
                }
                (false, _, Some(next)) => {
                    view! {
                        <a href=next.clone() rel="next" class="button quiet">
                            {text::graph::next()}
                        </a>
                    }
                        .erase()
                }
                _ => ().erase(),
            }}
        </nav>
    }
}
