//! `/profile`: the viewer's own profile (USER-FE-003.1, USER-FE-003.2).

use leptos::ev::SubmitEvent;
use leptos::html::Button;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::edit_profile::EditProfile;
use super::profile_card::ProfileCard;
use crate::app::graph::relations::Graph;
use crate::app::sign_in::current_user::CurrentUser;
use crate::app::ui::badge::{Badge, Symbol};
use crate::text;
use crate::view::{Erase, condition, effect, spawn};

#[component]
pub fn OwnProfile() -> impl IntoView {
    let user = CurrentUser::expect();
    // Without JavaScript, “Edit profile” opens this page with `edit` in the query.
    let editing = RwSignal::new(use_query_map().with_untracked(|query| query.get("edit").is_some()));
    let is_known = condition(move || user.get().is_some());
    let graph = Graph::expect();
    // The rendered data may be stale, since back and forward restore old pages.
    effect(move || {
        spawn(async move {
            if let Some(me) = user.refresh().await {
                graph.store_counts(&me.profile);
            }
        });
    });
    let open = move |event: SubmitEvent| {
        event.prevent_default();
        editing.set(true);
    };
    let button: NodeRef<Button> = NodeRef::new();
    let restores_focus = StoredValue::new(false);
    let close = Callback::new(move |()| {
        restores_focus.set_value(true);
        editing.set(false);
    });
    // Closing the form returns the focus to the button that opened it.
    effect(move || {
        if let Some(button) = button.get()
            && restores_focus.get_value()
        {
            drop(button.focus());
        }
    });
    view! {
        <Title text=text::profiles::own() />
        <main class="page column" id="main" tabindex="-1">
            {move || match (is_known.get(), editing.get()) {
                (false, _) => view! { <SignedOut /> }.erase(),
                (true, true) => user.get_untracked().map(|me| view! { <EditProfile me close /> }).erase(),
                (true, false) => {
                    view! {
                        {move || {
                            user.get()
                                .map(|me| {
                                    view! {
                                        <ProfileCard profile=me.profile>
                                            <form method="get" action="/profile" on:submit=open>
                                                <input type="hidden" name="edit" value="1" />
                                                <button class="button quiet" node_ref=button>
                                                    {text::profiles::edit()}
                                                </button>
                                            </form>
                                        </ProfileCard>
                                    }
                                })
                        }}
                    }
                        .erase()
                }
            }}
        </main>
    }
}

#[component]
fn SignedOut() -> impl IntoView {
    view! {
        <section class="card empty">
            <Badge symbol=Symbol::People />
            <h1>{text::profiles::sign_in_first()}</h1>
            <p class="actions">
                <a href="/login?next=/profile" class="button">
                    {text::sign_in::sign_in()}
                </a>
            </p>
        </section>
    }
}
