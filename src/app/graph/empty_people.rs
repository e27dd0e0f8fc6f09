//! Shown in place of an empty list of users.

use leptos::prelude::*;

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
        (2.., ..) => (text::graph::page_empty(), text::graph::page_empty_why()),
        (_, Side::Followers, true) => (text::graph::no_followers_you(), text::graph::no_followers_you_next()),
        (_, Side::Followers, false) => (text::graph::no_followers(), text::graph::no_followers_next()),
        (_, Side::Followees, true) => (text::graph::no_following_you(), text::graph::no_following_you_next()),
        (_, Side::Followees, false) => (text::graph::no_following(), text::graph::no_following_next()),
    };
    let action = match (page, side, is_own) {
        (2.., ..) => view! {
            <a href=side.path(&profile.username) class="button quiet">
                {text::graph::first_page()}
            </a>
        }
        .erase(),
        (_, _, true) => view! {
            <a href="/timeline" class="button quiet">
                {text::ui::to_timeline()}
            </a>
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
