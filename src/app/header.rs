//! The header of every page.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::sign_in::current_user::CurrentUser;
use super::ui::wordmark::Wordmark;
use crate::app::chunks;
use crate::text;
use crate::view::{Erase, reactive};

#[component]
pub fn SiteHeader() -> impl IntoView {
    let user = CurrentUser::expect();
    view! {
        <header class="site-header">
            <Wordmark />
            <nav class="site-nav" aria-label=text::ui::navigation()>
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
    let link = move |form: &'static str, class: &'static str, label: &'static str| {
        reactive(move || {
            path.with(|path| path != form).then(|| {
                view! {
                    <a href=form class=class>
                        {label}
                    </a>
                }
                .erase()
            })
        })
    };
    view! {
        {link("/login", "nav-link", text::sign_in::sign_in())}
        {link("/register", "button quiet", text::accounts::create())}
    }
}
