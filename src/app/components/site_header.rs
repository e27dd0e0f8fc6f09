//! The head of every page.

use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::{use_location, use_navigate};

use super::avatar::Avatar;
use super::form::Form;
use super::submission::Submission;
use super::toast::Toast;
use super::wordmark::Wordmark;
use crate::api::logout::Logout;
use crate::app::current_user::CurrentUser;
use crate::model::account::Me;
use crate::model::profile::Profile;

#[component]
pub fn SiteHeader() -> impl IntoView {
    let user = CurrentUser::expect();
    view! {
        <header class="site-header">
            <Wordmark/>
            <nav class="site-nav" aria-label="Main">
                {move || match user.get() {
                    Some(me) => view! { <SignedIn me/> }.into_any(),
                    None => view! { <SignedOut/> }.into_any(),
                }}
            </nav>
        </header>
    }
}

/// Leads to both forms, but not to the one that the visitor looks at: it has a button of that name.
#[component]
fn SignedOut() -> impl IntoView {
    let path = use_location().pathname;
    let elsewhere = move |form: &str| path.with(|path| path != form);
    view! {
        {move || elsewhere("/login").then(|| view! { <A href="/login" attr:class="nav-link">"Sign in"</A> })}
        {move || {
            elsewhere("/register")
                .then(|| view! { <A href="/register" attr:class="button quiet">"Create account"</A> })
        }}
    }
}

#[component]
fn SignedIn(me: Me) -> impl IntoView {
    let user = CurrentUser::expect();
    let sign_out = Submission::<Logout>::start();
    let navigate = use_navigate();
    Effect::new(move || {
        if sign_out.output().is_some() {
            user.clear();
            navigate("/", Default::default());
        }
    });
    let Profile { id, avatar_url, .. } = me.profile.clone();
    let name = me.profile.name().to_owned();
    view! {
        <A href="/timeline" attr:class="nav-link">"Timeline"</A>
        <A href="/profile" exact=true attr:class="nav-link">
            <Avatar id name=name.clone() url=avatar_url class="avatar small"/>
            <span class="nav-name">{name}</span>
        </A>
        <Form submission=sign_out next="/">
            <button class="nav-link">"Sign out"</button>
        </Form>
        <Toast text=Signal::derive(move || sign_out.error().map(|error| error.message.into_owned()))/>
    }
}
