//! `/search`: finds people while their name is typed. Without JavaScript, a form finds them.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::typeahead::{SearchField, Typeahead};
use crate::api::search::search;
use crate::app::graph::pager::Pager;
use crate::app::graph::people_list::{PeopleList, append};
use crate::app::graph::person_row::Entry;
use crate::app::graph::relations::Graph;
use crate::app::sign_in::personal_card::PersonalCard;
use crate::app::ui::badge::{Badge, Symbol};
use crate::app::ui::banner::ErrorBanner;
use crate::app::ui::load_error::LoadError;
use crate::app::ui::skeleton::PeopleSkeleton;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::graph::{Found, PAGE_SIZE, People, Person};
use crate::rest::page_data::Json;
use crate::text;
use crate::view::{Erase, Erased, effect, reactive};

/// The path of the page.
pub const PATH: &str = "/search";
/// The element id of the list.
const LIST: &str = "found";

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
    let typeahead = Typeahead::new(asked.get_untracked());
    // Screen readers announce changes of an element that stays.
    let status = RwSignal::new(String::new());
    let autofocus = asked.with_untracked(String::is_empty);
    view! {
        <form class="search" role="search" action=PATH>
            <SearchField id="q" label=text::graph::search_label() typeahead autofocus />
            <button class="button">{text::graph::search()}</button>
        </form>
        <p class="visually-hidden" role="status">
            {status}
        </p>
        {reactive(move || match typeahead.found.get() {
            Some(Ok(people)) => {
                graph.store_people(&people);
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
