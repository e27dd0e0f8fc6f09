//! `/profile`: one's own (USER-FE-003.1, USER-FE-003.2).

use leptos::ev::SubmitEvent;
use leptos::html::Button;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;

use super::edit_profile::EditProfile;
use super::profile_card::ProfileCard;
use crate::app::graph::relations::Graph;
use crate::app::sign_in::current_user::CurrentUser;
use crate::app::ui::badge::{Badge, Symbol};
use crate::app::view::{Erase, condition, effect, spawn};
use crate::text;

#[component]
pub fn OwnProfile() -> impl IntoView {
    let user = CurrentUser::expect();
    // With JavaScript off, “Edit profile” is a plain link to this page with `edit` in its query.
    let editing = RwSignal::new(use_query_map().with_untracked(|query| query.get("edit").is_some()));
    let is_known = condition(move || user.get().is_some());
    let graph = Graph::expect();
    // What the server rendered may come from a while ago: back and forward bring old pages up.
    effect(move || {
        spawn(async move {
            if let Some(me) = user.refresh().await {
                graph.load_counts(&me.profile);
            }
        });
    });
    let open = move |event: SubmitEvent| {
        event.prevent_default();
        editing.set(true);
    };
    let button: NodeRef<Button> = NodeRef::new();
    let returning = StoredValue::new(false);
    let close = Callback::new(move |()| {
        returning.set_value(true);
        editing.set(false);
    });
    // Whoever closes the form is back where they opened it.
    effect(move || {
        if let Some(button) = button.get()
            && returning.get_value()
        {
            drop(button.focus());
        }
    });
    view! {
        <Title text=text::profiles::OWN />
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
                                                    {text::profiles::EDIT}
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
            <h1>{text::profiles::SIGN_IN_FIRST}</h1>
            <p class="actions">
                <A href="/login?next=/profile" attr:class="button">
                    {text::sign_in::SIGN_IN}
                </A>
            </p>
        </section>
    }
}
