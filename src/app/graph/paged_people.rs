//! A list that goes on: by button, or with JavaScript off by links to the next page and the one before.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::HtmlElement;
use leptos_router::components::A;

use super::empty_people::EmptyPeople;
use super::people_list::PeopleList;
use super::person_row::Entry;
use super::relations::Graph;
use crate::api::graph::people::{followees, followers};
use crate::app::sign_in::current_user::CurrentUser;
use crate::app::ui::banner::ErrorBanner;
use crate::app::view::{Erase, condition, effect, reactive};
use crate::model::error::ApiError;
use crate::model::graph::{People, Side};
use crate::model::id::UserId;
use crate::model::profiles::{Profile, PublicUser};
use crate::text;

/// The list's id.
const LIST: &str = "people";

/// A page of somebody's followers or followees.
///
/// # Errors
/// Those of the operations.
pub async fn page_of(side: Side, id: UserId, page: Option<u32>, cursor: Option<String>) -> Result<People, ApiError> {
    match side {
        Side::Followers => followers(id, page, None, cursor).await,
        Side::Followees => followees(id, page, None, cursor).await,
    }
}

/// The list of `profile`, which begins with `people`.
#[component]
pub fn PagedPeople(side: Side, profile: Profile, people: People) -> impl IntoView {
    let graph = Graph::expect();
    let id = profile.id;
    let removable = side == Side::Followers && CurrentUser::expect().id_untracked() == Some(id);
    let People { items, page, has_next, next_cursor, .. } = people;
    let page = page.unwrap_or(1);
    let cursor = RwSignal::new(next_cursor);
    let entry = move |person| {
        let entry = Entry::from(person);
        // Beneath one's own followers it would stand everywhere.
        if removable { Entry { note: None, ..entry } } else { entry }
    };
    let entries = RwSignal::new(items.into_iter().map(entry).collect::<Vec<_>>());
    let is_empty = condition(move || entries.with(Vec::is_empty));

    let load = Action::new(move |cursor: &String| page_of(side, id, None, Some(cursor.clone())));
    let (loading, loaded) = (load.pending(), load.value());
    effect(move || {
        let Some(Ok(more)) = loaded.get() else { return };
        graph.load_people(&more.items);
        let known: Vec<_> =
            entries.with_untracked(|entries| entries.iter().map(|entry| entry.person.user.id).collect());
        let new: Vec<_> = more.items.into_iter().filter(|person| !known.contains(&person.user.id)).collect();
        let first = new.first().map(|person| person.user.id);
        entries.update(|entries| entries.extend(new.into_iter().map(entry)));
        cursor.set(more.next_cursor);
        if let Some(first) = first {
            focus_row(first, ".person");
        }
    });

    let status = RwSignal::new(String::new());
    let removed = Callback::new(move |user: PublicUser| {
        let place = entries.with_untracked(|entries| entries.iter().position(|entry| entry.person.user.id == user.id));
        entries.update(|entries| entries.retain(|entry| entry.person.user.id != user.id));
        status.set(text::graph::follows_no_longer(user.name()));
        // Whoever goes through the list with the keyboard goes on where they were.
        let neighbour = entries.with_untracked(|entries| {
            place.and_then(|place| entries.get(place).or(entries.last())).map(|entry| entry.person.user.id)
        });
        match neighbour {
            Some(neighbour) => focus_row(neighbour, ".danger"),
            None => focus("#main".to_owned()),
        }
    });

    let hydrated = RwSignal::new(false);
    effect(move || hydrated.set(true));
    let path = side.path(&profile.username);
    let link = move |page: u32| format!("{path}?page={page}");
    view! {
        {move || {
            if is_empty.get() {
                view! { <EmptyPeople side profile=profile.clone() page /> }.erase()
            } else {
                view! { <PeopleList id=LIST entries removed=removable.then_some(removed) /> }.erase()
            }
        }}
        <p class="visually-hidden" role="status">
            {status}
        </p>
        <ErrorBanner error=Signal::derive(move || loaded.get().and_then(Result::err)) />
        <nav class="pager" aria-label=text::graph::PAGES>
            {(page > 1)
                .then(|| {
                    view! {
                        <A href=link(page - 1) attr:rel="prev" attr:class="button quiet">
                            {text::graph::PREVIOUS}
                        </A>
                    }
                })}
            {move || match (hydrated.get(), cursor.get()) {
                (true, Some(cursor)) => {
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
                            {reactive(move || if loading.get() { text::ui::LOADING } else { text::graph::MORE })}
                        </button>
                    }
                        .erase()
                }
                (false, _) if has_next => {
                    view! {
                        <A href=link(page + 1) attr:rel="next" attr:class="button quiet">
                            {text::graph::NEXT}
                        </A>
                    }
                        .erase()
                }
                _ => ().erase(),
            }}
        </nav>
    }
}

/// Puts the focus on a part of somebody's row.
fn focus_row(id: UserId, part: &str) {
    focus(format!("#{LIST} > li:has([id='{LIST}-{id}']) {part}"));
}

/// Puts the focus on an element that is about to be there.
fn focus(selector: String) {
    request_animation_frame(move || {
        let found = document().query_selector(&selector).ok().flatten();
        if let Some(element) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            drop(element.focus());
        }
    });
}
