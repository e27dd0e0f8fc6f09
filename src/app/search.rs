//! `/search`: finds people while their name is typed. Without JavaScript, a form finds them.

use std::time::Duration;

use leptos::html::Input;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::graph::pager::Pager;
use super::graph::people_list::{PeopleList, append};
use super::graph::person_row::Entry;
use super::graph::relations::Graph;
use super::sign_in::personal_card::PersonalCard;
use super::ui::badge::{Badge, Symbol};
use super::ui::banner::ErrorBanner;
use super::ui::load_error::LoadError;
use super::ui::skeleton::PeopleSkeleton;
use crate::api::search::{search, typeahead};
use crate::model::error::{ApiError, ErrorCode};
use crate::model::graph::{Found, PAGE_SIZE, People, Person};
use crate::rest::page_data::Json;
use crate::text;
use crate::view::{Erase, Erased, effect, handler, reactive, spawn};

/// The path of the page.
pub const PATH: &str = "/search";
/// The element id of the list.
const LIST: &str = "found";
/// How long after the last key the server is asked.
const PAUSE: Duration = Duration::from_millis(250);

#[component]
pub fn SearchPage() -> impl IntoView {
    view! { <PersonalCard title=text::graph::search() path=PATH content=|| view! { <Search /> }.erase() /> }
}

/// The form and what it has found: the people of the query in the address or, once something else is typed, the first
/// people of that.
#[component]
fn Search() -> impl IntoView {
    let graph = Graph::expect();
    let query = use_query_map();
    let param = move |name: &'static str| Memo::new(move |_| query.with(|query| query.get(name).unwrap_or_default()));
    let (asked, cursor) = (param("q"), param("cursor"));
    let typed = RwSignal::new(asked.get_untracked());
    let suggested = RwSignal::new(None::<Result<Vec<Person>, ApiError>>);
    // Screen readers announce changes of an element that stays.
    let status = RwSignal::new(String::new());
    let input: NodeRef<Input> = NodeRef::new();
    let on_input = move || {
        let text = input.get_untracked().map(|input| input.value()).unwrap_or_default();
        typed.set(text.clone());
        let is_open = move |text: &str| typed.try_get_untracked().is_some_and(|typed| typed == text);
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
                if let Some(Ok(people)) = &found {
                    graph.store_people(people);
                }
                suggested.set(found);
            }
        };
        set_timeout(move || spawn(ask), PAUSE);
    };
    // Text that was typed before the page was hydrated, or that the browser has kept.
    effect(move || {
        if input.get().is_some_and(|input| input.value() != asked.get_untracked()) {
            on_input();
        }
    });
    view! {
        <form class="search" role="search" action=PATH>
            <label class="visually-hidden" for="q">
                {text::graph::search_label()}
            </label>
            <input
                class="input"
                type="search"
                id="q"
                name="q"
                value=asked.get_untracked()
                placeholder=text::graph::search_label()
                maxlength="100"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                enterkeyhint="search"
                autofocus=asked.with_untracked(String::is_empty)
                node_ref=input
                on:input=handler(move |_| on_input())
            />
            <button class="button">{text::graph::search()}</button>
        </form>
        <p class="visually-hidden" role="status">
            {status}
        </p>
        {reactive(move || match suggested.get() {
            Some(Ok(people)) => {
                view! { <Results people=whole(people) link=String::new() q=String::new() status /> }.erase()
            }
            Some(Err(error)) => view! { <ErrorBanner error=Signal::derive(move || Some(error.clone())) /> }.erase(),
            None => view! { <Asked asked cursor status /> }.erase(),
        })}
    }
}

/// A list that is complete.
fn whole(items: Vec<Person>) -> People {
    People::from(Found { items, next_cursor: None })
}

impl From<Found> for People {
    fn from(Found { items, next_cursor }: Found) -> Self {
        Self { items, page: None, page_size: PAGE_SIZE, has_next: next_cursor.is_some(), next_cursor }
    }
}

async fn fetch(q: String, cursor: String) -> Result<Option<People>, ApiError> {
    if q.trim().is_empty() {
        return Ok(None);
    }
    search(q, Some(cursor)).await.map(|found| Some(People::from(found)))
}

/// The people of the query in the address.
#[component]
fn Asked(asked: Memo<String>, cursor: Memo<String>, status: RwSignal<String>) -> impl IntoView {
    let found = Resource::<_, Json>::new_with_options(
        move || (asked.get(), cursor.get()),
        |(q, cursor)| fetch(q, cursor),
        false,
    );
    view! {
        <Suspense fallback=PeopleSkeleton>
            {move || Suspend::new(async move {
                match found.await {
                    Ok(Some(people)) => {
                        Graph::expect().store_people(&people.items);
                        let q = asked.get_untracked();
                        let link = link(&q);
                        view! { <Results people link q status /> }.erase()
                    }
                    Ok(None) => hint(text::graph::search_hint()),
                    Err(error) if error.code == ErrorCode::ValidationFailed => hint(text::graph::search_hint()),
                    Err(error) => view! { <LoadError error retry=Callback::new(move |()| found.refetch()) /> }.erase(),
                }
            })}
        </Suspense>
    }
}

fn hint(text: &'static str) -> Erased {
    view! { <p class="muted">{text}</p> }.erase()
}

/// The address of the page for a query, without the cursor.
fn link(q: &str) -> String {
    let params = leptos_router::params::ParamsMap::from_iter([("q", q.to_owned())]);
    [PATH, &params.to_query_string()].concat()
}

/// The found people. `q` is what they were found by, to load more. Their number is written to `status`.
#[component]
fn Results(people: People, link: String, q: String, status: RwSignal<String>) -> impl IntoView {
    let graph = Graph::expect();
    let People { items, next_cursor, .. } = people;
    if items.is_empty() {
        effect(move || status.set(text::graph::found_none().to_owned()));
        return view! {
            <div class="empty">
                <Badge symbol=Symbol::People />
                <h2>{text::graph::found_none()}</h2>
                <p class="muted">{text::graph::found_none_next()}</p>
            </div>
        }
        .erase();
    }
    let next = next_cursor.as_ref().map(|cursor| format!("{link}&cursor={cursor}"));
    let cursor = RwSignal::new(next_cursor);
    let entries = RwSignal::new(items.into_iter().map(Entry::from).collect::<Vec<_>>());
    let load = Action::new(move |cursor: &String| {
        let found = search(q.clone(), Some(cursor.clone()));
        async move { found.await.map(People::from) }
    });
    let loaded = load.value();
    effect(move || {
        let Some(Ok(more)) = loaded.get() else { return };
        graph.store_people(&more.items);
        append(LIST, entries, more.items.into_iter().map(Entry::from));
        cursor.set(more.next_cursor);
    });
    effect(move || status.set(entries.with(|entries| text::graph::found(&entries.len().to_string()))));
    view! {
        <PeopleList id=LIST entries />
        <ErrorBanner error=Signal::derive(move || loaded.get().and_then(Result::err)) />
        <Pager previous=None next cursor load />
    }
    .erase()
}
