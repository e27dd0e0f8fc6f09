//! `/profile/{username}`: a user's profile (USER-FE-004.1).

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use super::preview::preview;
use super::profile_card::ProfileCard;
use super::renamed;
use crate::api::profiles::profile::profile;
use crate::api::reports::ReportUser;
use crate::app::form::submission::{AnySubmission, Submission};
use crate::app::graph::follow_button::FollowButton;
use crate::app::graph::person_menu::{PersonMenu, UnblockButton};
use crate::app::graph::relations::Graph;
use crate::app::sign_in::current_user::CurrentUser;
use crate::app::ui::not_found::NotFound;
use crate::app::ui::unavailable::Unavailable;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::graph::{Relation, SeenProfile};
use crate::model::profiles::Profile;
use crate::rest::page_data::Json;
use crate::rest::redirect;
use crate::text;
use crate::view::{Erase, condition, effect, head_only};

#[component]
pub fn ProfilePage() -> impl IntoView {
    let (user, graph) = (CurrentUser::expect(), Graph::expect());
    let params = use_params_map();
    let username = Memo::new(move |_| params.with(|params| params.get("username").unwrap_or_default()));
    let found = Resource::<_, Json>::new_with_options(
        move || (username.get(), user.id()),
        |(username, _)| async move {
            let seen = profile(username.clone()).await?;
            Ok::<_, ApiError>((renamed::is_former(&username, &seen), seen))
        },
        false,
    );
    // Taken once with the page: what waits for the profile can run again.
    let report = Submission::<ReportUser>::start();
    let mut shown = username.get_untracked();
    effect(move || {
        let username = username.get();
        if username != shown {
            shown = username;
            AnySubmission::from(report).forget();
        }
    });
    view! {
        <Suspense fallback=Loading>
            {move || Suspend::new(async move {
                match found.await {
                    Ok((true, seen)) => {
                        view! {
                            <Loading />
                            {redirect::redirect(&format!("/profile/{}", seen.profile.username))}
                        }
                            .erase()
                    }
                    Ok((false, seen)) => {
                        graph.store_profile(&seen);
                        let SeenProfile { profile, viewer, .. } = seen;
                        let relation = viewer.unwrap_or_default();
                        view! {
                            <Title text=format!("{} (@{})", profile.name(), profile.username) />
                            {head_only(|| preview(&profile))}
                            <main class="page column" id="main" tabindex="-1">
                                <ProfileCard profile=profile.clone() follows_viewer=relation.followed_by>
                                    <ViewerActions profile relation report />
                                </ProfileCard>
                            </main>
                        }
                            .erase()
                    }
                    Err(error) if error.code == ErrorCode::UserNotFound => view! { <NotFound /> }.erase(),
                    Err(_) => view! { <Unavailable /> }.erase(),
                }
            })}
        </Suspense>
    }
}

/// The buttons that the profile offers to the viewer.
#[component]
fn ViewerActions(profile: Profile, relation: Relation, report: Submission<ReportUser>) -> impl IntoView {
    let user = CurrentUser::expect();
    let relation = RwSignal::new(relation);
    let blocking = condition(move || relation.get().blocking);
    let name = profile.name().to_owned();
    let Profile { id, username, .. } = profile;
    move || match user.id() {
        Some(viewer) if viewer == id => view! {
            <a href="/profile?edit=1" class="button quiet">
                {text::profiles::edit()}
            </a>
        }
        .erase(),
        Some(_) if blocking.get() => view! {
            <p class="note">{text::graph::you_block(&name)}</p>
            <UnblockButton id relation />
        }
        .erase(),
        Some(_) => view! {
            <FollowButton id name=name.clone() />
            <PersonMenu id name=name.clone() relation report />
        }
        .erase(),
        None => {
            let sign_in = format!("/login?next=/profile/{username}");
            view! {
                <a href=sign_in class="button">
                    {text::profiles::sign_in_to_follow()}
                </a>
            }
            .erase()
        }
    }
}

#[component]
fn Loading() -> impl IntoView {
    view! {
        <main class="page column" id="main" tabindex="-1">
            <h1 class="visually-hidden">{text::ui::loading()}</h1>
            <section class="card" aria-hidden="true">
                <span class="skeleton"></span>
                <span class="skeleton short"></span>
            </section>
        </main>
    }
}
