//! What stands in place of a list with nobody on it.

use leptos::prelude::*;
use leptos_router::components::A;

use super::follow_button::FollowButton;
use crate::app::sign_in::current_user::CurrentUser;
use crate::app::ui::badge::{Badge, Symbol};
use crate::app::view::Erase;
use crate::model::graph::Side;
use crate::model::profiles::Profile;

/// Says why, and what to do about it.
#[component]
pub fn NoPeople(side: Side, profile: Profile, page: u32) -> impl IntoView {
    let is_own = CurrentUser::expect().id_untracked() == Some(profile.id);
    let (title, text) = match (page, side, is_own) {
        (2.., ..) => ("Nobody is on this page", "The list is shorter than it was."),
        (_, Side::Followers, true) => {
            ("Nobody follows you yet", "Follow people you know: they will see it, and may follow you back.")
        }
        (_, Side::Followers, false) => ("No followers yet", "Be the first."),
        (_, Side::Followees, true) => {
            ("You follow nobody yet", "Open the profile of somebody you know, and press “Follow”.")
        }
        (_, Side::Followees, false) => ("Follows nobody yet", "Whom they follow will stand here."),
    };
    let action = match (page, side, is_own) {
        (2.., ..) => {
            view! { <A href=side.path(&profile.username) attr:class="button quiet">"To the first page"</A> }.erase()
        }
        (_, _, true) => view! { <A href="/timeline" attr:class="button quiet">"Go to your timeline"</A> }.erase(),
        (_, Side::Followers, false) => view! { <FollowButton id=profile.id name=profile.name().to_owned()/> }.erase(),
        (_, Side::Followees, false) => ().erase(),
    };
    view! {
        <div class="empty">
            <Badge symbol=Symbol::People/>
            <h2>{title}</h2>
            <p class="muted">{text}</p>
            <div class="actions">{action}</div>
        </div>
    }
}
