//! `/profile/{username}/followers` and `/profile/{username}/following` (USER-STORY-005,
//! USER-FE-005.1).

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::follow_counts::FollowCounts;
use super::paged_people::{LAST_PAGE, PagedPeople, fetch_page};
use super::person_row::PersonLink;
use super::relations::Graph;
use crate::api::profiles::profile::profile;
use crate::app::profiles::renamed;
use crate::app::sign_in::current_user::CurrentUser;
use crate::app::sign_in::sign_in_prompt::SignInPrompt;
use crate::app::ui::load_error::LoadError;
use crate::app::ui::not_found::NotFound;
use crate::app::ui::skeleton::PeopleSkeleton;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::graph::{People, SeenProfile, Side};
use crate::model::id::UserId;
use crate::model::profiles::Profile;
use crate::rest::page_data::Json;
use crate::rest::redirect;
use crate::text;
use crate::view::Erase;

impl Side {
    /// The title of the page.
    fn title(self) -> &'static str {
        match self {
            Self::Followers => text::graph::followers(),
            Self::Followees => text::graph::following(),
        }
    }

    /// Returns the path of the page.
    #[must_use]
    pub fn path(self, username: &str) -> String {
        let page = match self {
            Self::Followers => "followers",
            Self::Followees => "following",
        };
        format!("/profile/{username}/{page}")
    }
}

#[component]
pub fn Followers() -> impl IntoView {
    view! { <PeoplePage side=Side::Followers /> }
}

#[component]
pub fn Following() -> impl IntoView {
    view! { <PeoplePage side=Side::Followees /> }
}

#[component]
fn PeoplePage(side: Side) -> impl IntoView {
    let (user, graph) = (CurrentUser::expect(), Graph::expect());
    let (params, query) = (use_params_map(), use_query_map());
    let username = Memo::new(move |_| params.with(|params| params.get("username").unwrap_or_default()));
    let place = Memo::new(move |_| {
        query.with(|query| {
            let page = query.get("page").and_then(|page| page.parse().ok());
            let page = Place::Page(page.filter(|page| (1..=LAST_PAGE).contains(page)).unwrap_or(1));
            query.get("cursor").filter(|cursor| is_cursor(cursor)).map_or(page, Place::Cursor)
        })
    });
    let found = Resource::<_, Json>::new_with_options(
        move || (username.get(), place.get(), user.id()),
        move |(username, place, viewer)| fetch(side, username, place, viewer),
        false,
    );
    view! {
        <Suspense fallback=move || {
            view! { <Loading side /> }
        }>
            {move || Suspend::new(async move {
                match found.await {
                    Ok((_, _, Some(path))) => {
                        view! {
                            <Loading side />
                            {redirect::redirect(&path)}
                        }
                            .erase()
                    }
                    Ok((seen, people, None)) => {
                        graph.store_profile(&seen);
                        graph.store_people(people.iter().flat_map(|people| &people.items));
                        view! { <Found side profile=seen.profile people /> }.erase()
                    }
                    Err(error) if error.code == ErrorCode::UserNotFound => view! { <NotFound /> }.erase(),
                    Err(error) if error.code == ErrorCode::Forbidden => {
                        view! {
                            <main class="page column" id="main" tabindex="-1">
                                <h1>{side.title()}</h1>
                                <section class="card">
                                    <p>{error.message.into_owned()}</p>
                                </section>
                            </main>
                        }
                            .erase()
                    }
                    Err(error) => {
                        view! {
                            <main class="page column" id="main" tabindex="-1">
                                <h1>{side.title()}</h1>
                                <LoadError error retry=Callback::new(move |()| found.refetch()) />
                            </main>
                        }
                            .erase()
                    }
                }
            })}
        </Suspense>
    }
}

/// Where the shown page of the list begins.
#[derive(Clone, PartialEq)]
enum Place {
    Page(u32),
    /// Beyond the last page that has a number.
    Cursor(String),
}

/// Only what can be a cursor is passed on: it becomes part of links.
fn is_cursor(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Fetches the profile and, for a signed-in viewer, the page of its list. For a former username, also returns the path
/// with the current one.
async fn fetch(
    side: Side,
    username: String,
    place: Place,
    viewer: Option<UserId>,
) -> Result<(SeenProfile, Option<People>, Option<String>), ApiError> {
    let seen = profile(username.clone()).await?;
    if renamed::is_former(&username, &seen) {
        let path = side.path(&seen.profile.username);
        let path = match place {
            Place::Page(1) => path,
            Place::Page(page) => format!("{path}?page={page}"),
            Place::Cursor(cursor) => format!("{path}?cursor={cursor}"),
        };
        return Ok((seen, None, Some(path)));
    }
    if viewer.is_none() {
        return Ok((seen, None, None));
    }
    let (page, cursor) = match place {
        Place::Page(page) => (Some(page), None),
        Place::Cursor(cursor) => (None, Some(cursor)),
    };
    match fetch_page(side, seen.profile.id, page, cursor).await {
        Ok(people) => Ok((seen, Some(people), None)),
        Err(error) if error.code == ErrorCode::Unauthenticated => Ok((seen, None, None)),
        Err(error) => Err(error),
    }
}

#[component]
fn Found(side: Side, profile: Profile, people: Option<People>) -> impl IntoView {
    let path = side.path(&profile.username);
    view! {
        <Title text=format!("{} · {} (@{})", side.title(), profile.name(), profile.username) />
        <main class="page column" id="main" tabindex="-1">
            <h1>{side.title()}</h1>
            <section class="card">
                <div class="list-header">
                    <PersonLink user=profile.clone().into() />
                    <ul class="counts">
                        <FollowCounts profile=profile.clone() />
                    </ul>
                </div>
                {match people {
                    Some(people) => view! { <PagedPeople side profile people /> }.erase(),
                    None => view! { <SignInPrompt title=text::graph::sign_in_first() next=path /> }.erase(),
                }}
            </section>
        </main>
    }
}

#[component]
fn Loading(side: Side) -> impl IntoView {
    view! {
        <main class="page column" id="main" tabindex="-1">
            <h1>{side.title()}</h1>
            <section class="card">
                <PeopleSkeleton />
            </section>
        </main>
    }
}
