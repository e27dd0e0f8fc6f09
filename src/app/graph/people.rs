//! `/profile/{username}/followers` and `/profile/{username}/following` (USER-STORY-005,
//! USER-FE-005.1).

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::follow_counts::FollowCounts;
use super::paged_people::{PagedPeople, fetch_page};
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
    const fn title(self) -> &'static str {
        match self {
            Self::Followers => text::graph::FOLLOWERS,
            Self::Followees => text::graph::FOLLOWING,
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
    let page = Memo::new(move |_| {
        let page = query.with(|query| query.get("page").and_then(|page| page.parse().ok()));
        page.filter(|page| *page > 0).unwrap_or(1)
    });
    let found = Resource::<_, Json>::new_with_options(
        move || (username.get(), page.get(), user.id()),
        move |(username, page, viewer)| fetch(side, username, page, viewer),
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

/// Fetches the profile and, for a signed-in viewer, the page of its list. For a former username, also returns the path
/// with the current one.
async fn fetch(
    side: Side,
    username: String,
    page: u32,
    viewer: Option<UserId>,
) -> Result<(SeenProfile, Option<People>, Option<String>), ApiError> {
    let seen = profile(username.clone()).await?;
    if renamed::is_former(&username, &seen) {
        let path = side.path(&seen.profile.username);
        let path = if page > 1 { format!("{path}?page={page}") } else { path };
        return Ok((seen, None, Some(path)));
    }
    if viewer.is_none() {
        return Ok((seen, None, None));
    }
    match fetch_page(side, seen.profile.id, Some(page), None).await {
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
                    None => view! { <SignInPrompt title=text::graph::SIGN_IN_FIRST next=path /> }.erase(),
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
