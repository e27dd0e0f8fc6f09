//! The end of a paged list.

use leptos::prelude::*;
use leptos_router::components::A;

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
                        <A href=previous attr:rel="prev" attr:class="button quiet">
                            {text::graph::previous()}
                        </A>
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
                        <A href=next.clone() attr:rel="next" attr:class="button quiet">
                            {text::graph::next()}
                        </A>
                    }
                        .erase()
                }
                _ => ().erase(),
            }}
        </nav>
    }
}
