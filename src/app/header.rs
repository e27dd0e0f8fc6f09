//! The header of every page.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::sign_in::current_user::CurrentUser;
use super::ui::wordmark::Wordmark;
use crate::app::chunks;
use crate::app::view::{Erase, reactive};
use crate::text;

#[component]
pub fn SiteHeader() -> impl IntoView {
    let user = CurrentUser::expect();
    view! {
        <header class="site-header">
            <Wordmark />
            <nav class="site-nav" aria-label=text::ui::NAVIGATION>
                {reactive(move || match user.get() {
                    Some(me) => chunks::header(me),
                    None => view! { <SignedOut /> }.erase(),
                })}
            </nav>
        </header>
    }
}

/// Links to both forms, except the one that is open: it has a button with the same name.
#[component]
fn SignedOut() -> impl IntoView {
    let path = use_location().pathname;
    let is_elsewhere = move |form: &str| path.with(|path| path != form);
    view! {
        {reactive(move || {
            is_elsewhere("/login")
                .then(|| {
                    view! {
                        <a href="/login" class="nav-link">
                            {text::sign_in::SIGN_IN}
                        </a>
                    }
                        .erase()
                })
        })}
        {reactive(move || {
            is_elsewhere("/register")
                .then(|| {
                    view! {
                        <a href="/register" class="button quiet">
                            {text::accounts::CREATE}
                        </a>
                    }
                        .erase()
                })
        })}
    }
}
