//! The frame of a page that shows a signed-in user one card.

use leptos::prelude::*;
use leptos_meta::Title;

use super::current_user::CurrentUser;
use super::sign_in_prompt::SignInPrompt;
use crate::text;
use crate::view::{Erase, Erased, condition, reactive};

/// The heading and, for a signed-in user, the `content`. `path` is that of the page.
#[component]
pub fn PersonalCard(title: &'static str, path: &'static str, content: fn() -> Erased) -> impl IntoView {
    let user = CurrentUser::expect();
    let is_known = condition(move || user.id().is_some());
    view! {
        <Title text=title />
        <main class="page column" id="main" tabindex="-1">
            <h1>{title}</h1>
            <section class="card">
                {reactive(move || {
                    if is_known.get() {
                        content()
                    } else {
                        view! { <SignInPrompt title=text::graph::sign_in_first() next=path /> }.erase()
                    }
                })}
            </section>
        </main>
    }
}
