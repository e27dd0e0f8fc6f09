//! `/timeline`: the page that opens after signing in, with the user's network.

use leptos::prelude::*;
use leptos_meta::Title;

use super::follow_requests;
use super::people_list::PeopleList;
use super::person_row::Entry;
use super::relations::Graph;
use crate::api::graph::timeline::timeline;
use crate::app::search::page as search;
use crate::app::sign_in::current_user::CurrentUser;
use crate::app::sign_in::sign_in_prompt::SignInPrompt;
use crate::app::ui::badge::{Badge, Symbol};
use crate::app::ui::load_error::LoadError;
use crate::app::ui::skeleton::PeopleSkeleton;
use crate::model::graph::{Side, Suggestion, Timeline as TimelineData};
use crate::rest::page_data::Json;
use crate::text;
use crate::view::{Erase, condition};

#[component]
pub fn Timeline() -> impl IntoView {
    let user = CurrentUser::expect();
    let is_known = condition(move || user.id().is_some());
    let greeting = move || user.get().map(|me| text::graph::hello(me.profile.name()));
    view! {
        <Title text=text::graph::timeline() />
        <main class="page" id="main" tabindex="-1">
            {move || {
                if is_known.get() {
                    view! {
                        <h1>{greeting}</h1>
                        <TimelineSections />
                    }
                        .erase()
                } else {
                    view! {
                        <h1>{text::graph::your_timeline()}</h1>
                        <section class="card">
                            <SignInPrompt title=text::graph::timeline_sign_in_first() next="/timeline" />
                        </section>
                    }
                        .erase()
                }
            }}
        </main>
    }
}

/// The lists of users, once they are loaded.
#[component]
fn TimelineSections() -> impl IntoView {
    let graph = Graph::expect();
    let found = Resource::<_, Json>::new_with_options(|| (), |()| timeline(), false);
    view! {
        <Suspense fallback=Loading>
            {move || Suspend::new(async move {
                match found.await {
                    Ok(data) => {
                        let suggested = data.suggestions.iter().map(|suggestion| &suggestion.person);
                        graph.store_people(data.following.iter().chain(&data.new_followers).chain(suggested));
                        view! { <Sections data /> }.erase()
                    }
                    Err(error) => view! { <LoadError error retry=Callback::new(move |()| found.refetch()) /> }.erase(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Sections(data: TimelineData) -> impl IntoView {
    let username = CurrentUser::expect().get_untracked().map(|me| me.profile.username).unwrap_or_default();
    let all = |side: Side| side.path(&username);
    let TimelineData { following, new_followers, suggestions, follow_requests } = data;
    let entries = |people: Vec<_>| people.into_iter().map(Entry::from).collect::<Vec<_>>();
    // The heading already says that they follow the viewer.
    let new_followers: Vec<_> = new_followers.into_iter().map(|person| Entry { person, note: None }).collect();
    let suggestions: Vec<_> = suggestions
        .into_iter()
        .map(|Suggestion { person, mutual_count }| Entry {
            person,
            note: Some(text::graph::mutual(&mutual_count.to_string())),
        })
        .collect();
    let next_step =
        if new_followers.is_empty() { text::graph::quiet_start() } else { text::graph::quiet_follow_back() };
    view! {
        <div class="timeline">
            {(follow_requests > 0)
                .then(|| {
                    let waiting = text::graph::requests_waiting(&follow_requests.to_string());
                    view! {
                        <p class="card">
                            <a href=follow_requests::PATH>{waiting}</a>
                        </p>
                    }
                })}
            {if following.is_empty() {
                view! {
                    <section class="card empty">
                        <Badge symbol=Symbol::People />
                        <h2>{text::graph::quiet()}</h2>
                        <p class="muted">{next_step}</p>
                        <p class="actions">
                            <a href=search::PATH class="button quiet">
                                {text::graph::search()}
                            </a>
                        </p>
                    </section>
                }
                    .erase()
            } else {
                view! {
                    <Section
                        id="following"
                        title=text::graph::people_followed()
                        all=all(Side::Followees)
                        entries=entries(following)
                    />
                }
                    .erase()
            }}
            {(!new_followers.is_empty())
                .then(|| {
                    let all = all(Side::Followers);
                    view! {
                        <Section id="new-followers" title=text::graph::new_followers() all entries=new_followers />
                    }
                })}
            {(!suggestions.is_empty())
                .then(|| view! { <Section id="suggestions" title=text::graph::suggestions() entries=suggestions /> })}
        </div>
    }
}

/// A titled list. `all` is the path of the page with the whole list.
#[component]
fn Section(
    id: &'static str,
    title: &'static str,
    #[prop(optional, into)] all: Option<String>,
    entries: Vec<Entry>,
) -> impl IntoView {
    let title_id = format!("{id}-title");
    view! {
        <section class="card" aria-labelledby=title_id.clone()>
            <div class="heading-row">
                <h2 id=title_id.clone()>{title}</h2>
                {all.map(|all| view! { <a href=all>{text::graph::see_all()}</a> })}
            </div>
            <PeopleList id entries=Signal::stored(entries) />
        </section>
    }
}

#[component]
fn Loading() -> impl IntoView {
    view! {
        <div class="timeline">
            <section class="card">
                <PeopleSkeleton />
            </section>
        </div>
    }
}
