//! The links in the page header for a signed-in user.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use super::current_user::CurrentUser;
use crate::api::sign_in::logout::Logout;
use crate::app::form::form::Form;
use crate::app::form::submission::Submission;
use crate::app::profiles::avatar::Avatar;
use crate::app::search::header_search::HeaderSearch;
use crate::app::ui::nav_link::NavLink;
use crate::app::ui::toast::Toast;
use crate::model::accounts::Me;
use crate::model::profiles::Profile;
use crate::text;
use crate::view::effect;

#[component]
pub fn SignedIn(me: Me) -> impl IntoView {
    let user = CurrentUser::expect();
    let sign_out = Submission::<Logout>::start();
    let navigate = use_navigate();
    effect(move || {
        if sign_out.has_output() {
            user.clear();
            navigate("/", Default::default());
        }
    });
    let Profile { id, avatar_url, .. } = me.profile.clone();
    let name = me.profile.name().to_owned();
    view! {
        <NavLink href="/timeline" class="nav-link">
            {text::graph::timeline()}
        </NavLink>
        <HeaderSearch />
        <NavLink href="/profile" exact=true class="nav-link">
            <Avatar id name=name.clone() url=avatar_url class="avatar small" />
            <span class="nav-name">{name}</span>
        </NavLink>
        <NavLink href="/settings" class="nav-link">
            <svg class="nav-icon" viewBox="0 0 24 24" aria-hidden="true">
                <path d="M4 7h9.5M18.5 7H20M4 17h1.5M10.5 17H20M18.5 7a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zM10.5 17a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0z"></path>
            </svg>
            <span class="visually-hidden">{text::settings::settings()}</span>
        </NavLink>
        <Form submission=sign_out next="/">
            <button class="nav-link">{text::sign_in::sign_out()}</button>
        </Form>
        <Toast text=Signal::derive(move || sign_out.error().map(|error| error.message.into_owned())) />
    }
}
