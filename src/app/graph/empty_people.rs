//! Shown in place of an empty list of users.

use leptos::prelude::*;
use leptos_router::components::A;

use super::follow_button::FollowButton;
use crate::app::sign_in::current_user::CurrentUser;
use crate::app::ui::badge::{Badge, Symbol};
use crate::model::graph::Side;
use crate::model::profiles::Profile;
use crate::text;
use crate::view::Erase;

/// Says why the list is empty, and what to do next.
#[component]
pub fn EmptyPeople(side: Side, profile: Profile, page: u32) -> impl IntoView {
    let is_own = CurrentUser::expect().id_untracked() == Some(profile.id);
    let (title, text) = match (page, side, is_own) {
        (2.., ..) => (text::graph::PAGE_EMPTY, text::graph::PAGE_EMPTY_WHY),
        (_, Side::Followers, true) => (text::graph::NO_FOLLOWERS_YOU, text::graph::NO_FOLLOWERS_YOU_NEXT),
        (_, Side::Followers, false) => (text::graph::NO_FOLLOWERS, text::graph::NO_FOLLOWERS_NEXT),
        (_, Side::Followees, true) => (text::graph::NO_FOLLOWING_YOU, text::graph::NO_FOLLOWING_YOU_NEXT),
        (_, Side::Followees, false) => (text::graph::NO_FOLLOWING, text::graph::NO_FOLLOWING_NEXT),
    };
    let action = match (page, side, is_own) {
        (2.., ..) => view! {
            <A href=side.path(&profile.username) attr:class="button quiet">
                {text::graph::FIRST_PAGE}
            </A>
        }
        .erase(),
        (_, _, true) => view! {
            <A href="/timeline" attr:class="button quiet">
                {text::ui::TO_TIMELINE}
            </A>
        }
        .erase(),
        (_, Side::Followers, false) => view! { <FollowButton id=profile.id name=profile.name().to_owned() /> }.erase(),
        (_, Side::Followees, false) => ().erase(),
    };
    view! {
        <div class="empty">
            <Badge symbol=Symbol::People />
            <h2>{title}</h2>
            <p class="muted">{text}</p>
            <div class="actions">{action}</div>
        </div>
    }
}
